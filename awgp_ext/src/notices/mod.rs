//! Notices: a row of `awgp.outbox` for what people wait for, one for each target.
//!
//! Model: a notice is written in the transaction in which the thing happens ([`write`]), with ids, kind and
//! times only. The tenant's settings, or for the installation a parameter, say to which named targets it
//! goes; without a target nothing is written. `awgp notify` claims notices, delivers them, and says what
//! became of each ([`delivery`]). At commit it is woken ([`wake`]).
//!
//! Failure handling: a claim moves `due_at` into the future. If the process dies, the notice is due again
//! when that time is over, so nothing is lost. What could be lost with the settings is not sent either:
//! settings that cannot be parsed count as none.

mod delivery;
mod errors;
mod expiring;
mod keeping;
mod suspended;
mod targets;
pub mod wake;

use crate::pg::datum::{text, uuid};
use crate::pg::relation;
use crate::pg::role::as_owner_past_row_security;
use crate::pg::statement::statements;
use awgp_core::notices::Kind;
use awgp_core::notices::settings::{NoticeSettings, of_settings};
use pgrx::pg_sys::{Datum, TimestampTz};
use std::ffi::CStr;
use uuid::Uuid;

pub use targets::define;

const TABLE: &CStr = c"outbox";

statements! {
    /// A notice for one target. Of an expiry, once for each moment.
    WRITE(UUIDOID, TEXTOID, TEXTOID, TEXTOID, UUIDOID, TEXTOID, TIMESTAMPTZOID) = "
        INSERT INTO awgp.outbox (tenant_id, kind, target, entity_type, entity_id, code, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, entity_id, expires_at, target) DO NOTHING";
}

/// What a notice is about, besides its kind.
#[derive(Default)]
pub struct About<'a> {
    /// The tenant; None for the installation.
    pub tenant: Option<Uuid>,
    /// The table of the row, or what else it is about.
    pub entity_type: &'a str,
    /// The row.
    pub entity: Option<Uuid>,
    /// The code of a finding.
    pub code: Option<&'a str>,
    /// For what expires: when.
    pub expires_at: Option<TimestampTz>,
}

/// Something has happened to a row of a tenant: a notice for each target of its kind.
pub fn write(kind: Kind, tenant: Uuid, entity_type: &str, entity: Uuid) {
    let settings = settings_of(tenant);
    let about = About { tenant: Some(tenant), entity_type, entity: Some(entity), ..About::default() };
    write_to(settings.targets(kind), kind, &about);
}

/// The same for the targets that are given; returns how many notices were written.
fn write_to(targets: &[String], kind: Kind, about: &About) -> usize {
    if targets.is_empty() {
        return 0;
    }
    let written = as_owner_past_row_security(TABLE, || {
        let write = |target: &String| {
            WRITE.count(&[
                about.tenant.and_then(uuid),
                text(kind.name()),
                text(target),
                text(about.entity_type),
                about.entity.and_then(uuid),
                about.code.and_then(text),
                about.expires_at.map(Datum::from),
            ])
        };
        targets.iter().map(write).sum()
    });
    if written > 0 {
        wake::push(kind);
    }
    written
}

/// The tenant's settings of notices, as they are now.
fn settings_of(tenant: Uuid) -> NoticeSettings {
    let mut settings = NoticeSettings::default();
    relation::for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", tenant, |row| {
        if let Some(stored) = row.jsonb(c"settings") {
            settings = of_settings(&stored.value()).unwrap_or_default();
        }
    });
    settings
}
