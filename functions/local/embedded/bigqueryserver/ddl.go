package bigqueryserver

import "context"

// runDDL makes or drops a table or view, and says what it did.
func (tx *transaction) runDDL(ctx context.Context, q *preparedQuery) (string, error) {
	s := tx.s
	if err := s.checkTables(q.statement); err != nil {
		return "", err
	}
	if q.kind == kindDropTable || q.kind == kindDropView {
		return tx.runDrop(ctx, q)
	}
	performed := "CREATE"
	err := s.free(q.target)
	switch known := err != nil && asFault(err).Reason == "duplicate"; {
	case known && q.ifExists:
		return "SKIP", nil
	case known && q.orReplace:
		t, err := s.table(q.target)
		if err != nil {
			return "", err
		}
		if t.view() != (q.kind == kindCreateView) {
			return "", invalidQuery("%s is a %s and cannot be replaced by %s", q.target, t.resource.Type, q.kind)
		}
		performed = "REPLACE"
	case err != nil:
		return "", err
	}
	if q.kind == kindCreateView {
		if len(q.params) > 0 {
			return "", invalidQuery("Query parameters cannot be used in a view: @%s", q.params[0])
		}
		no := false
		resource, err := s.newResource(q.target, tableResource{View: &viewDefinition{q.query, &no}})
		if err != nil {
			return "", err
		}
		_, err = tx.putView(ctx, q.target, resource)
		return performed, err
	}
	return performed, tx.createAs(ctx, q)
}

func (tx *transaction) runDrop(ctx context.Context, q *preparedQuery) (string, error) {
	t, err := tx.s.table(q.target)
	if err != nil {
		if q.ifExists && asFault(err).Reason == "notFound" {
			return "SKIP", nil
		}
		return "", err
	}
	if t.view() != (q.kind == kindDropView) {
		return "", invalidQuery("%s is a %s; %s cannot drop it", q.target, t.resource.Type, q.kind)
	}
	return "DROP", tx.dropTable(ctx, t)
}

// createAs runs CREATE TABLE AS.
func (tx *transaction) createAs(ctx context.Context, q *preparedQuery) error {
	query := render(q.body)
	columns, err := describe(ctx, tx.conn, query)
	if err != nil {
		return err
	}
	schema, err := storedSchema("CREATE TABLE", columns)
	if err != nil {
		return err
	}
	resource, err := tx.s.newResource(q.target, tableResource{Schema: schema})
	if err != nil {
		return err
	}
	create := "CREATE OR REPLACE TABLE " + q.target.sql() + " AS " + typedQuery(query, schema)
	if _, err := tx.exec(ctx, create, q.args...); err != nil {
		return err
	}
	return tx.putTable(ctx, &table{id: q.target, resource: resource})
}
