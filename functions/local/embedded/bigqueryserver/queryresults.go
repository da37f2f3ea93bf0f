package bigqueryserver

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// pageBytes is about the most a page of rows holds, as BigQuery's own limit of 10 MB.
	pageBytes = 10 << 20
	// queryWait is how long a query is waited for when the request does not say.
	queryWait = 10 * time.Second
)

// queryRequest is the body of jobs.query.
type queryRequest struct {
	Kind string `json:"kind,omitempty"`
	queryConfiguration
	MaxResults      *uint32           `json:"maxResults,omitempty"`
	TimeoutMs       *int64            `json:"timeoutMs,omitempty"`
	JobTimeoutMs    *int64            `json:"jobTimeoutMs,omitempty,string"`
	DryRun          bool              `json:"dryRun,omitempty"`
	Location        string            `json:"location,omitempty"`
	Labels          map[string]string `json:"labels,omitempty"`
	RequestID       string            `json:"requestId,omitempty"`
	JobCreationMode string            `json:"jobCreationMode,omitempty"`
	FormatOptions   *struct {
		UseInt64Timestamp bool `json:"useInt64Timestamp,omitempty"`
	} `json:"formatOptions,omitempty"`
}

// queryJob is jobs.query: a query and the first page of its result in one request.
func (s *Server) queryJob(r *http.Request) (any, error) {
	var in queryRequest
	if err := decode(r.Body, &in); err != nil {
		return nil, err
	}
	ref := jobReference{Location: in.Location}
	if in.RequestID != "" {
		// The same request, sent again, is answered by the job of the first, even after a restart.
		sum := sha256.Sum256([]byte(in.RequestID))
		ref.JobID = "job_" + hex.EncodeToString(sum[:16])
	} else {
		ref.JobID = "job_" + rand.Text()
	}
	c := &jobConfiguration{Query: &in.queryConfiguration, DryRun: in.DryRun, JobTimeoutMs: in.JobTimeoutMs, Labels: in.Labels}
	j, known, err := s.insertQuery(ref, c)
	if err != nil {
		return nil, err
	}
	if known && j.state.Load().Configuration.Query.Query != in.Query {
		return nil, invalid("The requestId %q was used for another query", in.RequestID)
	}
	p := pageRequest{most: 1 << 40, int64Timestamps: in.FormatOptions != nil && in.FormatOptions.UseInt64Timestamp}
	if in.MaxResults != nil {
		p.most = int64(*in.MaxResults)
	}
	patience := queryWait
	if in.TimeoutMs != nil {
		patience = time.Duration(*in.TimeoutMs) * time.Millisecond
	}
	wait(r.Context(), j, patience)
	return s.queryAnswer(j, kindQueryResponse, p)
}

// queryResults is jobs.getQueryResults.
func (s *Server) queryResults(r *http.Request) (any, error) {
	j, err := s.pathJob(r)
	if err != nil {
		return nil, err
	}
	p, err := readPageRequest(r)
	if err != nil {
		return nil, err
	}
	timeout, err := queryInt(r, "timeoutMs", queryWait.Milliseconds())
	if err != nil {
		return nil, err
	}
	wait(r.Context(), j, time.Duration(timeout)*time.Millisecond)
	return s.queryAnswer(j, "bigquery#getQueryResultsResponse", p)
}

// pageRequest says which rows of a result are wanted.
type pageRequest struct {
	start, most     int64
	next            bool // after another page: there has to be a row
	int64Timestamps bool
}

// check refuses the token of a page that there is not.
func (p pageRequest) check(total int64) error {
	if p.next && p.start >= total {
		return badToken(strconv.FormatInt(p.start, 10))
	}
	return nil
}

func readPageRequest(r *http.Request) (p pageRequest, err error) {
	if p.start, err = queryInt(r, "startIndex", 0); err != nil {
		return p, err
	}
	// The token of a page is the number of rows before it, of which there is always one.
	if token := r.URL.Query().Get("pageToken"); token != "" {
		if r.URL.Query().Has("startIndex") {
			return p, invalid("When using a page token, you cannot specify an arbitrary startIndex.")
		}
		if p.start, err = queryInt(r, "pageToken", 0); err != nil || p.start == 0 {
			return p, badToken(token)
		}
		p.next = true
	}
	p.most, err = queryInt(r, "maxResults", 1<<40)
	p.int64Timestamps = r.URL.Query().Get("formatOptions.useInt64Timestamp") == "true"
	return p, err
}

// rowPage is the part of an answer that comes before the rows.
type rowPage struct {
	Kind                string        `json:"kind"`
	JobReference        *jobReference `json:"jobReference,omitempty"`
	JobComplete         *bool         `json:"jobComplete,omitempty"`
	Schema              *tableSchema  `json:"schema,omitempty"`
	TotalRows           *int64        `json:"totalRows,omitempty,string"`
	PageToken           string        `json:"pageToken,omitempty"`
	TotalBytesProcessed *int64        `json:"totalBytesProcessed,omitempty,string"`
	CacheHit            *bool         `json:"cacheHit,omitempty"`
	NumDMLAffectedRows  *int64        `json:"numDmlAffectedRows,omitempty,string"`

	// Of jobs.query alone.
	DMLStats      *dmlStatistics `json:"dmlStats,omitempty"`
	Location      string         `json:"location,omitempty"`
	StatementType string         `json:"statementType,omitempty"`
	CreationTime  int64          `json:"creationTime,omitempty,string"`
	StartTime     int64          `json:"startTime,omitempty,string"`
	EndTime       int64          `json:"endTime,omitempty,string"`
}

const kindQueryResponse = "bigquery#queryResponse"

// queryAnswer is the answer about a query job, with a page of its rows if it is a SELECT.
func (s *Server) queryAnswer(j *job, kind string, p pageRequest) (any, error) {
	complete := j.finished()
	state := j.state.Load()
	answer := rowPage{Kind: kind, JobReference: state.JobReference, JobComplete: &complete}
	st, q := state.Statistics, state.Statistics.Query
	if kind == kindQueryResponse {
		answer.Location = state.JobReference.Location
		answer.CreationTime, answer.StartTime, answer.EndTime = st.CreationTime, st.StartTime, st.EndTime
		if q != nil {
			answer.StatementType, answer.DMLStats = q.StatementType, q.DMLStats
		}
	}
	switch {
	case state.Configuration.Query == nil:
		return nil, invalid("Job %s is not a query", j.id)
	case !complete:
		return answer, nil
	case state.Status.ErrorResult != nil:
		return nil, ofJob(state.Status.ErrorResult)
	default:
		answer.Schema, answer.NumDMLAffectedRows = q.Schema, q.NumDMLAffectedRows
		answer.TotalBytesProcessed, answer.CacheHit = new(int64(0)), new(false)
		answer.TotalRows = new(int64(0))
		if q.StatementType != kindSelect || state.Configuration.DryRun {
			return answer, nil
		}
	}
	result := j.result.Load()
	if result == nil {
		return nil, notFound("Not found: the result of job %s is no longer kept", j.id)
	}
	return result.page(answer, p)
}

// page writes an answer with a page of the result's rows.
func (r *resultSet) page(answer rowPage, p pageRequest) (any, error) {
	total := int64(len(r.ends))
	if err := p.check(total); err != nil {
		return nil, err
	}
	answer.TotalRows, answer.Schema = &total, r.schema
	start := min(p.start, total)
	end, size := start, 0
	for end < total && end-start < p.most && (end == start || size+len(r.row(int(end))) <= pageBytes) {
		size += len(r.row(int(end)))
		end++
	}
	if end < total && p.most > 0 {
		answer.PageToken = strconv.FormatInt(end, 10)
	}
	return writeRows(answer, r, int(start), int(end), p.int64Timestamps)
}

// writeRows puts rows into an answer. They are JSON already, so they are not marshalled with it.
func writeRows(answer rowPage, r *resultSet, start, end int, int64Timestamps bool) (any, error) {
	head, err := json.Marshal(answer)
	if err != nil || start == end {
		return rawJSON(head), err
	}
	seconds := !int64Timestamps && slices.ContainsFunc(r.schema.Fields, func(f tableField) bool { return f.Type == typeTimestamp })
	out := append(head[:len(head)-1], `,"rows":[`...)
	for i := start; i < end; i++ {
		if i > start {
			out = append(out, ',')
		}
		row := r.row(i)
		if seconds {
			if row, err = floatTimestamps(row, r.schema); err != nil {
				return nil, err
			}
		}
		out = append(out, row...)
	}
	return rawJSON(append(out, "]}"...)), nil
}

// floatTimestamps writes a row's TIMESTAMPs as seconds, BigQuery's default.
func floatTimestamps(row []byte, schema *tableSchema) ([]byte, error) {
	var cells struct {
		F []struct {
			V *string `json:"v"`
		} `json:"f"`
	}
	if err := json.Unmarshal(row, &cells); err != nil {
		return nil, err
	}
	for i, c := range cells.F {
		if schema.Fields[i].Type != typeTimestamp || c.V == nil {
			continue
		}
		micros, err := strconv.ParseInt(*c.V, 10, 64)
		if err != nil {
			return nil, err
		}
		seconds := strconv.FormatFloat(float64(micros)/1e6, 'E', -1, 64)
		*c.V = strings.Replace(seconds, "E+0", "E", 1)
	}
	return json.Marshal(cells)
}
