package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
)

// Fingerprint is the same for two builds that make the same tables and views in a dataset.
func Fingerprint(dataset string) (string, error) {
	hash := sha256.New()
	for _, table := range Tables() {
		text, err := schemaFiles.ReadFile("schema/" + table + ".json")
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	views, err := Views(dataset)
	if err != nil {
		return "", err
	}
	for _, view := range views {
		hash.Write([]byte(view.Query))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
