//! Where the identity of this installation is at home: the server, the database, and the server's timeline.
//!
//! A restored dump has the original's install id in another database, and a restored or promoted server has
//! it on another timeline. Neither can tell whether the original is still in use. So the place is remembered,
//! and where it is another one, `restored()` and the doctor say so until somebody decides:
//! `keep_identity()` for the original, [`crate::audit::adopt`] for a copy beside it.

use crate::audit::{installation, queue};
use crate::pg::query;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use pgrx::pg_sys;
use pgrx::prelude::*;
use pgrx::{JsonB, datum::DatumWithOid};
use serde_json::{Value, json};

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    cluster_id: String,
    database_oid: pg_sys::Oid,
    timeline: i32,
}

/// How the place differs from the one that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It does not, or no place is remembered, or the server is a standby, which writes nothing.
    No,
    /// Another server or another database: a restored dump, a copied database, or an upgrade by `pg_upgrade`.
    Restored,
    /// The same database on another timeline: a promoted standby, or a restore to a point in time.
    Promoted,
}

/// This place; None on a standby.
pub fn here() -> Option<Place> {
    // SAFETY: read the server's own state; the timeline is asked for only where the server inserts WAL.
    unsafe {
        if pg_sys::RecoveryInProgress() {
            return None;
        }
        Some(Place {
            cluster_id: pg_sys::GetSystemIdentifier().to_string(),
            database_oid: pg_sys::MyDatabaseId,
            timeline: i32::try_from(pg_sys::GetWALInsertionTimeLine()).unwrap_or(i32::MAX),
        })
    }
}

/// The place that is remembered.
fn remembered() -> Option<Place> {
    let read = "SELECT cluster_id || ' ' || database_oid || ' ' || timeline FROM awgp.installation";
    let text = query::one::<String>(read, &[]).ok().flatten()?;
    let mut parts = text.split(' ');
    Some(Place {
        cluster_id: parts.next()?.to_owned(),
        database_oid: pg_sys::Oid::from(parts.next()?.parse::<u32>().ok()?),
        timeline: parts.next()?.parse().ok()?,
    })
}

/// How this place differs from the remembered one.
pub fn moved() -> Moved {
    let (Some(remembered), Some(here)) = (remembered(), here()) else { return Moved::No };
    let same_database =
        remembered.cluster_id == here.cluster_id && remembered.database_oid == here.database_oid;
    match (same_database, remembered.timeline == here.timeline) {
        (true, true) => Moved::No,
        (true, false) => Moved::Promoted,
        (false, _) => Moved::Restored,
    }
}

/// Remembers this place, where none is remembered or `anyway`.
pub fn remember(anyway: bool) {
    let Some(Place { cluster_id, database_oid, timeline }) = here() else { return };
    let arguments: [DatumWithOid<'_>; 4] =
        [cluster_id.into(), database_oid.into(), timeline.into(), anyway.into()];
    let written = Spi::run_with_args(
        "UPDATE awgp.installation SET cluster_id = $1, database_oid = $2, timeline = $3
         WHERE NOT is_copy AND ($4 OR cluster_id IS NULL)",
        &arguments,
    );
    if let Err(error) = written {
        error!("awgp.installation could not be written: {error}");
    }
}

impl Place {
    fn to_json(&self) -> Value {
        json!({"cluster_id": self.cluster_id, "database_oid": self.database_oid.to_u32(), "timeline": self.timeline})
    }
}

/// Whether the identity of this installation is at home here.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn restored() -> JsonB {
    let moved = moved();
    JsonB(json!({
        "install_id": installation::id().to_string(),
        "restored": moved == Moved::Restored,
        "promoted": moved == Moved::Promoted,
        "is_copy": installation::is_copy(),
        "remembered": remembered().map(|place| place.to_json()),
        "here": here().map(|place| place.to_json()),
    }))
}

/// Says that this is the original: remembers this place, and returns whether it was another one. For the
/// owner.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn keep_identity() -> bool {
    refuse_read_only(c"awgp.keep_identity()");
    installation::refuse_copy();
    let had_moved = role::as_installer_past_row_security(|| {
        let before = remembered();
        let had_moved = moved() != Moved::No;
        remember(true);
        if had_moved {
            let places = [before, here()].map(|place| place.map(|place| place.to_json()));
            let told = json!({"from": places[0], "to": places[1]});
            queue::push_installation_event("keep_identity", "installation", &told);
        }
        had_moved
    });
    installation::forget();
    had_moved
}
