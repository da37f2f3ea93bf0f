package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
)

// objects reads and writes the cloud's own storage: it gives the lake to BigQuery's load jobs, and takes what
// EXPORT DATA writes.
type objects struct{ client *storage.Client }

func newObjects(ctx context.Context, host string) (objects, error) {
	client, err := storage.NewClient(ctx, option.WithoutAuthentication(), option.WithEndpoint("http://"+host+"/storage/v1/"))
	return objects{client}, err
}

// Open opens an object as it is stored; the error is [fs.ErrNotExist] where there is none.
func (o objects) Open(ctx context.Context, bucket, name string) (io.ReadCloser, error) {
	r, err := o.client.Bucket(bucket).Object(name).ReadCompressed(true).NewReader(ctx)
	if err != nil {
		return nil, missing(bucket, name, err)
	}
	return r, nil
}

// Match returns the name of one object that begins with prefix and ends with suffix, or "" if there is none.
func (o objects) Match(ctx context.Context, bucket, prefix, suffix string) (string, error) {
	found := o.client.Bucket(bucket).Objects(ctx, &storage.Query{Prefix: prefix})
	for {
		object, err := found.Next()
		if errors.Is(err, iterator.Done) {
			return "", nil
		}
		if err != nil {
			return "", missing(bucket, prefix, err)
		}
		if strings.HasSuffix(object.Name[len(prefix):], suffix) {
			return object.Name, nil
		}
	}
}

// Write streams content into an object. It stores nothing if the content cannot be read to its end.
func (o objects) Write(ctx context.Context, bucket, name string, content io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := o.client.Bucket(bucket).Object(name).NewWriter(ctx)
	if _, err := io.Copy(w, content); err != nil {
		cancel() // else Close would store what there is
		w.Close()
		return missing(bucket, name, err)
	}
	return missing(bucket, name, w.Close())
}

// missing makes [fs.ErrNotExist] of the storage's errors about a bucket or object that is not there.
func missing(bucket, name string, err error) error {
	var api *googleapi.Error
	if errors.Is(err, storage.ErrObjectNotExist) || errors.Is(err, storage.ErrBucketNotExist) ||
		errors.As(err, &api) && api.Code == http.StatusNotFound {
		return fmt.Errorf("gs://%s/%s: %w", bucket, name, fs.ErrNotExist)
	}
	return err
}
