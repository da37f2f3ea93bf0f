// Package embedded is Google Cloud on one machine: Cloud Storage, Pub/Sub, Secret Manager and
// BigQuery on loopback ports of this process, kept in one folder. The functions reach it with
// Google's own clients, through the variables that [Cloud.Environment] names.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
	"spotify-insights.internal/functions/local/embedded/pubsubserver"
	"spotify-insights.internal/functions/local/embedded/secretserver"
	"spotify-insights.internal/functions/local/embedded/storageserver"
	"spotify-insights.internal/shared/config"
)

// What the one deployment on this cloud is called.
const (
	Project        = "local"
	LakeBucket     = "lake"
	InsightsBucket = "insights"
	LakeTopic      = "lake-finalized" // notifications of the lake's bucket
)

// Cloud is a running embedded cloud.
type Cloud struct {
	PubSub   *pubsubserver.Server
	storage  *storageserver.Server
	secrets  *secretserver.Server
	bigquery *bigqueryserver.Server
	http     *http.Server // BigQuery's
	hosts    map[string]string
}

// Start starts the cloud kept in dir, which one process at a time may use. version names the tables
// and views that the warehouse is to have: where the folder holds another version's, the warehouse
// is dropped, and loaded again from the lake.
func Start(ctx context.Context, dir, version string) (c *Cloud, err error) {
	c = &Cloud{hosts: map[string]string{}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting the embedded cloud in %s: %w", dir, err), c.Close())
			c = nil
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, err
	}
	if c.PubSub, err = pubsubserver.Start(); err != nil {
		return c, err
	}
	c.hosts[config.PubSubEmulator] = c.PubSub.Host()
	os.Setenv(config.PubSubEmulator, c.PubSub.Host()) // Cloud Storage's notifications go there
	if err := c.startSecrets(filepath.Join(dir, "secrets")); err != nil {
		return c, err
	}
	if c.storage, err = storageserver.Start(storageserver.Options{
		Root: filepath.Join(dir, "storage"), Project: Project,
		Buckets: []storageserver.Bucket{{Name: LakeBucket, Topic: LakeTopic}, {Name: InsightsBucket}},
	}); err != nil {
		return c, err
	}
	c.hosts[config.StorageEmulator] = c.storage.Host()
	return c, c.startBigQuery(ctx, dir, version)
}

// Names is the part of [Cloud.Environment] that is the same for every cloud.
func Names() map[string]string {
	return map[string]string{
		"GOOGLE_CLOUD_PROJECT": Project, "LAKE_BUCKET": LakeBucket, "INSIGHTS_BUCKET": InsightsBucket,
		"FEATURES_PAUSE": "0s", // exports cost nothing here
	}
}

// Environment is the environment of a function on this cloud, without LISTENERS.
func (c *Cloud) Environment() map[string]string {
	env := Names()
	for variable, host := range c.hosts {
		env[variable] = host
	}
	return env
}

func (c *Cloud) startSecrets(dir string) (err error) {
	if c.secrets, err = secretserver.Open(dir); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.hosts[config.SecretManagerEmulator] = listener.Addr().String()
	go c.secrets.Serve(listener)
	return nil
}

func (c *Cloud) startBigQuery(ctx context.Context, dir, version string) error {
	file := filepath.Join(dir, "warehouse.duckdb")
	if err := dropOtherVersion(file, version); err != nil {
		return err
	}
	stored, err := newObjects(ctx, c.storage.Host())
	if err != nil {
		return err
	}
	if c.bigquery, err = bigqueryserver.Open(ctx, bigqueryserver.Options{Path: file, Project: Project, Objects: stored, Exports: stored}); err != nil {
		return fmt.Errorf("%w (a warehouse that cannot be opened can be deleted: %s comes back from the lake)", err, file)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.hosts[config.BigQueryEmulator] = listener.Addr().String()
	c.http = &http.Server{Handler: noBrowser(c.bigquery.Handler()), ReadHeaderTimeout: 10 * time.Second}
	go c.http.Serve(listener)
	return nil
}

// noBrowser refuses requests that a web page makes a browser send: Google's clients send no origin,
// and ask for the address they were given.
func noBrowser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, err := netip.ParseAddrPort(r.Host)
		if err != nil || r.Header.Get("Origin") != "" || !address.Addr().IsLoopback() {
			http.Error(w, "this is no server for browsers", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// dropOtherVersion removes a warehouse whose tables are not those of version. The lake has it all.
func dropOtherVersion(file, version string) error {
	mark := file + ".version"
	found, err := os.ReadFile(mark)
	if err == nil && strings.TrimSpace(string(found)) == version {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, old := range []string{file, file + ".wal"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.WriteFile(mark, []byte(version+"\n"), 0o600)
}

// Close stops the cloud. What is stored stays; events that were not delivered are lost.
func (c *Cloud) Close() error {
	var errs []error
	if c.http != nil {
		errs = append(errs, c.http.Close())
	}
	if c.bigquery != nil {
		errs = append(errs, c.bigquery.Close())
	}
	if c.storage != nil {
		errs = append(errs, c.storage.Close())
	}
	if c.secrets != nil {
		c.secrets.Close()
	}
	if c.PubSub != nil {
		c.PubSub.Close()
	}
	return errors.Join(errs...)
}

// Checkpoint writes what BigQuery's log holds into the warehouse's file, which otherwise happens when the
// cloud is closed. It is for quiet hours: writes wait for it.
func (c *Cloud) Checkpoint(ctx context.Context) error { return c.bigquery.Checkpoint(ctx) }

// DeclareSecrets makes empty secrets of the ids that are missing, as Terraform does on Google Cloud.
func (c *Cloud) DeclareSecrets(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		_, err := c.secrets.CreateSecret(ctx, &secretmanagerpb.CreateSecretRequest{
			Parent: "projects/" + Project, SecretId: id,
			Secret: &secretmanagerpb.Secret{Replication: &secretmanagerpb.Replication{
				Replication: &secretmanagerpb.Replication_Automatic_{Automatic: &secretmanagerpb.Replication_Automatic{}},
			}},
		})
		if err != nil && status.Code(err) != codes.AlreadyExists {
			return fmt.Errorf("declaring secret %s: %w", id, err)
		}
	}
	return nil
}

// DeclareTopics makes the topics that are missing, and that of the lake's notifications.
func (c *Cloud) DeclareTopics(ctx context.Context, ids ...string) error {
	for _, id := range append(ids, LakeTopic) {
		_, err := c.PubSub.CreateTopic(ctx, &pubsubpb.Topic{Name: "projects/" + Project + "/topics/" + id})
		if err != nil && status.Code(err) != codes.AlreadyExists {
			return fmt.Errorf("declaring topic %s: %w", id, err)
		}
	}
	return nil
}

// Filled reports whether the secrets kept in dir, which nobody may be serving, have one whose id
// begins with prefix and that holds something.
func Filled(dir, prefix string) (bool, error) {
	server, err := secretserver.Open(dir)
	if err != nil {
		return false, err
	}
	ctx := context.Background()
	list, err := server.ListSecrets(ctx, &secretmanagerpb.ListSecretsRequest{Parent: "projects/" + Project, PageSize: 1000})
	if err != nil {
		return false, fmt.Errorf("listing the secrets in %s: %w", dir, err)
	}
	for _, secret := range list.Secrets {
		if !strings.HasPrefix(path.Base(secret.Name), prefix) {
			continue
		}
		if _, err := server.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{Name: secret.Name + "/versions/latest"}); err == nil {
			return true, nil
		}
	}
	return false, nil
}
