//! The step of maintenance that tells of errors that the doctor has not found before.
//!
//! It remembers what it has found in its own outcome in `awgp.maintenance_steps`. The doctor adds up the
//! whole ledger, so it is asked once an hour, and only where somebody is to be told.

use super::targets::of_installation;
use super::{About, write_to};
use crate::pg::clock;
use crate::pg::transaction::refuse_read_only;
use awgp_core::notices::Kind;
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde_json::{Value, json};

/// What this step found last, and whether an hour is over since.
const LAST: &str = "
    SELECT last_outcome -> 'did' || jsonb_build_object('is_due',
               coalesce((last_outcome #>> '{did,looked_at}')::timestamptz <= $1 - interval '1 hour', true))
    FROM awgp.maintenance_steps
    WHERE step = 'tell_of_errors' AND jsonb_typeof(last_outcome -> 'did') = 'object'";

const FOUND: &str = "
    SELECT coalesce(jsonb_agg(jsonb_build_array(code, object) ORDER BY code, object), '[]')
    FROM (SELECT DISTINCT code, object FROM awgp.doctor() WHERE severity = 'error') AS found";

/// Writes a notice for each code of an error that the doctor finds and has not found an hour before, if
/// awgp.doctor_targets names targets. Returns what it found, and which codes are new.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn tell_of_errors(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> JsonB {
    refuse_read_only(c"awgp.tell_of_errors()");
    let at = clock::given_until_now("at", at);
    let targets = of_installation();
    if targets.is_empty() {
        return JsonB(json!({"errors": [], "new": []}));
    }
    let last = read(LAST, &[at.into()]).unwrap_or_default();
    let known = last["errors"].as_array().cloned().unwrap_or_default();
    if last["is_due"] == false {
        return JsonB(json!({"looked_at": last["looked_at"], "errors": known, "new": []}));
    }
    let found = read(FOUND, &[]).and_then(|found| found.as_array().cloned()).unwrap_or_default();
    let mut codes: Vec<&str> =
        found.iter().filter(|error| !known.contains(error)).filter_map(|error| error[0].as_str()).collect();
    codes.dedup();
    for code in &codes {
        let about = About { entity_type: "doctor", code: Some(code), ..About::default() };
        write_to(&targets, Kind::DoctorError, &about);
    }
    JsonB(json!({"looked_at": clock::text(at), "errors": found, "new": codes}))
}

fn read(sql: &str, arguments: &[pgrx::datum::DatumWithOid<'_>]) -> Option<Value> {
    let read = Spi::connect(|client| {
        let rows = client.select(sql, Some(1), arguments)?;
        if rows.is_empty() { Ok(None) } else { rows.first().get_one::<JsonB>() }
    });
    read.unwrap_or_else(|error| error!("the doctor's errors could not be read: {error}"))
        .map(|JsonB(value)| value)
}
