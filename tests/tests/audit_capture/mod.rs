//! Capture: every change of a governed table is one event, with what was
//! before, what is after, and who did it.

mod contents;
mod followed;
mod governed;
mod large;
mod log_event;
mod partitioned;
mod rows;
mod secrets;
mod statements;

use awgp_tests::trail;
use awgp_tests::{Database, Login};
use serde_json::Value;
use tokio_postgres::Client;

fn json_of(state: Option<&String>) -> Option<Value> {
    state.map(|text| serde_json::from_str(text).expect("states are JSON"))
}

/// A table of an application's own, tracked, and the name under which it is.
async fn tracked(database: &Database, columns: &str, options: &str) -> (Client, String) {
    let owner = database.superuser().await;
    let sql = format!(
        "CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC;
         CREATE TABLE shop.things (
             id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id uuid NOT NULL, n integer UNIQUE, {columns});
         GRANT ALL ON shop.things TO PUBLIC"
    );
    owner.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let sql = format!("SELECT awgp.track_table('shop.things'{options})");
    let name = owner.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0);
    (owner, name)
}

async fn events(database: &Database, entity: &str) -> Vec<(String, Value, Value)> {
    let auditor = database.connect(Login::Auditor).await;
    let mut rows = trail::rows_where(&auditor, &format!("entity_type = '{entity}'")).await;
    rows.sort_by_key(|row| (row.tenant_id, row.id));
    let state =
        |state: Option<&String>, key: &str| json_of(state).map_or(Value::Null, |json| json[key].clone());
    rows.iter()
        .map(|row| {
            let (before, after) =
                (state(row.before_state.as_ref(), "n"), state(row.after_state.as_ref(), "n"));
            (row.action.clone(), before, after)
        })
        .collect()
}
