// Package smoke tests the functions end to end on Cloud Storage and BigQuery: those of a real project where one is given
// (make smoke), the embedded ones otherwise. Spotify and ReccoBeats are always fakes, and the secrets are in memory: a
// test adds no secret to a project.
package smoke

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/warehouse"
)

// life is the age at which tables and objects of a run are deleted if the run was killed. Empty buckets and datasets cost
// nothing.
const life = 24 * time.Hour

// labels are on the buckets and the dataset of every run.
var labels = map[string]string{"app": "spotify-insights-smoke"}

// sandbox is the buckets and the dataset of one run.
type sandbox struct {
	config.All
	storage  *storage.Client
	bigquery *bigquery.Client
}

// openSandbox makes the clients. It makes no call.
func openSandbox(ctx context.Context, s config.All) (*sandbox, error) {
	b := &sandbox{All: s}
	var err error
	options, err := emulator.HTTP(emulator.Storage, "/storage/v1/") // none on a real project
	if err != nil {
		return nil, err
	}
	if b.storage, err = storage.NewClient(ctx, options...); err != nil {
		return nil, fmt.Errorf("making a Cloud Storage client: %w", err)
	}
	b.storage.SetRetry(storage.WithPolicy(storage.RetryAlways)) // it is safe to delete twice
	b.bigquery, err = warehouse.Client(ctx, s.Warehouse)
	return b, err
}

func (b *sandbox) buckets() []string {
	return []string{b.UploadsBucket, b.LakeBucket, b.InsightsBucket}
}

// make makes the buckets and the dataset, with the tables and views as they are deployed.
func (b *sandbox) make(ctx context.Context) error {
	for _, name := range b.buckets() {
		err := b.storage.Bucket(name).Create(ctx, b.Project, &storage.BucketAttrs{
			Location: b.Location, Labels: labels,
			UniformBucketLevelAccess: storage.UniformBucketLevelAccess{Enabled: true},
			PublicAccessPrevention:   storage.PublicAccessPreventionEnforced,
			SoftDeletePolicy:         &storage.SoftDeletePolicy{}, // none: deleted objects cost nothing
			Lifecycle: storage.Lifecycle{Rules: []storage.LifecycleRule{{
				Action: storage.LifecycleAction{Type: storage.DeleteAction}, Condition: storage.LifecycleCondition{AgeInDays: int64(life.Hours() / 24)},
			}}},
		})
		if err != nil {
			return fmt.Errorf("making bucket %s: %w", name, err)
		}
	}
	meta := &bigquery.DatasetMetadata{Location: b.Location, Labels: labels, DefaultTableExpiration: life}
	if err := b.bigquery.Dataset(b.Dataset).Create(ctx, meta); err != nil {
		return fmt.Errorf("making dataset %s: %w", b.Dataset, err)
	}
	w, err := warehouse.Open(ctx, b.Warehouse)
	if err != nil {
		return err
	}
	if err := w.Create(ctx); err != nil {
		return err
	}
	return b.deployViews(ctx)
}

// deployViews gives the views the text of a deployment, which names the project.
func (b *sandbox) deployViews(ctx context.Context) error {
	views, err := warehouse.Views(b.Project + "." + b.Dataset)
	if err != nil {
		return err
	}
	for _, v := range views {
		update := bigquery.TableMetadataToUpdate{ViewQuery: v.Query, UseLegacySQL: false}
		if _, err := b.bigquery.Dataset(b.Dataset).Table(v.Name).Update(ctx, update, ""); err != nil {
			return fmt.Errorf("changing view %s: %w", v.Name, err)
		}
	}
	return nil
}

// remove removes the sandbox with its contents, as far as it was made.
func (b *sandbox) remove(ctx context.Context) error {
	var errs []error
	for _, name := range b.buckets() {
		if err := empty(ctx, b.storage.Bucket(name)); err != nil && !missing(err) {
			errs = append(errs, fmt.Errorf("emptying bucket %s: %w", name, err))
			continue
		}
		if err := b.storage.Bucket(name).Delete(ctx); err != nil && !missing(err) {
			errs = append(errs, fmt.Errorf("removing bucket %s: %w", name, err))
		}
	}
	if err := b.bigquery.Dataset(b.Dataset).DeleteWithContents(ctx); err != nil && !missing(err) {
		errs = append(errs, fmt.Errorf("removing dataset %s: %w", b.Dataset, err))
	}
	return errors.Join(errs...)
}

func empty(ctx context.Context, bucket *storage.BucketHandle) error {
	for it := bucket.Objects(ctx, nil); ; {
		o, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err == nil {
			err = bucket.Object(o.Name).Delete(ctx)
		}
		if err != nil && !errors.Is(err, storage.ErrObjectNotExist) {
			return err
		}
	}
}

// byHand lists the commands that remove the whole sandbox.
func (b *sandbox) byHand() (commands []string) {
	for _, name := range b.buckets() {
		commands = append(commands, "gcloud storage rm --recursive gs://"+name)
	}
	return append(commands, fmt.Sprintf("bq rm -r -f -d %s:%s", b.Project, b.Dataset))
}

// missing reports whether an error means that something does not exist.
func missing(err error) bool {
	apiErr, ok := errors.AsType[*googleapi.Error](err)
	return errors.Is(err, storage.ErrBucketNotExist) || ok && apiErr.Code == http.StatusNotFound
}
