package bigqueryserver_test

import (
	"fmt"
	"net/http"
	"testing"
)

// TestReference calls everything the server has, and checks that it has nothing the reference has not:
// every field of every answer is the reference's, of its type, and what the reference promises is there.
func TestReference(t *testing.T) {
	w := newWire(t)
	w.bucket["lake/a"] = []byte(`{"k":1,"s":"x","ts":"2024-01-02T03:04:05.678901Z","b":true,"f":0.5,"d":"2024-01-02"}` + "\n" + `{"k":2}` + "\n" + `{"k":"bad"}`)
	const schema = `{"fields":[{"name":"k","type":"INT64","mode":"REQUIRED","description":"key"},{"name":"s","type":"STRING"},{"name":"ts","type":"TIMESTAMP"},{"name":"b","type":"BOOL"},{"name":"f","type":"FLOAT64"},{"name":"d","type":"DATE"}]}`
	query := func(id, sql string) string {
		return fmt.Sprintf(`{"jobReference":{"projectId":"p-1","jobId":%q},"configuration":{"labels":{"l":"1"},"jobTimeoutMs":"60000","query":{"query":%q,"useLegacySql":false,"parameterMode":"NAMED","maximumBytesBilled":"1000",
			"queryParameters":[{"name":"k","parameterType":{"type":"INT64"},"parameterValue":{"value":"1"}},{"name":"ks","parameterType":{"type":"ARRAY","arrayType":{"type":"INT64"}},"parameterValue":{"arrayValues":[{"value":"1"}]}}]}}}`, id, sql)
	}
	load := func(id string, more string) string {
		return fmt.Sprintf(`{"jobReference":{"projectId":"p-1","jobId":%q},"configuration":{"load":{"sourceUris":["gs://lake/a"],"sourceFormat":"NEWLINE_DELIMITED_JSON","destinationTable":{"projectId":"p-1","datasetId":"e","tableId":"loaded"},"schema":%s%s}}}`, id, schema, more)
	}
	asked := func(sql, more string) string {
		return fmt.Sprintf(`{"query":%q,"useLegacySql":false%s}`, sql, more)
	}
	done := []string{"status.state=DONE", "!status.errorResult", "statistics.creationTime", "statistics.startTime", "statistics.endTime", "jobReference.projectId=p-1", "jobReference.location=US", "kind=bigquery#job"}
	failed := []string{"status.state=DONE", "status.errorResult.reason", "status.errorResult.message", "status.errors.0.reason", "status.errors.0.message", "statistics.startTime", "statistics.endTime"}
	for _, c := range []struct {
		id          string
		names       []string
		query, body string
		code        int
		want        []string
	}{
		{"datasets.insert", nil, "", `{"datasetReference":{"datasetId":"e","projectId":"p-1"},"location":"US","friendlyName":"E","description":"all","labels":{"a":"1"},"defaultTableExpirationMs":"7200000"}`, 200,
			[]string{"id=p-1:e", "datasetReference.projectId=p-1", "location=US", "creationTime", "lastModifiedTime", "etag", "defaultTableExpirationMs=7200000"}},
		{"datasets.insert", nil, "", `{"datasetReference":{"datasetId":"e"}}`, 409, []string{"error.errors.0.reason=duplicate", "error.status=ALREADY_EXISTS"}},
		{"datasets.get", []string{"e"}, "alt=json&prettyPrint=false", "", 200, []string{"id=p-1:e", "friendlyName=E", "labels.a=1"}},
		{"datasets.get", []string{"none"}, "", "", 404, []string{"error.errors.0.reason=notFound", "error.status=NOT_FOUND"}},
		{"datasets.patch", []string{"e"}, "", `{"labels":{"b":"2"}}`, 200, []string{"labels.a=1", "labels.b=2"}},
		{"datasets.list", nil, "maxResults=1", "", 200, []string{"datasets.0.id=p-1:d", "datasets.0.datasetReference.datasetId=d", "datasets.0.location=US", "nextPageToken"}},
		{"tables.insert", []string{"e"}, "", `{"tableReference":{"projectId":"p-1","datasetId":"e","tableId":"t"},"schema":` + schema + `,"friendlyName":"T","labels":{"a":"1"},"timePartitioning":{"type":"MONTH","field":"ts"},"clustering":{"fields":["k"]}}`, 200,
			[]string{"id=p-1:e.t", "tableReference.tableId=t", "type=TABLE", "schema.fields.0.type=INTEGER", "schema.fields.0.mode=REQUIRED", "schema.fields.4.type=FLOAT", "creationTime", "lastModifiedTime", "expirationTime", "location=US", "etag"}},
		{"tables.insert", []string{"e"}, "", `{"tableReference":{"projectId":"p-1","datasetId":"e","tableId":"t"},"schema":` + schema + `}`, 409, []string{"error.errors.0.reason=duplicate"}},
		{"tables.insert", []string{"e"}, "", `{"tableReference":{"projectId":"p-1","datasetId":"e","tableId":"v"},"view":{"query":"SELECT k FROM e.t","useLegacySql":false}}`, 200, []string{"type=VIEW", "view.useLegacySql=false", "schema.fields.0.name=k"}},
		{"tables.insert", []string{"e"}, "", `{"tableReference":{"projectId":"p-1","datasetId":"e","tableId":"bad name"},"schema":` + schema + `}`, 400, []string{"error.errors.0.reason=invalid", "error.status=INVALID_ARGUMENT"}},
		{"jobs.insert", nil, "", query("insert", "INSERT INTO e.t (k, s, ts) VALUES (@k, 'x', TIMESTAMP '2024-01-02 03:04:05 UTC'), (2, NULL, NULL)"), 200,
			append([]string{"id=p-1:US.insert", "jobReference.jobId=insert", "configuration.jobType=QUERY", "configuration.query.maximumBytesBilled=1000", "configuration.labels.l=1",
				"configuration.query.queryParameters.1.parameterValue.arrayValues.0.value=1", "statistics.query.statementType=INSERT", "statistics.query.numDmlAffectedRows=2",
				"statistics.query.dmlStats.insertedRowCount=2", "statistics.totalBytesProcessed", "!statistics.query.schema"}, done...)},
		{"jobs.insert", nil, "", query("insert", "SELECT @k"), 409, []string{"error.errors.0.reason=duplicate", "error.message=Already Exists: Job p-1:US.insert"}},
		{"jobs.insert", nil, "", query("unreadable", "SELEC @k"), 400, []string{"error.errors.0.reason=invalidQuery"}},
		{"jobs.insert", nil, "", query("gone", "SELECT @k FROM e.gone"), 200, append([]string{"status.errorResult.reason=notFound"}, failed...)},
		{"jobs.insert", nil, "", query("merge", "MERGE e.t AS t USING (SELECT 9 AS k) AS s ON t.k = s.k WHEN NOT MATCHED THEN INSERT (k) VALUES (s.k)"), 200, append([]string{"statistics.query.statementType=MERGE"}, done...)},
		{"jobs.insert", nil, "", query("select", "SELECT k, s, ts, b, f, d FROM e.t WHERE @k = 1 ORDER BY k"), 200, append([]string{"statistics.query.statementType=SELECT", "statistics.query.referencedTables.0.tableId=t", "!statistics.query.schema"}, done...)},
		{"jobs.insert", nil, "", query("create", "CREATE TABLE e.made AS SELECT @k AS k"), 200,
			append([]string{"statistics.query.statementType=CREATE_TABLE_AS_SELECT", "statistics.query.ddlOperationPerformed=CREATE", "statistics.query.ddlTargetTable.tableId=made"}, done...)},
		{"jobs.insert", nil, "", query("export", "EXPORT DATA OPTIONS(uri='gs://out/*.parquet', format='PARQUET') AS SELECT k FROM e.t WHERE k = @k"), 200,
			append([]string{"statistics.query.statementType=EXPORT_DATA", "statistics.query.exportDataStatistics.fileCount=1", "statistics.query.exportDataStatistics.rowCount=1", "!statistics.query.dmlStats"}, done...)},
		{"jobs.getQueryResults", []string{"export"}, "", "", 200, []string{"jobComplete=true", "totalRows=0", "!rows", "!numDmlAffectedRows"}},
		{"jobs.insert", nil, "", query("drop", "DROP TABLE IF EXISTS e.none"), 200, append([]string{"statistics.query.ddlOperationPerformed=SKIP"}, done...)},
		{"jobs.insert", nil, "", query("truncate", "TRUNCATE TABLE e.made"), 200, done},
		{"jobs.insert", nil, "", `{"configuration":{"dryRun":true,"query":{"query":"SELECT k FROM e.t","useLegacySql":false}}}`, 200, []string{"configuration.dryRun=true", "statistics.query.schema.fields.0.name=k", "statistics.query.totalBytesProcessed", "status.state=DONE"}},
		{"jobs.insert", nil, "", load("load", `,"maxBadRecords":1,"writeDisposition":"WRITE_TRUNCATE","createDisposition":"CREATE_IF_NEEDED"`), 200,
			append([]string{"configuration.jobType=LOAD", "configuration.load.sourceUris.0=gs://lake/a", "configuration.load.maxBadRecords=1", "statistics.load.outputRows=2", "statistics.load.inputFiles=1",
				"statistics.load.badRecords=1", "status.errors.0.reason=invalid", "status.errors.0.location=gs://lake/a"}, done...)},
		{"jobs.insert", nil, "", load("bad", ""), 200, append([]string{"status.errorResult.reason=invalid", "status.errorResult.location=gs://lake/a"}, failed...)},
		{"jobs.get", []string{"load"}, "location=US&fields=status,statistics", "", 200, append([]string{"id=p-1:US.load"}, done...)},
		{"jobs.get", []string{"bad"}, "", "", 200, failed},
		{"jobs.get", []string{"none"}, "", "", 404, []string{"error.errors.0.reason=notFound"}},
		{"jobs.get", []string{"load"}, "location=EU", "", 404, []string{"error.errors.0.reason=notFound"}},
		{"jobs.cancel", []string{"load"}, "location=US", "", 200, []string{"kind=bigquery#jobCancelResponse", "job.status.state=DONE"}},
		{"jobs.list", nil, "maxResults=3&stateFilter=done&projection=full&allUsers=true&minCreationTime=1&maxCreationTime=4000000000000", "", 200,
			[]string{"jobs.2.kind=bigquery#job", "jobs.2.state=DONE", "jobs.2.status.state=DONE", "jobs.2.id", "jobs.2.jobReference.jobId", "jobs.2.statistics.endTime", "jobs.2.configuration", "nextPageToken"}},
		{"jobs.list", nil, "maxResults=100", "", 200, []string{"jobs.7.state=DONE", "!jobs.7.configuration", "!jobs.7.status"}},
		{"jobs.getQueryResults", []string{"select"}, "maxResults=1", "", 200, []string{"kind=bigquery#getQueryResultsResponse", "jobComplete=true", "jobReference.jobId=select", "totalRows=3", "cacheHit=false", "totalBytesProcessed",
			"schema.fields.2.type=TIMESTAMP", "schema.fields.2.mode=NULLABLE", "rows.0.f.0.v=1", "rows.0.f.2.v=1.704164645E9", "rows.0.f.3.v=<nil>", "pageToken", "!rows.1"}},
		{"jobs.getQueryResults", []string{"select"}, "startIndex=2&formatOptions.useInt64Timestamp=true&timeoutMs=0&location=US", "", 200, []string{"rows.0.f.0.v=9", "!rows.1", "!pageToken"}},
		{"jobs.getQueryResults", []string{"insert"}, "", "", 200, []string{"jobComplete=true", "numDmlAffectedRows=2", "totalRows=0"}},
		{"jobs.getQueryResults", []string{"gone"}, "", "", 404, []string{"error.errors.0.reason=notFound"}},
		{"jobs.getQueryResults", []string{"load"}, "", "", 400, []string{"error.errors.0.reason=invalid"}},
		{"jobs.query", nil, "", asked("SELECT k, ts FROM e.t ORDER BY k", `,"maxResults":1,"timeoutMs":10000,"formatOptions":{"useInt64Timestamp":true},"requestId":"r-1","location":"US","labels":{"a":"1"}`), 200,
			[]string{"kind=bigquery#queryResponse", "jobComplete=true", "jobReference.jobId", "totalRows=3", "rows.0.f.1.v=1704164645000000", "pageToken", "creationTime", "startTime", "endTime", "location=US", "statementType=SELECT"}},
		{"jobs.query", nil, "", asked("DELETE FROM e.t WHERE k = 9", ""), 200, []string{"numDmlAffectedRows=1", "dmlStats.deletedRowCount=1", "statementType=DELETE"}},
		{"jobs.query", nil, "", asked("SELECT nope FROM e.t", ""), 400, []string{"error.errors.0.reason=invalidQuery"}},
		{"jobs.query", nil, "", asked("SELECT k FROM e.t", `,"dryRun":true`), 200, []string{"jobComplete=true", "schema.fields.0.name=k"}},
		{"tabledata.list", []string{"e", "t"}, "maxResults=1", "", 200, []string{"kind=bigquery#tableDataList", "totalRows=2", "rows.0.f.0.v=1", "pageToken"}},
		{"tabledata.list", []string{"e", "t"}, "startIndex=1&formatOptions.useInt64Timestamp=true", "", 200, []string{"rows.0.f.0.v=2", "rows.0.f.1.v=<nil>", "!rows.1", "!pageToken"}},
		{"tabledata.list", []string{"e", "none"}, "", "", 404, []string{"error.errors.0.reason=notFound"}},
		{"tabledata.list", []string{"e", "v"}, "", "", 400, []string{"error.errors.0.reason=invalid"}},
		{"tabledata.list", []string{"e", "t"}, "selectedFields=k", "", 501, []string{"error.errors.0.reason=notImplemented", "error.status=UNIMPLEMENTED"}},
		{"tables.get", []string{"e", "t"}, "", "", 200, []string{"numRows=2", "timePartitioning.field=ts", "clustering.fields.0=k"}},
		{"tables.patch", []string{"e", "t"}, "", `{"description":"more"}`, 200, []string{"description=more", "friendlyName=T"}},
		{"tables.list", []string{"e"}, "maxResults=3", "", 200, []string{"totalItems=4", "tables.0.id=p-1:e.loaded", "tables.2.friendlyName=T", "tables.2.labels.a=1", "tables.2.timePartitioning.type=MONTH",
			"tables.2.clustering.fields.0=k", "tables.2.creationTime", "tables.2.expirationTime", "nextPageToken"}},
		{"tables.list", []string{"e"}, "", "", 200, []string{"tables.3.type=VIEW", "tables.3.view.useLegacySql=false"}},
		{"tables.delete", []string{"e", "t"}, "", "", 204, nil},
		{"tables.delete", []string{"e", "t"}, "", "", 404, []string{"error.errors.0.reason=notFound"}},
		{"datasets.delete", []string{"e"}, "", "", 400, []string{"error.errors.0.reason=resourceInUse"}},
		{"datasets.delete", []string{"e"}, "deleteContents=true", "", 204, nil},
	} {
		code, answer := w.call(c.id, c.names, c.query, c.body)
		if code != c.code {
			t.Errorf("%s %v %s %s: %d, want %d: %v", c.id, c.names, c.query, c.body, code, c.code, answer)
			continue
		}
		w.expect(fmt.Sprint(c.id, c.names, c.query), answer, c.want...)
	}
	w.uploads()
	for id, m := range w.methods {
		if !w.called[id] {
			if code, _ := w.send(m, m.HTTPMethod, w.url+m.path(project), nil, "{}"); code != http.StatusNotImplemented {
				t.Errorf("%s: %d, want 501: the server has what this test does not call", id, code)
			}
		}
	}
}

// uploads sends a load job's data along, in the two ways the client has.
func (w *wire) uploads() {
	w.t.Helper()
	m := w.methods["jobs.insert"]
	address := w.url + placeholder.ReplaceAllString(m.MediaUpload.Protocols.Simple.Path, project)
	const job = `{"configuration":{"load":{"sourceFormat":"NEWLINE_DELIMITED_JSON","destinationTable":{"projectId":"p-1","datasetId":"d","tableId":"up"},"schema":{"fields":[{"name":"k","type":"INT64"}]}}}}`
	want := []string{"status.state=DONE", "!status.errorResult", "statistics.load.outputRows=1", "kind=bigquery#job"}
	parts := "--x\r\nContent-Type: application/json\r\n\r\n" + job + "\r\n--x\r\nContent-Type: application/octet-stream\r\n\r\n{\"k\":1}\r\n--x--\r\n"
	_, answer := w.send(m, "POST", address+"?uploadType=multipart&alt=json&prettyPrint=false", headers{"Content-Type": `multipart/related; boundary="x"`}, parts)
	w.expect("an upload in one", answer, want...)
	code, session := w.send(m, "POST", address+"?uploadType=resumable", headers{uploadStart: "application/octet-stream"}, job)
	if code != http.StatusOK {
		w.t.Fatalf("starting an upload: %d %v", code, session)
	}
	for _, part := range []string{"bytes 0-6/7", "bytes */7"} { // and asked for once more
		_, answer := w.send(m, "PUT", fmt.Sprint(session), headers{"Content-Range": part}, `{"k":1}`)
		w.expect("an upload in parts", answer, want...)
	}
}
