package main

import (
	"context"
	"fmt"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/cloudscheduler/v1"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/secrets"
	"spotify-insights.internal/shared/warehouse"
)

// forgetBytes is how much one statement may be billed for: more than the functions' limit, since a person waits for it.
const forgetBytes = 100_000_000_000

// forget deletes the data of a listener: the token, uploads, plays in the lake with all versions, rows, documents and
// snapshots. Each step may be repeated, also of a listener who is not deployed any more. The source of each step is deleted
// before its result, so that no function writes the result again.
func (s *session) forget(ctx context.Context) error {
	d, err := s.findComplete(ctx)
	if err != nil {
		return err
	}
	if err := s.confirm(s.listener, fmt.Sprintf("This deletes every play of %s in %s for good, with the page and the token.", s.listener, s.project)); err != nil {
		return err
	}
	if !d.queued() { // where one job ingests for all, runs of this listener fail until it is removed from LISTENERS
		if err := s.pauseJob(ctx, d); err != nil {
			return err
		}
	}
	if err := s.deleteToken(ctx); err != nil {
		return err
	}
	folder := "listener=" + s.listener + "/"
	for _, of := range []struct{ bucket, prefix string }{
		{d.uploads, folder},
		{d.lake, lake.PagesPrefix(s.listener)},
		{d.lake, lake.ExportsPrefix + folder},
	} {
		if err := s.removeObjects(ctx, of.bucket, of.prefix); err != nil {
			return err
		}
	}
	if err := s.deleteRows(ctx, d); err != nil {
		return err
	}
	// A document is deleted before the snapshot that it names.
	document, snapshot := insights.DocumentName(s.listener), insights.SnapshotPrefix(s.listener)
	for _, prefix := range []string{
		insights.StatusName(s.listener), insights.ImportStatusName(s.listener),
		document, insights.PublicPrefix + document, snapshot, insights.PublicPrefix + snapshot,
	} {
		if err := s.removeObjects(ctx, d.insights, prefix); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "The data of %s is deleted. Google retains deleted plays of the lake for 7 days (soft delete), deleted rows for 14 days"+
		" (time travel, fail-safe), and the functions' logs, which name the listener, for 30 days."+
		" The names and audio features of tracks stay, because they belong to no listener.\n"+
		"Now remove %s from LISTENERS: %s LISTENERS=... with the others\n"+
		"Repeat this command ten minutes after that: a function that was running may have written something again.\n",
		s.listener, s.listener, s.command("deploy", ""))
	return nil
}

// pauseJob stops the schedule of the listener's ingests.
func (s *session) pauseJob(ctx context.Context, d deployment) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	name := s.parent(d) + "/jobs/" + d.job(s.listener)
	job, err := s.scheduler.Projects.Locations.Jobs.Get(name).Context(ctx).Do()
	if err == nil && job.State == "ENABLED" {
		_, err = s.scheduler.Projects.Locations.Jobs.Pause(name, &cloudscheduler.PauseJobRequest{}).Context(ctx).Do()
	}
	if err != nil && !missing(err) {
		return s.failed("pausing the job "+d.job(s.listener), err)
	}
	return nil
}

func (s *session) deleteToken(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	id := secrets.TokenID(s.listener)
	err := s.secrets.DeleteSecret(ctx, &secretmanagerpb.DeleteSecretRequest{Name: "projects/" + s.project + "/secrets/" + id})
	if err != nil && !missing(err) {
		return s.failed("deleting the secret "+id, err)
	}
	return nil
}

func (s *session) deleteRows(ctx context.Context, d deployment) error {
	w, err := warehouse.Open(ctx, config.Warehouse{Project: s.project, Dataset: d.dataset, Location: d.region, MaxBytesBilled: forgetBytes})
	if err == nil {
		err = w.Forget(ctx, s.listener)
	}
	if err != nil {
		return s.failed("deleting rows of the dataset "+d.dataset, err)
	}
	return nil
}
