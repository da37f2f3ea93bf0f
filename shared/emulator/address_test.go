package emulator

import "testing"

func TestAddress(t *testing.T) {
	tests := []struct {
		name, value, service string
		want                 string
		wantErr              bool
	}{
		{name: "unset"},
		{name: "loopback", value: "127.0.0.1:9050", want: "127.0.0.1:9050"},
		{name: "loopback v6", value: "[::1]:9050", want: "[::1]:9050"},
		{name: "a name is not a literal", value: "localhost:9050", wantErr: true},
		{name: "elsewhere", value: "10.0.0.7:9050", wantErr: true},
		{name: "no port", value: "127.0.0.1", wantErr: true},
		{name: "with a scheme", value: "http://127.0.0.1:9050", wantErr: true},
		{name: "in a deployed function", value: "127.0.0.1:9050", service: "ingest", wantErr: true},
		{name: "unset in a deployed function", service: "ingest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(BigQuery, tt.value)
			t.Setenv("K_SERVICE", tt.service)
			got, err := Address(BigQuery)
			if got != tt.want || (err != nil) != tt.wantErr {
				t.Errorf("Address() = %q, %v; want %q, error %v", got, err, tt.want, tt.wantErr)
			}
		})
	}
}
