package bigqueryserver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reference is Google's REST reference of BigQuery for machines: the discovery document, which the
// generated client is made of and comes with.
type reference struct {
	Parameters map[string]*shape // that every method takes
	Schemas    map[string]*shape
	Resources  map[string]struct{ Methods map[string]*method }
}

// method is one of the API's, such as bigquery.jobs.get.
type method struct {
	ID                   string
	HTTPMethod, FlatPath string
	Parameters           map[string]*shape
	Request, Response    *shape
	MediaUpload          struct {
		Protocols struct{ Simple struct{ Path string } }
	}
}

// shape is what a JSON value or a parameter looks like.
type shape struct {
	Ref                  string `json:"$ref"`
	Type, Format         string
	Description, Default string
	Enum                 []string
	Items                *shape
	Properties           map[string]*shape
	AdditionalProperties *shape
	Location             string // of a parameter
}

func readReference(t *testing.T) *reference {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "google.golang.org/api").Output()
	if err != nil {
		t.Fatalf("asking the go command where google.golang.org/api is: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "bigquery/v2/bigquery-api.json"))
	if err != nil {
		t.Fatal(err)
	}
	ref := &reference{}
	if err := json.Unmarshal(text, ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

// methods gives every method by its id, less the name of the API.
func (ref *reference) methods() map[string]*method {
	all := map[string]*method{}
	for _, resource := range ref.Resources {
		for _, m := range resource.Methods {
			all[strings.TrimPrefix(m.ID, "bigquery.")] = m
		}
	}
	return all
}

var placeholder = regexp.MustCompile(`\{[^}]+\}`)

// path is the method's path with the names given; what has no name is "none".
func (m *method) path(names ...string) string {
	return "/" + placeholder.ReplaceAllStringFunc(m.FlatPath, func(string) string {
		if len(names) == 0 {
			return "none"
		}
		name := names[0]
		names = names[1:]
		return name
	})
}

// checkQuery gives what is wrong with a request's parameters.
func (ref *reference) checkQuery(m *method, query url.Values) (wrong []string) {
	for name, values := range query {
		p := m.Parameters[name]
		if p == nil {
			p = ref.Parameters[name]
		}
		if p == nil || p.Location != "query" {
			wrong = append(wrong, name+" is no parameter of "+m.ID)
		} else if len(p.Enum) > 0 && !slices.Contains(p.Enum, values[0]) {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want one of %v", name, values[0], p.Enum))
		}
	}
	return wrong
}

// freely are the fields that the reference requires and leaves out all the same: the sources of a load
// whose data comes with the request, and the configuration of a job listed in short.
var freely = []string{"JobConfigurationLoad.sourceUris", ".configuration"}

// check gives what is wrong with a value: a field the reference does not have, another type, a value
// that is not one of those it lists, and in what is to be whole a field missing that it requires.
func (ref *reference) check(at string, s *shape, value any, whole bool) (wrong []string) {
	owner := s.Ref
	if s.Ref != "" {
		s = ref.Schemas[s.Ref]
	}
	complain := func(format string, args ...any) { wrong = append(wrong, at+fmt.Sprintf(format, args...)) }
	switch s.Type {
	case "any":
	case "object":
		fields, ok := value.(map[string]any)
		if !ok {
			complain(" is %T, want an object", value)
			break
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			field := s.Properties[name]
			if field == nil {
				field = s.AdditionalProperties
			}
			if field == nil {
				complain(".%s is not in the reference", name)
				continue
			}
			wrong = append(wrong, ref.check(at+"."+name, field, fields[name], whole)...)
		}
		for name, field := range s.Properties {
			if !whole {
				break
			}
			if _, ok := fields[name]; !ok && strings.HasPrefix(field.Description, "Required") && !slices.Contains(freely, owner+"."+name) {
				complain(".%s is missing", name)
			}
			if name == "kind" && field.Default != "" && fields[name] != field.Default {
				complain(".kind is %v, want %s", fields[name], field.Default)
			}
		}
	case "array":
		items, ok := value.([]any)
		if !ok {
			complain(" is %T, want an array", value)
		}
		for i, item := range items {
			wrong = append(wrong, ref.check(fmt.Sprintf("%s.%d", at, i), s.Items, item, whole)...)
		}
	default:
		if !s.holds(value) {
			complain(" is %T %v, want %s %s %v %.300s", value, value, s.Type, s.Format, s.Enum, s.Description)
		}
	}
	return wrong
}

var listsValues = regexp.MustCompile(`Possible values|Valid states`)

// holds reports whether a value that has no parts is of the shape.
func (s *shape) holds(value any) bool {
	text, isText := value.(string)
	number, isNumber := value.(json.Number)
	var err error
	switch s.Type + " " + s.Format {
	case "boolean ":
		_, ok := value.(bool)
		return ok
	case "string int64":
		_, err = strconv.ParseInt(text, 10, 64)
	case "string uint64":
		_, err = strconv.ParseUint(text, 10, 64)
	case "integer int32":
		_, err = strconv.ParseInt(number.String(), 10, 32)
	case "integer uint32":
		_, err = strconv.ParseUint(number.String(), 10, 32)
	case "number double":
		_, err = number.Float64()
	case "string ":
		if len(s.Enum) > 0 && !slices.Contains(s.Enum, text) {
			return false
		}
		if listsValues.MatchString(s.Description) && !regexp.MustCompile(`\b`+regexp.QuoteMeta(text)+`\b`).MatchString(s.Description) {
			return false
		}
	default:
		return false
	}
	return err == nil && (s.Type == "string") == isText && (s.Type != "string") == isNumber
}
