package googlesql

import (
	"errors"
	"fmt"

	"github.com/goccy/go-googlesql"
)

// features are the optional features of GoogleSQL that BigQuery has. The analyser rejects statements that need others. The
// list is BigQueryLanguageOptions of github.com/GoogleCloudPlatform/zetasql-toolkit, without features of DDL, scripts and
// models, and without nanoseconds: BigQuery's timestamps have microseconds.
var features = []googlesql.LanguageFeature{
	// types, which decide between a function's signatures
	googlesql.LanguageFeatureFeatureNumericType,
	googlesql.LanguageFeatureFeatureBignumericType,
	googlesql.LanguageFeatureFeatureJsonType,
	googlesql.LanguageFeatureFeatureIntervalType,
	googlesql.LanguageFeatureFeatureGeography,
	googlesql.LanguageFeatureFeatureCivilTime,
	googlesql.LanguageFeatureFeatureParameterizedTypes,
	googlesql.LanguageFeatureFeatureDecimalAlias,
	// queries
	googlesql.LanguageFeatureFeatureAnalyticFunctions,
	googlesql.LanguageFeatureFeatureQualify,
	googlesql.LanguageFeatureFeatureGroupByRollup,
	googlesql.LanguageFeatureFeatureGroupingSets,
	googlesql.LanguageFeatureFeatureGroupingBuiltin,
	googlesql.LanguageFeatureFeatureGroupByAll,
	googlesql.LanguageFeatureFeatureWithOnSubquery,
	googlesql.LanguageFeatureFeatureWithRecursive,
	googlesql.LanguageFeatureFeatureSelectStarExceptReplace,
	googlesql.LanguageFeatureFeatureOrderByInAggregate,
	googlesql.LanguageFeatureFeatureLimitInAggregate,
	googlesql.LanguageFeatureFeatureHavingInAggregate,
	googlesql.LanguageFeatureFeatureNullHandlingModifierInAggregate,
	googlesql.LanguageFeatureFeatureNullHandlingModifierInAnalytic,
	googlesql.LanguageFeatureFeatureNullsFirstLastInOrderBy,
	googlesql.LanguageFeatureFeatureIsDistinct,
	googlesql.LanguageFeatureFeatureLikeAnySomeAll,
	googlesql.LanguageFeatureFeaturePivot,
	googlesql.LanguageFeatureFeatureUnpivot,
	googlesql.LanguageFeatureFeatureTablesample,
	googlesql.LanguageFeatureFeatureUnnestAndFlattenArrays,
	googlesql.LanguageFeatureFeatureAllowDashesInTableName,
	googlesql.LanguageFeatureFeatureTableValuedFunctions,
	// functions
	googlesql.LanguageFeatureFeatureNamedArguments,
	googlesql.LanguageFeatureFeatureSafeFunctionCall,
	googlesql.LanguageFeatureFeatureFormatInCast,
	googlesql.LanguageFeatureFeatureConcatMixedTypes,
	googlesql.LanguageFeatureFeatureAdditionalStringFunctions,
	googlesql.LanguageFeatureFeatureAllowRegexpExtractOptionals,
	googlesql.LanguageFeatureFeatureDateArithmetics,
	googlesql.LanguageFeatureFeatureDateTimeConstructors,
	googlesql.LanguageFeatureFeatureExtendedDateTimeSignatures,
	googlesql.LanguageFeatureFeatureTimeBucketFunctions,
	googlesql.LanguageFeatureFeatureWeekWithWeekday,
	googlesql.LanguageFeatureFeatureRoundWithRoundingMode,
	googlesql.LanguageFeatureFeatureInverseTrigFunctions,
	googlesql.LanguageFeatureFeatureCbrtFunctions,
	googlesql.LanguageFeatureFeatureJsonArrayFunctions,
	googlesql.LanguageFeatureFeatureJsonValueExtractionFunctions,
	googlesql.LanguageFeatureFeatureArrayAggregationFunctions,
	// DML
	googlesql.LanguageFeatureFeatureDmlUpdateWithJoin,
	googlesql.LanguageFeatureFeatureOmitInsertColumnList,
}

// kinds are the kinds of statements that the pipeline may send: queries, exports and DML. It creates tables and views
// through the API.
var kinds = []googlesql.ResolvedNodeKind{
	googlesql.ResolvedNodeKindResolvedQueryStmt,
	googlesql.ResolvedNodeKindResolvedExportDataStmt,
	googlesql.ResolvedNodeKindResolvedInsertStmt,
	googlesql.ResolvedNodeKindResolvedUpdateStmt,
	googlesql.ResolvedNodeKindResolvedDeleteStmt,
	googlesql.ResolvedNodeKindResolvedMergeStmt,
}

// bigQuery is BigQuery's dialect.
func bigQuery() (*googlesql.LanguageOptions, error) {
	language, err := googlesql.NewLanguageOptions()
	if err != nil {
		return nil, err
	}
	for _, f := range features {
		if err := language.EnableLanguageFeature(f); err != nil {
			return nil, fmt.Errorf("language feature %v: %w", f, err)
		}
	}
	return language, errors.Join(
		language.SetProductMode(googlesql.ProductModeProductExternal), // as outside of Google: 64 bits, no protos
		language.EnableReservableKeyword("QUALIFY", true),
		language.SetSupportedStatementKinds(kinds),
	)
}

// addFunctions adds functions that the statements use and that BigQuery has, but GoogleSQL has not: MAX_BY(x, y) and
// MIN_BY(x, y) return x of the row with the largest or smallest y.
// https://cloud.google.com/bigquery/docs/reference/standard-sql/aggregate_functions
func (a *Analyser) addFunctions() error {
	for _, name := range []string{"max_by", "min_by"} {
		x, err := googlesql.NewFunctionArgumentType4(googlesql.SignatureArgumentKindArgTypeAny1, -1)
		if err != nil {
			return err
		}
		orderable, err := googlesql.NewFunctionArgumentTypeOptions()
		if err == nil {
			orderable, err = orderable.SetMustSupportOrdering(true)
		}
		if err != nil {
			return err
		}
		y, err := googlesql.NewFunctionArgumentType5(googlesql.SignatureArgumentKindArgTypeAny2, orderable, -1)
		if err != nil {
			return err
		}
		signature, err := googlesql.NewFunctionSignature3(x, []*googlesql.FunctionArgumentType{x, y}, 0)
		if err != nil {
			return err
		}
		function, err := googlesql.NewFunction4(name, "BigQuery", googlesql.FunctionEnums_ModeAggregate, []*googlesql.FunctionSignature{signature})
		if err != nil {
			return err
		}
		if err := a.root.AddFunction(function); err != nil {
			return err
		}
		a.kept = append(a.kept, x, orderable, y, signature, function)
	}
	return nil
}
