package bigqueryserver

// macros define the functions of the product's SQL that DuckDB lacks, or that differ there. DuckDB prefers a
// macro to its own function of the same name.
const macros = `
CREATE OR REPLACE MACRO main.unix_micros(t) AS epoch_us(t);
CREATE OR REPLACE MACRO main.unix_millis(t) AS (epoch_us(t) - (epoch_us(t) % 1000 + 1000) % 1000) // 1000; -- rounds down, also before 1970
CREATE OR REPLACE MACRO main.div(a, b) AS a // b;
-- NULL if any part is NULL; DuckDB's own CONCAT leaves NULLs out.
CREATE OR REPLACE MACRO main.concat(a, b) AS a || b, (a, b, c) AS a || b || c, (a, b, c, d) AS a || b || c || d,
  (a, b, c, d, e) AS a || b || c || d || e;
`
