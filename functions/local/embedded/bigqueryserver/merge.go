package bigqueryserver

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
)

// The two forms of MERGE that the product sends. Every WHEN begins a line.
var (
	// replacing deletes rows of the target and inserts the rows of the source.
	replacing = regexp.MustCompile(`(?s)^MERGE INTO (\S+) AS (\w+)\s+USING \((.*)\) AS (\w+)\s+ON FALSE` +
		`\s+WHEN NOT MATCHED BY SOURCE(?: AND (.*?))? THEN DELETE\s+WHEN NOT MATCHED THEN INSERT \((.*?)\)\s+VALUES \((.*)\)$`)
	// matching updates the rows of the target that match a row of the source.
	matching = regexp.MustCompile(`(?s)^MERGE INTO (\S+) AS (\w+)\s+USING \((.*)\) AS (\w+)\s+ON (.*?)` +
		`\s+WHEN MATCHED(?: AND (.*?))? THEN UPDATE SET\s`)
)

// merge runs a MERGE and counts the rows that it changed.
func merge(ctx context.Context, conn *sql.Conn, st statement) (dmlStatistics, error) {
	if m := replacing.FindStringSubmatch(st.sql); m != nil {
		return replace(ctx, conn, st.parameters, m)
	}
	m := matching.FindStringSubmatch(st.sql)
	if m == nil {
		return dmlStatistics{}, notSupported("this form of MERGE; it has MERGE INTO t AS a USING (query) AS b, with ON FALSE and both " +
			"WHEN NOT MATCHED BY SOURCE ... THEN DELETE and WHEN NOT MATCHED THEN INSERT, or with WHEN MATCHED ... THEN UPDATE SET first")
	}
	target, alias, source, sourceAlias, on, when := m[1], m[2], m[3], m[4], m[5], cmp.Or(m[6], "TRUE")
	// DuckDB would update a row by one of several source rows, by chance.
	several := fmt.Sprintf("SELECT 1 FROM %s AS %s JOIN (%s) AS %s ON %s GROUP BY %[2]s.rowid HAVING COUNT(*) > 1 AND COUNT_IF(%[6]s) > 0 LIMIT 1",
		target, alias, source, sourceAlias, on, when)
	var one int
	switch err := conn.QueryRowContext(ctx, several, st.in(several)...).Scan(&one); {
	case err == nil:
		return dmlStatistics{}, invalidQuery("UPDATE/MERGE must match at most one source row for each target row")
	case !errors.Is(err, sql.ErrNoRows):
		return dmlStatistics{}, err
	}
	return countActions(ctx, conn, st)
}

// replace runs a MERGE whose ON is FALSE as a DELETE and an INSERT: DuckDB compares each row of the source with
// each of the target otherwise, which takes a minute for a million rows. The source is read before any change,
// as in one statement. parts are the groups of [replacing].
func replace(ctx context.Context, conn *sql.Conn, p parameters, parts []string) (counts dmlStatistics, err error) {
	target, alias, source, sourceAlias, condition, columns, values := parts[1], parts[2], parts[3], parts[4], cmp.Or(parts[5], "TRUE"), parts[6], parts[7]
	run := func(statement string) (n int64) {
		if err == nil {
			n, err = execute(ctx, conn, statement, p.in(statement)...)
		}
		return n
	}
	run("CREATE TEMP TABLE merge_source AS " + source)
	counts.Deleted = run(fmt.Sprintf("DELETE FROM %s AS %s WHERE %s", target, alias, condition))
	counts.Inserted = run(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM temp.merge_source AS %s", target, columns, values, sourceAlias))
	run("DROP TABLE temp.merge_source")
	return counts, err
}

// countActions runs a MERGE on DuckDB, which returns what it did to each row.
func countActions(ctx context.Context, conn *sql.Conn, st statement) (counts dmlStatistics, err error) {
	rows, err := conn.QueryContext(ctx, st.sql+" RETURNING merge_action", st.in(st.sql)...)
	if err != nil {
		return counts, err
	}
	defer rows.Close()
	for rows.Next() {
		var action string
		if err := rows.Scan(&action); err != nil {
			return counts, err
		}
		switch action {
		case "INSERT":
			counts.Inserted++
		case "UPDATE":
			counts.Updated++
		case "DELETE":
			counts.Deleted++
		}
	}
	return counts, rows.Err()
}
