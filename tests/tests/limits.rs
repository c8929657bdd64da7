//! How large things may be: docs/limits.md against the catalog, and against what is refused.

use awgp_tests::everything::everywhere;
use awgp_tests::{Database, assert_refused, fixture, refused};
use serde_json::Value;
use std::collections::BTreeMap;

const LIMITS: &str = include_str!("../../docs/limits.md");

/// Table and column, and what the page says of it.
fn documented() -> BTreeMap<(String, String), String> {
    // What follows is not about columns.
    let columns = LIMITS.split("## How many").next().unwrap_or_default();
    let rows = columns.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [table, columns, bound] = cells[..] else { return None };
        (table != "table").then(|| (table.to_owned(), columns.to_owned(), bound.to_owned()))
    });
    rows.flat_map(|(table, columns, bound)| {
        let of = columns.split(", ").map(str::to_owned).collect::<Vec<_>>();
        of.into_iter().map(move |column| ((table.clone(), column), bound.clone()))
    })
    .collect()
}

/// Every column of variable length, but numbers, which have a precision.
const COLUMNS: &str = "
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL),
           EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'bounds' AND tgenabled = 'O')
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'awgp'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attlen = -1 AND a.atttypid <> 'numeric'::regtype";

#[tokio::test]
async fn every_column_of_variable_length_has_a_documented_bound() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let documented = documented();
    let mut found = Vec::new();
    for row in superuser.query(COLUMNS, &[]).await.expect("the catalog is readable") {
        let column: (String, String) = (row.get(0), row.get(1));
        let bound = documented.get(&column).unwrap_or_else(|| panic!("name {column:?} in docs/limits.md"));
        let is_measured = matches!(bound.as_str(), "text" | "json");
        assert!(!is_measured || row.get(3), "{column:?} says {bound} and has no trigger");
        assert_eq!(bound == "json", is_measured && row.get::<_, String>(2) == "jsonb", "{column:?}");
        found.push(column);
    }
    let stale: Vec<_> = documented.keys().filter(|column| !found.contains(column)).collect();
    assert!(stale.is_empty(), "docs/limits.md names what is not there: {stale:?}");
}

#[tokio::test]
async fn what_is_larger_than_its_column_takes_is_refused_and_names_the_column() {
    let database = Database::new().await;
    everywhere(&database).await;
    let superuser = database.superuser().await;
    let mut tried = 0;
    for row in superuser.query(COLUMNS, &[]).await.expect("the catalog is readable") {
        let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let bound = &documented()[&(table.clone(), column.clone())];
        let (large, limit) = match (bound.as_str(), kind.as_str()) {
            ("text", "text") => ("repeat('x', 262145)", 262_144),
            ("text", "text[]") => ("array_fill('x'::text, ARRAY[40000])", 262_144),
            ("text", "uuid[]") => ("array_fill(gen_random_uuid(), ARRAY[20000])", 262_144),
            // Six bytes of text each.
            ("json", _) => ("jsonb_build_object('x', repeat(chr(1), 174763))", 1_048_576),
            _ => continue,
        };
        let sql = format!("UPDATE awgp.{table} SET {column} = {large}");
        let refused = refused(superuser.execute(&sql, &[]).await);
        assert_eq!(
            (refused.code.as_str(), refused.reason.as_deref()),
            ("22023", Some("out_of_range")),
            "{sql}"
        );
        let detail: Value = serde_json::from_str(&refused.detail).expect("JSON");
        assert_eq!((&detail["table"], &detail["column"]), (&table.into(), &column.into()), "{sql}");
        assert_eq!(detail["limit"], limit, "{sql}");
        tried += 1;
    }
    assert!(tried > 50, "{tried} columns");
}

#[tokio::test]
async fn a_text_is_measured_as_it_is_printed_and_what_fits_is_kept() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let update = async |app: &mut tokio_postgres::Client, context: &str| {
        let transaction = fixture::within(app, group.north.id).await;
        let sql = format!("UPDATE awgp.work_items SET context = {context} WHERE id = $1");
        let outcome = transaction.execute(&sql, &[&group.north.work_item]).await;
        transaction.commit().await.ok();
        outcome
    };
    // {"x": "…"} is nine bytes and the text.
    let fits = "jsonb_build_object('x', repeat('y', 1048567))";
    let over = "jsonb_build_object('x', repeat('y', 1048568))";
    assert_refused(update(&mut app, over).await, "22023", "out_of_range");
    update(&mut app, fits).await.expect("a mebibyte fits");
    // What is stored of a number is larger, or very much smaller, than its text.
    let numbers = "(SELECT jsonb_agg(n % 10) FROM generate_series(1, 300000) AS n)";
    update(&mut app, numbers).await.expect("it is 900,000 bytes of text");
    let digits = "(SELECT jsonb_agg(('1e' || 131000 + n)::numeric) FROM generate_series(1, 9) AS n)";
    assert_refused(update(&mut app, digits).await, "22023", "out_of_range");
}

#[tokio::test]
async fn a_row_that_was_larger_before_may_be_worked_on() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let plant = format!(
        "ALTER TABLE awgp.work_items DISABLE TRIGGER USER;
         UPDATE awgp.work_items SET description = repeat('x', 300000) WHERE id = '{}';
         ALTER TABLE awgp.work_items ENABLE TRIGGER USER",
        group.north.work_item
    );
    superuser.batch_execute(&plant).await.expect("a superuser may");
    let mut app = database.app().await;
    let transaction = fixture::within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET priority = 1 WHERE id = $1";
    transaction.execute(sql, &[&group.north.work_item]).await.expect("the description is as it was");
    let sql = "UPDATE awgp.work_items SET description = description || '!' WHERE id = $1";
    assert_refused(transaction.execute(sql, &[&group.north.work_item]).await, "22023", "out_of_range");
}
