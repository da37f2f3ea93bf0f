package googlesql

import (
	"errors"
	"fmt"

	"github.com/goccy/go-googlesql"
)

// features are the optional features of GoogleSQL that BigQuery has; others are errors. They are from Google's list
// (BigQueryLanguageOptions of github.com/GoogleCloudPlatform/zetasql-toolkit) without the features of DDL, scripts and
// models, and without nanoseconds.
var features = []googlesql.LanguageFeature{
	// types, which select the signature of a function
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

// kinds are the statements that the pipeline may send. It creates tables and views through the API.
var kinds = []googlesql.ResolvedNodeKind{
	googlesql.ResolvedNodeKindResolvedQueryStmt,
	googlesql.ResolvedNodeKindResolvedExportDataStmt,
	googlesql.ResolvedNodeKindResolvedInsertStmt,
	googlesql.ResolvedNodeKindResolvedUpdateStmt,
	googlesql.ResolvedNodeKindResolvedDeleteStmt,
	googlesql.ResolvedNodeKindResolvedMergeStmt,
}

// bigQuery returns BigQuery's dialect.
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
		language.SetProductMode(googlesql.ProductModeProductExternal), // without Google's internal types
		language.EnableReservableKeyword("QUALIFY", true),
		language.SetSupportedStatementKinds(kinds),
	)
}
