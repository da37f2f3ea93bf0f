package config

import (
	"fmt"
	"net"
	"net/netip"
	"os"
)

// The variables with the addresses of emulators, host:port without a scheme.
const (
	StorageEmulator       = "STORAGE_EMULATOR_HOST"
	PubSubEmulator        = "PUBSUB_EMULATOR_HOST"
	BigQueryEmulator      = "BIGQUERY_EMULATOR_HOST"
	SecretManagerEmulator = "SECRET_MANAGER_EMULATOR_HOST"
)

// Deployed reports whether this process is a deployed function: Cloud Run sets K_SERVICE.
func Deployed() bool { return os.Getenv("K_SERVICE") != "" }

// EmulatorHost returns the address in one of these variables, "" where it is not set. An address that is not
// loopback is an error, and so is any address in a deployed function (K_SERVICE): the function would send tokens
// there.
func EmulatorHost(variable string) (string, error) {
	addr := os.Getenv(variable)
	if addr == "" {
		return "", nil
	}
	if Deployed() {
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
