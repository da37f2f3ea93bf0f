package config

import (
	"fmt"
	"net"
	"net/netip"
	"os"
)

// The environment variables that name an emulator's address, host:port without a scheme.
const (
	StorageEmulator       = "STORAGE_EMULATOR_HOST"
	PubSubEmulator        = "PUBSUB_EMULATOR_HOST"
	BigQueryEmulator      = "BIGQUERY_EMULATOR_HOST"
	SecretManagerEmulator = "SECRET_MANAGER_EMULATOR_HOST"
)

// EmulatorHost returns the address in the named variable, "" where it is not set. It is an error for it to
// be anything but loopback, or to be set at all in a deployed function (K_SERVICE): a deployed
// function that talked to somebody's emulator would hand over its listener's token.
func EmulatorHost(variable string) (string, error) {
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
