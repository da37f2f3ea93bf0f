package main

import (
	"context"
	"fmt"

	"google.golang.org/api/cloudscheduler/v1"
	"google.golang.org/api/pubsub/v1"

	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
)

// trigger ingests a listener's plays now, with the job that Scheduler runs every hour, or through the queue.
func (s *session) trigger(ctx context.Context) error {
	d, err := s.findComplete(ctx)
	if err != nil {
		return err
	}
	if d.tokens[s.listener] == "" {
		return faults.New(faults.Missing, "Deploy with all listeners: "+s.command("deploy", "")+" LISTENERS=...", "%s has no listener %s", s.project, s.listener)
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	job, what := d.job(s.listener), "job"
	if d.queued() {
		job, what = queue, "topic"
		_, err = s.pubsub.Projects.Topics.Publish("projects/"+s.project+"/topics/"+queue, &pubsub.PublishRequest{
			Messages: []*pubsub.PubsubMessage{{Attributes: map[string]string{events.ListenerAttribute: s.listener}}},
		}).Context(ctx).Do()
	} else {
		_, err = s.scheduler.Projects.Locations.Jobs.Run(s.parent(d)+"/jobs/"+job, &cloudscheduler.RunJobRequest{}).Context(ctx).Do()
	}
	if missing(err) {
		return faults.New(faults.Missing, "Deploy again, which restores it: "+s.command("deploy", ""), "there is no %s %s", what, job)
	}
	if err != nil {
		return s.failed("calling the "+what+" "+job, err)
	}
	fmt.Fprintf(s.out, "Ingesting. In a minute: %s, or %s\n", s.command("doctor", ""), s.command("logs", ""))
	return nil
}
