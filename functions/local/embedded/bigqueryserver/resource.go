package bigqueryserver

import (
	"encoding/json"
	"errors"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
)

// The resources of the REST API, cut down to the fields this server honours.
// A request that has any other field is refused: it would be ignored otherwise,
// and the caller would believe in it.
// https://cloud.google.com/bigquery/docs/reference/rest/v2

type datasetReference struct {
	ProjectID string `json:"projectId,omitempty"`
	DatasetID string `json:"datasetId"`
}

type datasetResource struct {
	Kind                     string             `json:"kind,omitempty"`
	ETag                     string             `json:"etag,omitempty"`
	ID                       string             `json:"id,omitempty"`
	DatasetReference         *datasetReference  `json:"datasetReference,omitempty"`
	FriendlyName             *string            `json:"friendlyName,omitempty"`
	Description              *string            `json:"description,omitempty"`
	Labels                   map[string]*string `json:"labels,omitempty"`
	Location                 string             `json:"location,omitempty"`
	DefaultTableExpirationMs *int64             `json:"defaultTableExpirationMs,omitempty,string"`
	CreationTime             int64              `json:"creationTime,omitempty,string"`
	LastModifiedTime         int64              `json:"lastModifiedTime,omitempty,string"`
}

type tableReference struct {
	ProjectID string `json:"projectId,omitempty"`
	DatasetID string `json:"datasetId"`
	TableID   string `json:"tableId"`
}

type tableField struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Mode        string `json:"mode,omitempty"`
	Description string `json:"description,omitempty"`
}

type tableSchema struct {
	Fields []tableField `json:"fields"`
}

type viewDefinition struct {
	Query        string `json:"query"`
	UseLegacySQL *bool  `json:"useLegacySql,omitempty"`
}

type timePartitioning struct {
	Type  string `json:"type"`
	Field string `json:"field,omitempty"`
	// The Go client sends both on every patch; only the values that mean "no" are taken.
	RequirePartitionFilter bool   `json:"requirePartitionFilter,omitempty"`
	ExpirationMs           *int64 `json:"expirationMs,omitempty,string"`
}

type clustering struct {
	Fields []string `json:"fields"`
}

type tableResource struct {
	Kind             string             `json:"kind,omitempty"`
	ETag             string             `json:"etag,omitempty"`
	ID               string             `json:"id,omitempty"`
	TableReference   *tableReference    `json:"tableReference,omitempty"`
	FriendlyName     *string            `json:"friendlyName,omitempty"`
	Description      *string            `json:"description,omitempty"`
	Labels           map[string]*string `json:"labels,omitempty"`
	Schema           *tableSchema       `json:"schema,omitempty"`
	View             *viewDefinition    `json:"view,omitempty"`
	TimePartitioning *timePartitioning  `json:"timePartitioning,omitempty"`
	Clustering       *clustering        `json:"clustering,omitempty"`
	ExpirationTime   *int64             `json:"expirationTime,omitempty,string"`
	CreationTime     int64              `json:"creationTime,omitempty,string"`
	LastModifiedTime int64              `json:"lastModifiedTime,omitempty,string"`
	NumRows          *int64             `json:"numRows,omitempty,string"`
	Type             string             `json:"type,omitempty"`
	Location         string             `json:"location,omitempty"`
}

type jobReference struct {
	ProjectID string `json:"projectId,omitempty"`
	JobID     string `json:"jobId"`
	Location  string `json:"location,omitempty"`
}

type jobResource struct {
	Kind          string            `json:"kind,omitempty"`
	ETag          string            `json:"etag,omitempty"`
	ID            string            `json:"id,omitempty"`
	UserEmail     string            `json:"user_email,omitempty"`
	JobReference  *jobReference     `json:"jobReference,omitempty"`
	Configuration *jobConfiguration `json:"configuration,omitempty"`
	Status        *jobStatus        `json:"status,omitempty"`
	Statistics    *jobStatistics    `json:"statistics,omitempty"`
}

type jobConfiguration struct {
	JobType      string              `json:"jobType,omitempty"`
	Query        *queryConfiguration `json:"query,omitempty"`
	Load         *loadConfiguration  `json:"load,omitempty"`
	Copy         json.RawMessage     `json:"copy,omitempty"`
	Extract      json.RawMessage     `json:"extract,omitempty"`
	DryRun       bool                `json:"dryRun,omitempty"`
	JobTimeoutMs *int64              `json:"jobTimeoutMs,omitempty,string"`
	Labels       map[string]string   `json:"labels,omitempty"`
}

type queryConfiguration struct {
	Query              string            `json:"query"`
	DefaultDataset     *datasetReference `json:"defaultDataset,omitempty"`
	UseLegacySQL       *bool             `json:"useLegacySql,omitempty"`
	ParameterMode      string            `json:"parameterMode,omitempty"`
	QueryParameters    []queryParameter  `json:"queryParameters,omitempty"`
	Priority           string            `json:"priority,omitempty"`
	UseQueryCache      *bool             `json:"useQueryCache,omitempty"`
	MaximumBytesBilled *int64            `json:"maximumBytesBilled,omitempty,string"`
}

type queryParameter struct {
	Name           string          `json:"name"`
	ParameterType  *parameterType  `json:"parameterType"`
	ParameterValue *parameterValue `json:"parameterValue"`
}

type parameterType struct {
	Type      string         `json:"type"`
	ArrayType *parameterType `json:"arrayType,omitempty"`
}

type parameterValue struct {
	Value       *string          `json:"value,omitempty"`
	ArrayValues []parameterValue `json:"arrayValues,omitempty"`
}

type loadConfiguration struct {
	SourceURIs          []string          `json:"sourceUris,omitempty"`
	SourceFormat        string            `json:"sourceFormat,omitempty"`
	Schema              *tableSchema      `json:"schema,omitempty"`
	DestinationTable    *tableReference   `json:"destinationTable,omitempty"`
	CreateDisposition   string            `json:"createDisposition,omitempty"`
	WriteDisposition    string            `json:"writeDisposition,omitempty"`
	IgnoreUnknownValues bool              `json:"ignoreUnknownValues,omitempty"`
	MaxBadRecords       int64             `json:"maxBadRecords,omitempty"`
	Autodetect          bool              `json:"autodetect,omitempty"`
	Encoding            string            `json:"encoding,omitempty"`
	TimePartitioning    *timePartitioning `json:"timePartitioning,omitempty"`
	Clustering          *clustering       `json:"clustering,omitempty"`
}

type jobStatus struct {
	State       string   `json:"state"`
	ErrorResult *fault   `json:"errorResult,omitempty"`
	Errors      []*fault `json:"errors,omitempty"`
}

type jobStatistics struct {
	CreationTime        int64            `json:"creationTime,string"`
	StartTime           int64            `json:"startTime,omitempty,string"`
	EndTime             int64            `json:"endTime,omitempty,string"`
	TotalBytesProcessed int64            `json:"totalBytesProcessed,string"`
	Query               *queryStatistics `json:"query,omitempty"`
	Load                *loadStatistics  `json:"load,omitempty"`
}

type queryStatistics struct {
	StatementType         string           `json:"statementType,omitempty"`
	TotalBytesProcessed   int64            `json:"totalBytesProcessed,string"`
	NumDMLAffectedRows    *int64           `json:"numDmlAffectedRows,omitempty,string"`
	DMLStats              *dmlStatistics   `json:"dmlStats,omitempty"`
	Schema                *tableSchema     `json:"schema,omitempty"`
	ReferencedTables      []tableReference `json:"referencedTables,omitempty"`
	DDLTargetTable        *tableReference  `json:"ddlTargetTable,omitempty"`
	DDLOperationPerformed string           `json:"ddlOperationPerformed,omitempty"`

	ExportDataStatistics *exportDataStatistics `json:"exportDataStatistics,omitempty"`
}

type exportDataStatistics struct {
	FileCount int64 `json:"fileCount,string"`
	RowCount  int64 `json:"rowCount,string"`
}

type dmlStatistics struct {
	Inserted int64 `json:"insertedRowCount,string"`
	Updated  int64 `json:"updatedRowCount,string"`
	Deleted  int64 `json:"deletedRowCount,string"`
}

type loadStatistics struct {
	InputFiles     int64 `json:"inputFiles,string"`
	InputFileBytes int64 `json:"inputFileBytes,string"`
	OutputRows     int64 `json:"outputRows,string"`
	OutputBytes    int64 `json:"outputBytes,string"`
	BadRecords     int64 `json:"badRecords,string"`
}

// decode reads one JSON value into dst and refuses fields dst does not have.
func decode(body io.Reader, dst any) error {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(dst); err != nil {
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return notImplemented("the field %s of this request", name)
		}
		var f *fault
		if errors.As(err, &f) {
			return f
		}
		return invalid("Invalid JSON payload received: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return invalid("Invalid JSON payload received: something follows the value")
	}
	return nil
}

// etag changes whenever the resource does.
func etag(resource any) (string, error) {
	data, err := json.Marshal(resource)
	if err != nil {
		return "", err
	}
	h := fnv.New64a()
	h.Write(data)
	return strconv.FormatUint(h.Sum64(), 36), nil
}
