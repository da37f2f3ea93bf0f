package main

import (
	"context"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/storage"
	"google.golang.org/api/cloudresourcemanager/v3"
	"google.golang.org/api/cloudscheduler/v1"
	"google.golang.org/api/logging/v2"
	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"
	"google.golang.org/api/serviceusage/v1"

	"spotify-insights.internal/shared/emulator"
)

const (
	// callLimit is the deadline of one call.
	callLimit = 30 * time.Second
	// listLimit is the deadline of a list that comes in many answers.
	listLimit = 10 * time.Minute
)

// clients are Google's clients, all of which speak HTTP: a proxy of the environment applies to every call.
type clients struct {
	storage   *storage.Client
	secrets   *secretmanager.Client
	projects  *cloudresourcemanager.Service
	services  *serviceusage.Service
	scheduler *cloudscheduler.Service
	logging   *logging.Service
	pubsub    *pubsub.Service
}

// openClients makes no call. The options are for the clients without an emulator.
func openClients(ctx context.Context, options ...option.ClientOption) (c *clients, err error) {
	emulated, err := emulator.HTTP(emulator.Storage, "/storage/v1/")
	if err != nil {
		return nil, err
	}
	c = &clients{}
	var errs [7]error
	c.storage, errs[0] = storage.NewClient(ctx, emulated...)
	c.secrets, errs[1] = secretmanager.NewRESTClient(ctx, options...)
	c.projects, errs[2] = cloudresourcemanager.NewService(ctx, options...)
	c.services, errs[3] = serviceusage.NewService(ctx, options...)
	c.scheduler, errs[4] = cloudscheduler.NewService(ctx, options...)
	c.logging, errs[5] = logging.NewService(ctx, options...)
	c.pubsub, errs[6] = pubsub.NewService(ctx, options...)
	for _, err := range errs { // they have one reason
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}
