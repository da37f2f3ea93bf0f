package bigqueryserver

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// listPage is the most rows a page of tabledata.list has when the request names no number.
const listPage = 10_000

// listRows is tabledata.list: a table's rows in the order they were stored.
func (s *Server) listRows(r *http.Request) (any, error) {
	t, err := s.table(pathTable(r))
	if err != nil {
		return nil, err
	}
	if t.view() {
		return nil, invalid("Cannot list a table of type VIEW.")
	}
	p, err := readPageRequest(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var total int64
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.id.sql()).Scan(&total); err != nil {
		return nil, engineFault(ctx, err)
	}
	if err := p.check(total); err != nil {
		return nil, err
	}
	most := min(p.most, listPage)
	query := fmt.Sprintf("SELECT * FROM %s LIMIT %d OFFSET %d", t.id.sql(), most, p.start)
	rows, err := readResult(ctx, conn, query, nil, pageBytes)
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	answer := rowPage{Kind: "bigquery#tableDataList", TotalRows: &total}
	if next := p.start + int64(len(rows.ends)); next < total && most > 0 {
		answer.PageToken = strconv.FormatInt(next, 10)
	}
	return writeRows(answer, rows, 0, len(rows.ends), p.int64Timestamps)
}
