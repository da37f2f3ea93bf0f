// Package embedded is Google Cloud on one machine: Cloud Storage, Pub/Sub, Secret Manager and
// BigQuery on loopback ports of this process, stored in one folder. The functions reach it with
// Google's own clients, through the variables that [Cloud.Environment] names. Other users of the machine reach the ports,
// but do not have the credential that one of the variables contains.
package embedded

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"

	"spotify-insights.internal/functions/local/embedded/bigqueryserver"
	"spotify-insights.internal/functions/local/embedded/pubsubserver"
	"spotify-insights.internal/functions/local/embedded/secretserver"
	"spotify-insights.internal/functions/local/embedded/storageserver"
	"spotify-insights.internal/shared/emulator"
)

// The names of the one deployment on this cloud.
const (
	Project        = "local"
	UploadsBucket  = "uploads"
	LakeBucket     = "lake"
	InsightsBucket = "insights"
)

// Cloud is a running embedded cloud.
type Cloud struct {
	Storage  *storageserver.Server
	PubSub   *pubsubserver.Server
	secrets  *secretserver.Server
	bigquery *warehouse

	token string            // that every caller has to have
	hosts map[string]string // addresses by the variable that names them
	grpc  *grpc.Server      // Pub/Sub and Secret Manager
	http  []*http.Server    // Cloud Storage and BigQuery
}

// Start starts the cloud that is stored in dir, which one process at a time may use. version names the tables
// and views that the warehouse is to have: where the folder has another version's, the warehouse
// is dropped, and reconcile loads it again from the lake.
func Start(ctx context.Context, dir, version string) (c *Cloud, err error) {
	c = &Cloud{token: rand.Text(), hosts: map[string]string{}, PubSub: pubsubserver.New()}
	c.grpc = grpc.NewServer(grpc.WaitForHandlers(true), grpc.UnaryInterceptor(c.checkCall))
	if err := c.start(ctx, dir, version); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the embedded cloud in %s: %w", dir, err), c.Close())
	}
	return c, nil
}

func (c *Cloud) start(ctx context.Context, dir, version string) (err error) {
	if c.Storage, err = storageserver.Open(filepath.Join(dir, "storage"), UploadsBucket, LakeBucket, InsightsBucket); err != nil {
		return err
	}
	c.Storage.Keep(LakeBucket)
	if c.secrets, err = secretserver.Open(filepath.Join(dir, "secrets")); err != nil {
		return err
	}
	options := bigqueryserver.Options{Path: filepath.Join(dir, "warehouse.duckdb"), Project: Project, Exports: c.Storage}
	if c.bigquery, err = openWarehouse(ctx, options, version); err != nil {
		return err
	}
	pubsubpb.RegisterPublisherServer(c.grpc, c.PubSub)
	secretmanagerpb.RegisterSecretManagerServiceServer(c.grpc, c.secrets)
	listener, err := c.listen(emulator.PubSub, emulator.SecretManager)
	if err != nil {
		return err
	}
	go c.grpc.Serve(listener)
	if err := c.serve(emulator.Storage, c.Storage.Handler()); err != nil {
		return err
	}
	return c.serve(emulator.BigQuery, c.bigquery)
}

// serve serves HTTP at the address that a variable names.
func (c *Cloud) serve(variable string, handler http.Handler) error {
	listener, err := c.listen(variable)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: c.authorized(handler), ReadHeaderTimeout: 10 * time.Second}
	c.http = append(c.http, server)
	go server.Serve(listener)
	return nil
}

func (c *Cloud) listen(variables ...string) (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	for _, variable := range variables {
		c.hosts[variable] = listener.Addr().String()
	}
	return listener, nil
}

// Names is the part of [Cloud.Environment] that is the same for every cloud.
func Names() map[string]string {
	return map[string]string{
		"GOOGLE_CLOUD_PROJECT": Project, "UPLOADS_BUCKET": UploadsBucket, "LAKE_BUCKET": LakeBucket, "INSIGHTS_BUCKET": InsightsBucket,
		"FEATURES_PAUSE": "0s", // exports cost nothing here
		"OWN_MACHINE":    "true",
	}
}

// Environment is the environment of a function on this cloud, without LISTENERS. It has the credential of the cloud.
func (c *Cloud) Environment() map[string]string {
	env := Names()
	env[emulator.Token] = c.token
	for variable, host := range c.hosts {
		env[variable] = host
	}
	return env
}

// Close stops the cloud. What is stored stays; events that were not delivered are lost. No secret is written after it,
// because another process may use the folder then.
func (c *Cloud) Close() error {
	var errs []error
	for _, server := range c.http {
		errs = append(errs, server.Close())
	}
	c.grpc.Stop()
	if c.bigquery != nil {
		errs = append(errs, c.bigquery.close())
	}
	if c.Storage != nil {
		errs = append(errs, c.Storage.Close())
	}
	return errors.Join(errs...)
}

// Checkpoint writes BigQuery's log into the warehouse's file, which otherwise happens when the cloud is
// closed. Writes wait for it.
func (c *Cloud) Checkpoint(ctx context.Context) error { return c.bigquery.checkpoint(ctx) }

// Replaced has a value each time when BigQuery's file was damaged while the cloud ran: it is empty then, and has no tables.
func (c *Cloud) Replaced() <-chan struct{} { return c.bigquery.replaced }

// DeclareSecrets makes empty secrets of the ids that are missing, as Terraform does on Google Cloud.
func (c *Cloud) DeclareSecrets(ids ...string) error {
	var errs []error
	for _, id := range ids {
		errs = append(errs, c.secrets.Declare("projects/"+Project+"/secrets/"+id))
	}
	return errors.Join(errs...)
}

// DeclareTopic makes a topic where it is missing.
func (c *Cloud) DeclareTopic(id string) { c.PubSub.Declare("projects/" + Project + "/topics/" + id) }

// Filled reports whether the secrets stored in dir, which nobody may be serving, have one whose id
// begins with prefix and that has a payload.
func Filled(dir, prefix string) (bool, error) { return secretserver.Filled(dir, prefix) }

// AddSecret stores a value as the newest version of a secret in dir, which nobody may be serving.
func AddSecret(ctx context.Context, dir, id string, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding secret %s: %w", id, err)
	}
	server, err := secretserver.Open(dir)
	if err != nil {
		return err
	}
	name := "projects/" + Project + "/secrets/" + id
	if err := server.Declare(name); err != nil {
		return err
	}
	_, err = server.AddSecretVersion(ctx, &secretmanagerpb.AddSecretVersionRequest{Parent: name, Payload: &secretmanagerpb.SecretPayload{Data: payload}})
	return err
}
