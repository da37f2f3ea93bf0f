package bigqueryserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"spotify-insights.internal/shared/faults"
)

type exportDataStatistics struct {
	FileCount int64 `json:"fileCount,string"`
	RowCount  int64 `json:"rowCount,string"`
}

var (
	exportForm   = regexp.MustCompile(`(?s)^EXPORT DATA\s+OPTIONS\s*\((.*?)\)\s+AS\s+(.*)$`)
	exportOption = regexp.MustCompile(`^\s*(\w+)\s*=\s*'?([^']*?)'?\s*$`)
	exportURI    = regexp.MustCompile(`^gs://([^/*]+)/([^*]*)\*([^*]*)$`)
)

// dictionaries lets DuckDB write a column of ids that repeat as a dictionary, which halves such a file: by
// default 60,000 ids are too many for one.
const dictionaries = "ROW_GROUP_SIZE 500000, STRING_DICTIONARY_PAGE_SIZE_LIMIT 16777216"

// destination is where an EXPORT DATA statement writes: gs://bucket/prefix*suffix.
type destination struct{ uri, bucket, prefix, suffix string }

// object is the name of the one object of an export. BigQuery puts the number of the file in the place of the *.
func (d destination) object() string { return d.prefix + "000000000000" + d.suffix }

// parseExport returns the destination and the query of an EXPORT DATA statement.
func parseExport(statement string) (d destination, query string, err error) {
	m := exportForm.FindStringSubmatch(statement)
	if m == nil {
		return d, "", notSupported("this form of EXPORT DATA; it has EXPORT DATA OPTIONS (...) AS query")
	}
	format := ""
	for option := range strings.SplitSeq(m[1], ",") {
		o := exportOption.FindStringSubmatch(option)
		if o == nil {
			return d, "", notSupported("the option %s of EXPORT DATA", faults.Quote(option))
		}
		switch name, value := o[1], o[2]; name + " " + strings.ToUpper(value) {
		case "format PARQUET":
			format = value
		case "compression SNAPPY", "overwrite FALSE":
		default:
			if name != "uri" {
				return d, "", notSupported("%s = %s in EXPORT DATA; it writes PARQUET with SNAPPY, and overwrites nothing", name, value)
			}
			d.uri = value
		}
	}
	uri := exportURI.FindStringSubmatch(d.uri)
	if uri == nil || format == "" {
		return d, "", invalidQuery("EXPORT DATA needs the option format, and the option uri with one * in the name of the object: %s", faults.Quote(d.uri))
	}
	d.bucket, d.prefix, d.suffix = uri[1], uri[2], uri[3]
	return d, m[2], nil
}

// export runs an EXPORT DATA statement: it writes the rows to a file, and the file to the storage. It runs
// beside the writer.
func (s *Server) export(ctx context.Context, st statement) (*exportDataStatistics, error) {
	if s.exports == nil {
		return nil, notSupported("EXPORT DATA: it was started without a storage")
	}
	d, query, err := parseExport(st.sql)
	if err != nil {
		return nil, err
	}
	name, err := s.exports.Match(ctx, d.bucket, d.prefix, d.suffix)
	if err != nil {
		return nil, storageError(d, err)
	}
	if name != "" {
		return nil, invalid("Destination %s is not empty: gs://%s/%s exists; export to another prefix", d.uri, d.bucket, name)
	}
	dir, err := os.MkdirTemp(s.exportDir, "")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "rows.parquet")
	rows, err := s.writeParquet(ctx, query, st.parameters, path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := s.exports.Write(ctx, d.bucket, d.object(), file); err != nil {
		return nil, storageError(d, err)
	}
	return &exportDataStatistics{FileCount: 1, RowCount: rows}, nil
}

// writeParquet writes the rows of a query to a file, in the query's order, and counts them.
func (s *Server) writeParquet(ctx context.Context, query string, p parameters, path string) (int64, error) {
	args := p.in(query)
	described, err := s.db.QueryContext(ctx, "SELECT * FROM ("+query+") LIMIT 0", args...)
	if err != nil {
		return 0, err
	}
	schema, err := schemaOf(described)
	described.Close()
	if err != nil {
		return 0, err
	}
	casts := make([]string, len(schema.Fields)) // to BigQuery's types: DuckDB has integers of 32 and 128 bits too
	for i, f := range schema.Fields {
		casts[i] = fmt.Sprintf("CAST(%s AS %s) AS %[1]s", quoteName(f.Name), engineTypes[f.Type])
	}
	result, err := s.db.ExecContext(ctx, fmt.Sprintf("COPY (SELECT %s FROM (%s)) TO %s (FORMAT parquet, COMPRESSION snappy, %s)",
		strings.Join(casts, ", "), query, quoteText(path), dictionaries), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func storageError(d destination, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return notFound("Not found: bucket %s of the export to %s", d.bucket, d.uri)
	}
	return newError("backendError", "Exporting to %s failed; the statement can run again: %v", d.uri, err)
}
