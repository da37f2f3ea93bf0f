package bigqueryserver

import "strings"

// functionsDDL defines BigQuery's functions where DuckDB has none, or has one
// of that name with another meaning. Only "/" takes the place of a built-in:
// BigQuery fails on a division by zero, DuckDB answers Infinity.
const functionsDDL = `
CREATE OR REPLACE MACRO main."/"(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE system.main."/"(a, b) END;
CREATE OR REPLACE MACRO main.bq_safe_divide(a, b) AS CASE WHEN b = 0 THEN NULL ELSE system.main."/"(a, b) END;
CREATE OR REPLACE MACRO main.bq_div(a, b) AS CASE WHEN b = 0 THEN error('division by zero') ELSE (a - a % b) // b END;
CREATE OR REPLACE MACRO main.bq_mod(a, b) AS CASE WHEN b = 0 THEN error('division by zero: MOD') ELSE a % b END;
CREATE OR REPLACE MACRO main.bq_round(x) AS round(CAST(x AS DOUBLE)), (x, n) AS round(CAST(x AS DOUBLE), CAST(n AS INTEGER));
CREATE OR REPLACE MACRO main.bq_floor(x) AS floor(CAST(x AS DOUBLE));
CREATE OR REPLACE MACRO main.bq_ceil(x) AS ceil(CAST(x AS DOUBLE));
CREATE OR REPLACE MACRO main.bq_trunc(x) AS trunc(CAST(x AS DOUBLE));
CREATE OR REPLACE MACRO main.bq_sign(x BIGINT) AS CAST(sign(x) AS BIGINT), (x DOUBLE) AS CAST(sign(x) AS DOUBLE);
CREATE OR REPLACE MACRO main.bq_greatest(a) AS a,
 (a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE greatest(a, b) END,
 (a, b, c) AS CASE WHEN a IS NULL OR b IS NULL OR c IS NULL THEN NULL ELSE greatest(a, b, c) END,
 (a, b, c, d) AS CASE WHEN a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL THEN NULL ELSE greatest(a, b, c, d) END;
CREATE OR REPLACE MACRO main.bq_least(a) AS a,
 (a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE least(a, b) END,
 (a, b, c) AS CASE WHEN a IS NULL OR b IS NULL OR c IS NULL THEN NULL ELSE least(a, b, c) END,
 (a, b, c, d) AS CASE WHEN a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL THEN NULL ELSE least(a, b, c, d) END;
CREATE OR REPLACE MACRO main.bq_concat(a) AS a, (a, b) AS a || b, (a, b, c) AS a || b || c, (a, b, c, d) AS a || b || c || d,
 (a, b, c, d, e) AS a || b || c || d || e, (a, b, c, d, e, f) AS a || b || c || d || e || f,
 (a, b, c, d, e, f, g) AS a || b || c || d || e || f || g, (a, b, c, d, e, f, g, h) AS a || b || c || d || e || f || g || h;
CREATE OR REPLACE MACRO main.bq_substr(s, p) AS substring(s, CASE WHEN p = 0 OR p < -length(s) THEN 1 ELSE p END),
 (s, p, n) AS CASE WHEN n < 0 THEN error('Third argument in SUBSTR() cannot be negative') ELSE substring(s, CASE WHEN p = 0 OR p < -length(s) THEN 1 ELSE p END, n) END;
CREATE OR REPLACE MACRO main.bq_lpad(s, n) AS lpad(s, CAST(n AS INTEGER), ' '), (s, n, p) AS lpad(s, CAST(n AS INTEGER), p);
CREATE OR REPLACE MACRO main.bq_rpad(s, n) AS rpad(s, CAST(n AS INTEGER), ' '), (s, n, p) AS rpad(s, CAST(n AS INTEGER), p);
CREATE OR REPLACE MACRO main.bq_regexp_contains(s, r) AS regexp_matches(s, r);
CREATE OR REPLACE MACRO main.bq_regexp_replace(s, r, t) AS regexp_replace(s, r, t, 'g');
CREATE OR REPLACE MACRO main.bq_generate_uuid() AS CAST(uuid() AS VARCHAR);
CREATE OR REPLACE MACRO main.bq_unix_micros(t TIMESTAMPTZ) AS epoch_us(t);
CREATE OR REPLACE MACRO main.bq_unix_millis(t TIMESTAMPTZ) AS (epoch_us(t) - ((epoch_us(t) % 1000 + 1000) % 1000)) // 1000;
CREATE OR REPLACE MACRO main.bq_unix_seconds(t TIMESTAMPTZ) AS (epoch_us(t) - ((epoch_us(t) % 1000000 + 1000000) % 1000000)) // 1000000;
CREATE OR REPLACE MACRO main.bq_timestamp_micros(n BIGINT) AS CAST(make_timestamp(n) AS TIMESTAMPTZ);
CREATE OR REPLACE MACRO main.bq_timestamp_millis(n BIGINT) AS CAST(make_timestamp(n * 1000) AS TIMESTAMPTZ);
CREATE OR REPLACE MACRO main.bq_timestamp_seconds(n BIGINT) AS CAST(make_timestamp(n * 1000000) AS TIMESTAMPTZ);
CREATE OR REPLACE MACRO main.bq_timestamp_add(t TIMESTAMPTZ, i) AS t + i;
CREATE OR REPLACE MACRO main.bq_timestamp_sub(t TIMESTAMPTZ, i) AS t - i;
CREATE OR REPLACE MACRO main.bq_date_add(d DATE, i) AS CAST(d + i AS DATE);
CREATE OR REPLACE MACRO main.bq_date_sub(d DATE, i) AS CAST(d - i AS DATE);
CREATE OR REPLACE MACRO main.bq_check_format(f) AS CASE WHEN regexp_full_match(f, '([^%]|%[YmdHMSjyaAbB%])*') THEN ''
 ELSE error('The embedded BigQuery does not support this format: ' || f) END;
CREATE OR REPLACE MACRO main.bq_format_timestamp(f, t) AS bq_check_format(f) || strftime(CAST(t AS TIMESTAMPTZ), f),
 (f, t, tz) AS bq_check_format(f) || strftime(CAST(t AS TIMESTAMPTZ) AT TIME ZONE tz, f);
CREATE OR REPLACE MACRO main.bq_date(t TIMESTAMPTZ) AS CAST(t AT TIME ZONE 'UTC' AS DATE),
 (t TIMESTAMPTZ, tz VARCHAR) AS CAST(t AT TIME ZONE tz AS DATE),
 (y BIGINT, m BIGINT, d BIGINT) AS make_date(y, m, d);
CREATE OR REPLACE MACRO main.bq_int64(x BIGINT) AS x, (x HUGEINT) AS x, (x BOOLEAN) AS CAST(x AS BIGINT), (x DOUBLE) AS round(x),
 (x VARCHAR) AS CASE WHEN regexp_full_match(x, '\s*[+-]?[0-9]+\s*') THEN x ELSE error('Bad int64 value: ' || x) END;
CREATE OR REPLACE MACRO main.bq_safe_int64(x BIGINT) AS x, (x HUGEINT) AS x, (x BOOLEAN) AS CAST(x AS BIGINT), (x DOUBLE) AS round(x),
 (x VARCHAR) AS CASE WHEN regexp_full_match(x, '\s*[+-]?[0-9]+\s*') THEN x END;
CREATE OR REPLACE MACRO main.bq_safe_bool(x BOOLEAN) AS x, (x BIGINT) AS x <> 0,
 (x VARCHAR) AS CASE lower(x) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END;
CREATE OR REPLACE MACRO main.bq_bool(x BOOLEAN) AS x, (x BIGINT) AS x <> 0,
 (x VARCHAR) AS CASE lower(x) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE ELSE error('Bad bool value: ' || x) END;
CREATE OR REPLACE MACRO main.bq_string(x VARCHAR) AS x, (x BIGINT) AS CAST(x AS VARCHAR), (x HUGEINT) AS CAST(x AS VARCHAR),
 (x BOOLEAN) AS CAST(x AS VARCHAR), (x DATE) AS CAST(x AS VARCHAR),
 (x DOUBLE) AS regexp_replace(CAST(x AS VARCHAR), '\.0$', ''),
 (x TIMESTAMPTZ) AS strftime(x, '%Y-%m-%d %H:%M:%S') || CASE WHEN epoch_us(x) % 1000000 = 0 THEN ''
  WHEN epoch_us(x) % 1000 = 0 THEN strftime(x, '.%g') ELSE strftime(x, '.%f') END || '+00';
CREATE OR REPLACE MACRO main.bq_to_json_string(x BOOLEAN) AS CAST(x AS VARCHAR),
 (x BIGINT) AS CASE WHEN x BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST(x AS VARCHAR) ELSE '"' || CAST(x AS VARCHAR) || '"' END,
 (x DOUBLE) AS regexp_replace(CAST(x AS VARCHAR), '\.0$', ''), (x DATE) AS '"' || CAST(x AS VARCHAR) || '"',
 (x VARCHAR) AS CAST(to_json(x) AS VARCHAR);
`

// engineFunctions are the functions a statement may call, with DuckDB's name
// for each. A function that is not here is refused: DuckDB has many BigQuery
// has not, some read files, and some of the same name mean something else.
var engineFunctions = func() map[string]string {
	names := map[string]string{
		// Silently different in DuckDB: its any_value and max_by skip NULLs, BigQuery's may answer one.
		"ANY_VALUE": "first", "MAX_BY": "arg_max_null", "MIN_BY": "arg_min_null",
		"LOGICAL_AND": "bool_and", "LOGICAL_OR": "bool_or",
		"SAFE_DIVIDE": "bq_safe_divide", "DIV": "bq_div", "MOD": "bq_mod", "ROUND": "bq_round", "FLOOR": "bq_floor",
		"CEIL": "bq_ceil", "CEILING": "bq_ceil", "TRUNC": "bq_trunc", "SIGN": "bq_sign",
		"GREATEST": "bq_greatest", "LEAST": "bq_least", "CONCAT": "bq_concat",
		"SUBSTR": "bq_substr", "SUBSTRING": "bq_substr", "LPAD": "bq_lpad", "RPAD": "bq_rpad",
		"REGEXP_CONTAINS": "bq_regexp_contains", "REGEXP_REPLACE": "bq_regexp_replace", "GENERATE_UUID": "bq_generate_uuid",
		"UNIX_MICROS": "bq_unix_micros", "UNIX_MILLIS": "bq_unix_millis", "UNIX_SECONDS": "bq_unix_seconds",
		"TIMESTAMP_MICROS": "bq_timestamp_micros", "TIMESTAMP_MILLIS": "bq_timestamp_millis", "TIMESTAMP_SECONDS": "bq_timestamp_seconds",
		"TIMESTAMP_ADD": "bq_timestamp_add", "TIMESTAMP_SUB": "bq_timestamp_sub",
		"FORMAT_TIMESTAMP": "bq_format_timestamp",
		"DATE_ADD":         "bq_date_add", "DATE_SUB": "bq_date_sub", "DATE": "bq_date", "TO_JSON_STRING": "bq_to_json_string",
		"CURRENT_TIMESTAMP": "now", "CURRENT_DATE": "current_date", "CHAR_LENGTH": "length", "CHARACTER_LENGTH": "length",
	}
	for name := range strings.FieldsSeq(`
		COUNT SUM AVG MIN MAX STRING_AGG COUNTIF APPROX_COUNT_DISTINCT GROUPING
		STDDEV STDDEV_SAMP STDDEV_POP VARIANCE VAR_SAMP VAR_POP CORR COVAR_SAMP COVAR_POP
		ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE LAG LEAD FIRST_VALUE LAST_VALUE NTH_VALUE
		COALESCE NULLIF IFNULL IF ERROR
		ABS SQRT POW POWER EXP LN LOG10
		LENGTH LOWER UPPER TRIM LTRIM RTRIM REPLACE REVERSE REPEAT LEFT RIGHT STRPOS STARTS_WITH ENDS_WITH`) {
		names[name] = strings.ToLower(name)
	}
	return names
}()
