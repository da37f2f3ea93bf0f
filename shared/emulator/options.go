package emulator

import (
	"context"
	"net/http"
	"os"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// HTTP returns the options of a client that speaks HTTP, none where the variable is not set. path is that of the service.
func HTTP(variable, path string) ([]option.ClientOption, error) {
	addr, err := Address(variable)
	if addr == "" || err != nil {
		return nil, err
	}
	return []option.ClientOption{
		option.WithEndpoint("http://" + addr + path), option.WithHTTPClient(&http.Client{Transport: credential(os.Getenv(Token))}),
	}, nil
}

// GRPC returns the options of a client that speaks gRPC, none where the variable is not set.
func GRPC(variable string) ([]option.ClientOption, error) {
	addr, err := Address(variable)
	if addr == "" || err != nil {
		return nil, err
	}
	return []option.ClientOption{
		option.WithEndpoint(addr), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		option.WithGRPCDialOption(grpc.WithPerRPCCredentials(credential(os.Getenv(Token)))),
	}, nil
}

// credential adds the value of [Token] to every request.
type credential string

// transport keeps a connection for each of many calls at a time, as Google's own transport does.
var transport = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 100
	return t
}()

// RoundTrip sends an HTTP request with the credential.
func (c credential) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", c.header())
	return transport.RoundTrip(r)
}

// GetRequestMetadata is for gRPC.
func (c credential) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": c.header()}, nil
}

// RequireTransportSecurity is for gRPC. The address is on this machine.
func (credential) RequireTransportSecurity() bool { return false }

func (c credential) header() string { return "Bearer " + string(c) }
