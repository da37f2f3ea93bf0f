package secretserver

import (
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	projectPattern = regexp.MustCompile(`^projects/[a-z0-9][a-z0-9-]{0,62}$`)
	// https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create
	secretIDPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
)

func checkParent(name string) error {
	if !projectPattern.MatchString(name) {
		return status.Errorf(codes.InvalidArgument, "The parent %q is not of the form projects/*; regional secrets are not supported here.", name)
	}
	return nil
}

func checkSecretID(id string) error {
	if !secretIDPattern.MatchString(id) {
		return status.Errorf(codes.InvalidArgument, "The provided Secret ID [%q] does not match the expected format [[a-zA-Z_0-9-]{1,255}].", id)
	}
	return nil
}

func checkSecretName(name string) error {
	project, id, ok := strings.Cut(name, "/secrets/")
	if !ok || !projectPattern.MatchString(project) || !secretIDPattern.MatchString(id) {
		return status.Errorf(codes.InvalidArgument, "The name %q is not of the form projects/*/secrets/*; regional secrets are not supported here.", name)
	}
	return nil
}

const latest = 0 // the version number that stands for the newest version there is

// splitVersionName returns the secret's name and the version's number, or latest.
func splitVersionName(name string) (secret string, number int, err error) {
	secret, v, ok := strings.Cut(name, "/versions/")
	if !ok {
		return "", 0, status.Errorf(codes.InvalidArgument, "The name %q is not of the form projects/*/secrets/*/versions/*.", name)
	}
	if err := checkSecretName(secret); err != nil {
		return "", 0, err
	}
	if v == "latest" {
		return secret, latest, nil
	}
	number, err = strconv.Atoi(v)
	if err != nil || number < 1 || strconv.Itoa(number) != v {
		return "", 0, status.Errorf(codes.InvalidArgument, "The version %q is neither a number nor latest; aliases are not supported here.", v)
	}
	return secret, number, nil
}

// checkNoEtag refuses etags: to ignore one would overwrite what its sender meant to protect.
func checkNoEtag(etag string) error {
	if etag != "" {
		return status.Error(codes.InvalidArgument, "Etags are not supported here.")
	}
	return nil
}
