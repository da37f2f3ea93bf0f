// Package emulator finds the endpoints of the embedded cloud. The functions use Google's own
// clients everywhere; on one machine only the addresses differ, and they come from here.
package emulator

import (
	"fmt"
	"net"
	"net/netip"
	"os"
)

// The environment variables that name an emulator's address, host:port without a scheme.
const (
	Storage       = "STORAGE_EMULATOR_HOST"
	PubSub        = "PUBSUB_EMULATOR_HOST"
	BigQuery      = "BIGQUERY_EMULATOR_HOST"
	SecretManager = "SECRET_MANAGER_EMULATOR_HOST"
)

// Host returns the address in the named variable, "" where it is not set. It is an error for it to
// be anything but loopback, or to be set at all in a deployed function (K_SERVICE): a deployed
// function that talked to somebody's emulator would hand over its listener's token.
func Host(variable string) (string, error) {
	addr := os.Getenv(variable)
	if addr == "" {
		return "", nil
	}
	if os.Getenv("K_SERVICE") != "" {
		return "", fmt.Errorf("%s is set in a deployed function: remove it from the function's environment", variable)
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%s=%q is not host:port: %w", variable, addr, err)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return "", fmt.Errorf("%s=%q is not a loopback address such as 127.0.0.1:8085", variable, addr)
	}
	return addr, nil
}
