package config

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"spotify-insights.internal/shared/faults"
)

// BaseURL is the address of a service of other people, without a slash at its end. It is https, or http on this
// machine, because tokens are sent to it.
type BaseURL string

// UnmarshalText reads an address from the environment.
func (b *BaseURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Host == "" {
		return fmt.Errorf("%s is not a URL such as https://api.example.com", faults.Quote(string(text)))
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return fmt.Errorf("%s would send tokens unencrypted: use https, or http on this machine", faults.Quote(string(text)))
	}
	*b = BaseURL(strings.TrimRight(string(text), "/"))
	return nil
}
