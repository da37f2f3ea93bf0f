// Package googlesql analyses the statements of the pipeline with GoogleSQL, the analyser of BigQuery. It is a module
// of its own, because compiling GoogleSQL takes minutes and gigabytes: `make test-googlesql`.
package googlesql

import (
	"fmt"
	"strings"

	"github.com/goccy/go-googlesql"
)

// Column is a column or a parameter. Its type has the name of BigQuery's API or of its SQL.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Projects are ids of projects, each with the same tables. A statement may omit the project. GoogleSQL takes my-project
// without quotes. It takes the others in quotes only, because a part of each is a number with letters or a keyword.
var Projects = []string{"my-project", "music-4f3a", "my-new-project", "hash-music", "spotify-2nd-try"}

// Analyser analyses statements against the schemas of tables.
type Analyser struct {
	language   *googlesql.LanguageOptions
	types      *googlesql.TypeFactory
	root       *googlesql.SimpleCatalog
	projects   []*googlesql.SimpleCatalog
	datasets   map[string]*googlesql.SimpleCatalog // in the root and in each project
	references []any                               // objects that C++ points to, and Go must not collect
}

// New returns an analyser with BigQuery's language and functions, without tables.
func New() (*Analyser, error) {
	if err := googlesql.Init(); err != nil {
		return nil, err
	}
	a := &Analyser{datasets: map[string]*googlesql.SimpleCatalog{}}
	var err error
	if a.language, err = bigQuery(); err != nil {
		return nil, err
	}
	if a.types, err = googlesql.NewTypeFactory(); err != nil {
		return nil, err
	}
	if a.root, err = googlesql.NewSimpleCatalog("root", a.types); err != nil {
		return nil, err
	}
	for _, id := range Projects {
		project, err := a.root.MakeOwnedSimpleCatalog(id)
		if err != nil {
			return nil, err
		}
		a.projects = append(a.projects, project)
	}
	if err := a.root.AddBuiltinFunctionsAndTypes(&googlesql.BuiltinFunctionOptions{LanguageOptions: a.language}); err != nil {
		return nil, err
	}
	return a, nil
}

// AddTable adds a table or view, named "dataset.table".
func (a *Analyser) AddTable(name string, columns []Column) error {
	dataset, short, _ := strings.Cut(name, ".")
	if a.datasets[dataset] == nil {
		catalog, err := a.root.MakeOwnedSimpleCatalog(dataset)
		if err != nil {
			return err
		}
		for _, project := range a.projects {
			if err := project.AddCatalog2(dataset, catalog); err != nil {
				return err
			}
		}
		a.datasets[dataset] = catalog
	}
	table, err := googlesql.NewSimpleTable(short, 0)
	if err != nil {
		return err
	}
	for _, c := range columns {
		kind, err := a.typeOf(c.Type)
		if err != nil {
			return fmt.Errorf("column %s of %s: %w", c.Name, name, err)
		}
		column, err := googlesql.NewSimpleColumn(short, c.Name, kind, false, true)
		if err != nil {
			return err
		}
		if err := table.AddColumn2(column, false); err != nil {
			return fmt.Errorf("column %s of %s: %w", c.Name, name, err)
		}
		a.references = append(a.references, column)
	}
	a.references = append(a.references, table)
	return a.datasets[dataset].AddTable(table)
}

// Analyse returns the columns of a query's result, and none for DML. The error is the one that BigQuery would return.
func (a *Analyser) Analyse(text string, parameters []Column) (columns []Column, err error) {
	options, err := a.options()
	if err != nil {
		return nil, err
	}
	for _, p := range parameters {
		kind, err := a.typeOf(p.Type)
		if err == nil {
			err = options.AddQueryParameter(p.Name, kind)
		}
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", p.Name, err)
		}
	}
	out, err := googlesql.AnalyzeStatement(text, options, a.root, a.types)
	if err != nil {
		return nil, err
	}
	statement, err := out.ResolvedStatement()
	if err != nil {
		return nil, err
	}
	query, ok := statement.(*googlesql.ResolvedQueryStmt)
	if !ok {
		return nil, nil
	}
	list, err := query.OutputColumnList()
	if err != nil {
		return nil, err
	}
	for _, output := range list {
		c, err := columnOf(output)
		if err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, nil
}

func columnOf(output *googlesql.ResolvedOutputColumn) (c Column, err error) {
	if c.Name, err = output.Name(); err != nil {
		return c, err
	}
	column, err := output.Column()
	if err != nil {
		return c, err
	}
	kind, err := column.Type()
	if err != nil {
		return c, err
	}
	named, ok := kind.(interface {
		TypeName(googlesql.ProductMode) (string, error)
	})
	if !ok {
		return c, fmt.Errorf("column %s is of a %T, which has no name", c.Name, kind)
	}
	c.Type, err = named.TypeName(googlesql.ProductModeProductExternal)
	return c, err
}

// options are what a statement is analysed with.
func (a *Analyser) options() (*googlesql.AnalyzerOptions, error) {
	options, err := googlesql.NewAnalyzerOptions(a.language)
	if err != nil {
		return nil, err
	}
	return options, options.SetErrorMessageMode(googlesql.ErrorMessageModeErrorMessageOneLine)
}

// typeOf is the type of a name, such as "INT64" or "ARRAY<STRING>".
func (a *Analyser) typeOf(name string) (googlesql.Googlesql_TypeNode, error) {
	options, err := a.options()
	if err != nil {
		return nil, err
	}
	return googlesql.AnalyzeType(sqlName(name), options, a.root, a.types)
}

// sqlName is what SQL calls a type: the API has three names of its own.
func sqlName(name string) string {
	switch name {
	case "INTEGER":
		return "INT64"
	case "FLOAT":
		return "FLOAT64"
	case "BOOLEAN":
		return "BOOL"
	}
	return name
}
