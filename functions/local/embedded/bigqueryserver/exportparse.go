package bigqueryserver

import "strings"

// exportFormat is the only format of files that EXPORT DATA writes.
const exportFormat = "PARQUET"

// exportCodecs are the compressions that EXPORT DATA can name, with DuckDB's names.
var exportCodecs = map[string]string{"SNAPPY": "snappy", "GZIP": "gzip", "ZSTD": "zstd"}

// exportTarget says where an EXPORT DATA statement puts its rows: gs://bucket/prefix*suffix.
type exportTarget struct {
	bucket, prefix, suffix string
	codec                  string // DuckDB's name of the compression
	overwrite              bool
}

// object is the name of the one object that an export writes.
// BigQuery puts the number of the file in the place of the wildcard.
func (e *exportTarget) object() string { return e.prefix + "000000000000" + e.suffix }

func (e *exportTarget) uri() string { return "gs://" + e.bucket + "/" + e.prefix + "*" + e.suffix }

// export reads what follows EXPORT DATA: OPTIONS (...) AS query.
// https://cloud.google.com/bigquery/docs/reference/standard-sql/export-statements
func (p *parser) export(s *statement) (*statement, error) {
	s.kind = kindExport
	if p.peek().is("WITH") {
		return nil, notImplemented("EXPORT DATA WITH CONNECTION; it exports to Cloud Storage")
	}
	if !p.accept("OPTIONS") || !p.peek().is("(") {
		return nil, p.unexpected(p.peek())
	}
	end := matching(p.tokens, p.i)
	if !p.tokens[end].is(")") {
		return nil, syntaxError(`Expected ")" after the options of EXPORT DATA`)
	}
	options, _, _ := list(p.tokens[p.i : end+1])
	target, err := p.exportOptions(options)
	if err != nil {
		return nil, err
	}
	s.export = target
	p.i = end + 1
	if !p.accept("AS") {
		return nil, p.unexpected(p.peek())
	}
	return s, p.query(s)
}

// exportOptions reads the list of name=value.
func (p *parser) exportOptions(options [][]token) (*exportTarget, error) {
	e := &exportTarget{codec: "uncompressed"}
	seen := map[string]bool{}
	for _, option := range options {
		if len(option) != 3 || !option[0].name() || !option[1].is("=") {
			return nil, malformed("OPTIONS: each option is name=literal")
		}
		name := strings.ToUpper(option[0].value)
		if seen[name] {
			return nil, invalidQuery("Duplicate option specified for '%s'", option[0].value)
		}
		seen[name] = true
		if err := e.set(name, option[2]); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"URI", "FORMAT"} {
		if !seen[name] {
			return nil, invalidQuery("EXPORT DATA needs the option '%s'", strings.ToLower(name))
		}
	}
	return e, nil
}

// set takes one option.
func (e *exportTarget) set(name string, value token) error {
	if name == "OVERWRITE" {
		if !value.is("TRUE") && !value.is("FALSE") {
			return invalidQuery("The option 'overwrite' must be TRUE or FALSE")
		}
		e.overwrite = value.is("TRUE")
		return nil
	}
	if name != "URI" && name != "FORMAT" && name != "COMPRESSION" {
		return notImplemented("the option '%s' of EXPORT DATA; it has uri, format, compression and overwrite", strings.ToLower(name))
	}
	if value.kind != text {
		return invalidQuery("The option '%s' must be a string literal", strings.ToLower(name))
	}
	switch name {
	case "URI":
		return e.setURI(value.value)
	case "FORMAT":
		if !strings.EqualFold(value.value, exportFormat) {
			return notImplemented("the export format %s; it has %s", value.value, exportFormat)
		}
	case "COMPRESSION":
		codec, ok := exportCodecs[strings.ToUpper(value.value)]
		if !ok {
			return notImplemented("the compression %s of EXPORT DATA; it has SNAPPY, GZIP and ZSTD", value.value)
		}
		e.codec = codec
	}
	return nil
}

// setURI takes a URI with one wildcard, which stands in the name of the object.
func (e *exportTarget) setURI(uri string) error {
	path, ok := strings.CutPrefix(uri, "gs://")
	if !ok {
		return notImplemented("exports to %q; the option 'uri' must begin with gs://", uri)
	}
	bucket, name, _ := strings.Cut(path, "/")
	if bucket == "" || strings.Contains(bucket, "*") || strings.Count(name, "*") != 1 {
		return invalidQuery("The option 'uri' must have exactly one *, in the name of the object: %s", uri)
	}
	e.bucket = bucket
	e.prefix, e.suffix, _ = strings.Cut(name, "*")
	return nil
}
