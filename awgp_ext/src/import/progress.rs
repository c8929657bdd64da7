//! Tells the client how far an import is.

use crate::pg::raise::notice;
use serde_json::json;

/// A notice: what is done to a table, and how many of its rows are done.
pub fn tell(what: &str, table: &str, done: i64, total: Option<i64>) {
    let message = match total {
        Some(total) => format!("{what} {table}: {done} of {total} rows"),
        None => format!("{what} {table}"),
    };
    notice(&message, &json!({ "import": what, "table": table, "done": done, "total": total }), "");
}
