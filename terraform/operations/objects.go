package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"cloud.google.com/go/storage"
	"golang.org/x/sync/errgroup"
	"google.golang.org/api/iterator"
)

// objects are the objects of a bucket whose names begin with prefix, with all their versions where that is wanted.
func (s *session) objects(ctx context.Context, bucket, prefix string, versions bool) iter.Seq2[*storage.ObjectAttrs, error] {
	return func(yield func(*storage.ObjectAttrs, error) bool) {
		ctx, cancel := context.WithTimeout(ctx, listLimit)
		defer cancel()
		query := &storage.Query{Prefix: prefix, Versions: versions, Projection: storage.ProjectionNoACL}
		if err := query.SetAttrSelection([]string{"Name", "Generation", "Created"}); err != nil {
			yield(nil, err)
			return
		}
		for it := s.storage.Bucket(bucket).Objects(ctx, query); ; {
			o, err := it.Next()
			if errors.Is(err, iterator.Done) || !yield(o, err) || err != nil {
				return
			}
		}
	}
}

// deletions is how many objects are deleted at a time.
const deletions = 16

// removeObjects deletes all versions of the objects whose names begin with prefix. A bucket that does not exist has none.
func (s *session) removeObjects(ctx context.Context, bucket, prefix string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(deletions)
	for o, err := range s.objects(ctx, bucket, prefix, true) {
		if missing(err) {
			break
		}
		if err != nil {
			group.Go(func() error { return err })
			break
		}
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, callLimit)
			defer cancel()
			if err := s.storage.Bucket(bucket).Object(o.Name).Generation(o.Generation).Delete(ctx); err != nil && !missing(err) {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return s.failed(fmt.Sprintf("deleting gs://%s/%s", bucket, prefix), err)
	}
	return nil
}
