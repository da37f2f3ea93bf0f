package bigqueryserver

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"strconv"
	"time"
)

// result is the result of a SELECT.
type result struct {
	schema  *tableSchema
	rows    json.RawMessage // a JSON array in the API's form
	total   int64
	dropped bool // the rows, to save memory
}

// readResult reads and encodes all rows.
func readResult(rows *sql.Rows) (*result, error) {
	schema, err := schemaOf(rows)
	if err != nil {
		return nil, err
	}
	type cell struct {
		V any `json:"v"`
	}
	var row struct {
		F []cell `json:"f"`
	}
	values, targets := make([]any, len(schema.Fields)), make([]any, len(schema.Fields))
	for i := range values {
		targets[i] = &values[i]
	}
	row.F = make([]cell, len(values))
	r := &result{schema: schema, rows: json.RawMessage("[")}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		for i, v := range values {
			if row.F[i].V, err = cellValue(v); err != nil {
				return nil, err
			}
		}
		line, err := json.Marshal(row)
		if err != nil {
			return nil, err
		}
		if r.total++; r.total > 1 {
			r.rows = append(r.rows, ',')
		}
		r.rows = append(r.rows, line...)
	}
	r.rows = append(r.rows, ']')
	return r, rows.Err()
}

// cellValue is the API's form of a value: a string, or nil. A TIMESTAMP is in microseconds.
func cellValue(v any) (any, error) {
	switch v := v.(type) {
	case nil, string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int32:
		return strconv.FormatInt(int64(v), 10), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case *big.Int:
		if !v.IsInt64() {
			return nil, invalidQuery("integer overflow: %v", v)
		}
		return v.String(), nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) { // BigQuery fails on a division by zero
			return nil, invalidQuery("division by zero, or a floating point number out of range")
		}
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case time.Time:
		return strconv.FormatInt(v.UnixMicro(), 10), nil
	}
	return nil, fmt.Errorf("a %T in a result", v)
}

// queryRequest is the body of jobs.query.
type queryRequest struct {
	queryConfiguration
	Location      string            `json:"location,omitempty"`
	Labels        map[string]string `json:"labels,omitempty"`
	RequestID     string            `json:"requestId,omitempty"`
	FormatOptions struct {
		UseInt64Timestamp bool `json:"useInt64Timestamp"`
	} `json:"formatOptions"`
}

// query is jobs.query: a query and its result in one request. A request that a client sends again has the same
// id, and gets the answer of the same job.
func (s *Server) query(_ http.ResponseWriter, r *http.Request) (any, error) {
	var in queryRequest
	if err := decode(r.Body, &in); err != nil {
		return nil, err
	}
	if !in.FormatOptions.UseInt64Timestamp {
		return nil, notSupported("timestamps in seconds: set formatOptions.useInt64Timestamp")
	}
	j, _, err := s.startJob(jobResource{
		JobReference:  jobReference{JobID: in.RequestID, Location: in.Location},
		Configuration: jobConfiguration{Query: &in.queryConfiguration, Labels: in.Labels},
	}, nil)
	if err != nil {
		return nil, err
	}
	j.wait()
	return s.answerOf(j, true)
}

// queryResults is jobs.getQueryResults. It returns all rows on one page, or none where maxResults is 0.
func (s *Server) queryResults(_ http.ResponseWriter, r *http.Request) (any, error) {
	j, err := s.pathJob(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	withRows := q.Get("maxResults") != "0"
	switch {
	case q.Get("startIndex") != "" && q.Get("startIndex") != "0" || q.Get("maxResults") != "" && withRows:
		return nil, notSupported("pages of a result")
	case withRows && q.Get("formatOptions.useInt64Timestamp") != "true":
		return nil, notSupported("timestamps in seconds: set formatOptions.useInt64Timestamp")
	}
	j.wait()
	return s.answerOf(j, withRows)
}

type queryAnswer struct {
	JobReference       jobReference    `json:"jobReference"`
	JobComplete        bool            `json:"jobComplete"`
	Schema             *tableSchema    `json:"schema,omitempty"`
	TotalRows          int64           `json:"totalRows,string"`
	NumDMLAffectedRows *int64          `json:"numDmlAffectedRows,omitempty,string"`
	Rows               json.RawMessage `json:"rows,omitempty"`
}

func (s *Server) answerOf(j *job, withRows bool) (any, error) {
	answer := queryAnswer{JobReference: j.ref}
	s.jobs.mu.Lock() // for the result, which may be dropped
	defer s.jobs.mu.Unlock()
	switch {
	case j.config.Query == nil:
		return nil, invalid("Job %s is not a query", j.ref.JobID)
	case !j.finished():
		return answer, nil
	case j.err != nil:
		return nil, ofJob(j.err)
	}
	answer.JobComplete, answer.NumDMLAffectedRows = true, j.query.NumDMLAffectedRows
	if j.result != nil {
		answer.Schema, answer.TotalRows = j.result.schema, j.result.total
		if withRows && j.result.dropped {
			return nil, notFound("Not found: the result of job %s is no longer retained", j.ref.JobID)
		}
		if withRows {
			answer.Rows = j.result.rows
		}
	}
	return answer, nil
}
