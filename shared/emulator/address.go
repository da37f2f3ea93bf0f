// Package emulator has the addresses of emulators of Google Cloud, and the options with which Google's clients use them.
package emulator

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/faults"
)

// The variables with the addresses of emulators, host:port without a scheme.
const (
	Storage       = "STORAGE_EMULATOR_HOST"
	PubSub        = "PUBSUB_EMULATOR_HOST"
	BigQuery      = "BIGQUERY_EMULATOR_HOST"
	SecretManager = "SECRET_MANAGER_EMULATOR_HOST"
)

// Token is the variable with the credential that the emulators ask for. The embedded cloud makes one at each start, so
// that other users of the machine cannot use it.
const Token = "EMULATOR_TOKEN"

// Address returns the address in one of these variables, "" where it is not set. An address that is not
// loopback is an error, and so is any address in a deployed function: the function would send tokens
// there.
func Address(variable string) (string, error) {
	addr := os.Getenv(variable)
	if addr == "" {
		return "", nil
	}
	if config.Deployed() {
		return "", fmt.Errorf("%s is set in a deployed function: remove it from the function's environment", variable)
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("%s=%s is not host:port: %w", variable, faults.Quote(addr), err)
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return "", fmt.Errorf("%s=%s is not a loopback address such as 127.0.0.1:8085", variable, faults.Quote(addr))
	}
	return addr, nil
}
