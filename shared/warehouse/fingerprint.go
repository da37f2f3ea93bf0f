package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"

	"spotify-insights.internal/shared/lake"
)

// Model is a fingerprint of everything that decides the content of the tables: the SQL, the schemas and the
// version of the rows. Tables of another model are refreshed from the beginning.
func Model() string { return model(lake.PlayVersion, schemaFiles, sqlFiles) }

func model(rowVersion int, folders ...fs.FS) string {
	hash := sha256.New()
	fmt.Fprintln(hash, rowVersion)
	for _, files := range folders {
		err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, path)
			fmt.Fprintf(hash, "%s %d\n%s", path, len(text), text)
			return err
		})
		if err != nil {
			panic(err) // embedded files can be read
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// Fingerprint is equal for two builds that make the same tables and views in a dataset.
func Fingerprint(dataset string) string { return dataset + " " + Model() }
