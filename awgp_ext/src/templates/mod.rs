//! Templates of assistants: reads them, asks `awgp_core::templates`, maintains versions and digests.

mod functions;
mod guard;

use crate::pg::tuple::Row;
use awgp_core::templates::{Content, patch};

/// What an assistant takes from a template. Reads a row of either table: both have these columns.
fn content(row: &Row) -> Content {
    let object =
        |column| row.jsonb(column).map_or_else(|| patch::raw("{}"), |json| json.with_text(patch::raw));
    Content {
        description: row.text(c"description"),
        kind: row.text(c"type").unwrap_or_default(),
        capabilities: row.text_array(c"capabilities").map(|names| names.into_iter().flatten().collect()),
        configuration: object(c"configuration"),
        model_config: object(c"model_config"),
        risk_tier: row.integer(c"risk_tier").unwrap_or(0),
        max_cost_per_day: row.printed(c"max_cost_per_day").unwrap_or_default(),
    }
}
