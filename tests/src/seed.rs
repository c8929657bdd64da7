//! The schema that AWGP was made from, as a database of an application has it.

#![allow(clippy::missing_panics_doc)] // A panic is how a test fails.

use tokio_postgres::Client;

const DOCUMENT: &str = include_str!("../../docs/seed/awgp-database-schema.md");

/// Every statement of the document: tables, indexes and policies.
pub fn statements() -> String {
    let blocks = DOCUMENT.split("```sql\n").skip(1);
    blocks.filter_map(|block| block.split("```").next()).collect()
}

/// Makes the schema `app` with the tables of the document, and runs `rows` in it.
pub async fn make(client: &Client, rows: &str) {
    let sql = format!("CREATE SCHEMA app; SET search_path = app; {} {rows} RESET search_path;", statements());
    client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{error:?}"));
}

/// Digest and number of rows of every table of a schema.
pub async fn contents(client: &Client, schema: &str) -> Vec<String> {
    let sql = "SELECT relname::text, relkind = 'S' FROM pg_class
               WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'S') ORDER BY relname";
    let mut contents = Vec::new();
    for row in client.query(sql, &[&schema]).await.expect("pg_class is readable") {
        let name: String = row.get(0);
        let sql = if row.get(1) {
            format!("SELECT format('%s %s', last_value, is_called) FROM {schema}.\"{name}\"")
        } else {
            format!(
                "SELECT format('%s rows, %s', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")))
                 FROM {schema}.\"{name}\" AS t"
            )
        };
        let line: String = client.query_one(&sql, &[]).await.expect("the table is readable").get(0);
        contents.push(format!("{name}: {line}"));
    }
    contents
}
