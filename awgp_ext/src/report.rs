//! `awgp.report()`: a month of a tenant, or of all for an auditor, as one document for people.
//!
//! Each part is a query in `sql/report/`, whose rows become an array of the document. Amounts are texts, so
//! that no reader rounds them. An application's parts are read with its own rights, under row-level security;
//! an auditor's with those of the extension's owner, because the trail shows an auditor the same rows
//! already.

use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::query;
use crate::pg::raise::{or_raise, raise};
use crate::pg::role::{self, outer_role_has};
use awgp_core::argument::month;
use awgp_core::isolation_refusals::{no_tenant_context, unknown_tenant};
use pgrx::datum::{Date, DatumWithOid};
use pgrx::pg_sys::{self, DATEOID, UUIDARRAYOID, UUIDOID};
use pgrx::prelude::*;

const PERIOD: &str = include_str!("../../sql/report/period.sql");

/// What is read with the rights of the caller.
const PARTS: &[(&str, &str)] = &[
    ("burn", include_str!("../../sql/report/burn.sql")),
    ("spenders", include_str!("../../sql/report/spenders.sql")),
    ("pools", include_str!("../../sql/report/pools.sql")),
    ("approvals", include_str!("../../sql/report/approvals.sql")),
    ("actions", include_str!("../../sql/report/actions.sql")),
    ("quality", include_str!("../../sql/report/quality.sql")),
];

/// Seals have no tenant, and applications no grant on them: it is read with the rights of the extension's
/// owner, of the report's tenants alone.
const INTEGRITY: (&str, &str) = ("integrity", include_str!("../../sql/report/integrity.sql"));

/// The tenants of a report, its first day, its time zone, and its head.
struct Period {
    tenants: Vec<pgrx::Uuid>,
    first: Date,
    time_zone: String,
    head: Jsonb,
}

/// A month of the tenant in context and, for a holding, of its subsidiaries, as one document: what was spent,
/// what became of approvals and actions, how often assistants were wrong, and the integrity of the trail.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn report(month: default!(Option<Text>, "NULL"), tenant_id: default!(Option<pgrx::Uuid>, "NULL")) -> Jsonb {
    let month = month.map(|Text(text)| or_raise(self::month("month", &text)));
    let first = month.map(|month| {
        Date::new(i32::from(month.year()), month.month(), 1)
            .unwrap_or_else(|error| error!("the month has no first day: {error}"))
    });
    let of_auditor = outer_role_has("awgp_auditor");
    let as_reader = |read: &mut dyn FnMut()| {
        if of_auditor { role::as_installer_past_row_security(read) } else { read() }
    };
    let mut read = None;
    as_reader(&mut || {
        let period = the_period(first, tenant_id, of_auditor);
        let parts = parts(PARTS, &period);
        read = Some((period, parts));
    });
    let Some((period, own)) = read else { error!("the report was not read") };
    let integrity = role::as_installer_past_row_security(|| parts(&[INTEGRITY], &period));
    period.head.with(&own).with(&integrity)
}

/// Who and when. An auditor without a tenant in context reads about all.
fn the_period(first: Option<Date>, tenant: Option<pgrx::Uuid>, of_auditor: bool) -> Period {
    let current = query::one::<pgrx::Uuid>("SELECT awgp.current_tenant()", &[]).ok().flatten();
    if current.is_none() && !of_auditor {
        raise(&no_tenant_context("tenants"));
    }
    let visible = if current.is_some() && !(of_auditor && tenant.is_some()) {
        let visible = query::one::<Vec<pgrx::Uuid>>("SELECT awgp.visible_tenants()", &[]);
        Some(visible.ok().flatten().unwrap_or_default())
    } else {
        None
    };
    let arguments = [
        of_type(tenant, UUIDOID),
        of_type(current, UUIDOID),
        of_type(visible, UUIDARRAYOID),
        of_type(first, DATEOID),
    ];
    let read = Spi::connect(|client| {
        let row = client.select(PERIOD, Some(1), &arguments)?.first();
        Ok::<_, spi::Error>((
            row.get::<Vec<pgrx::Uuid>>(1)?,
            row.get::<Date>(2)?,
            row.get::<String>(3)?,
            row.get::<Jsonb>(4)?,
        ))
    });
    match read {
        Ok((Some(tenants), Some(first), Some(time_zone), Some(head))) => {
            Period { tenants, first, time_zone, head }
        }
        Ok((None, ..)) => raise(&unknown_tenant()),
        Ok(_) => error!("the period of the report is not complete"),
        Err(error) => error!("the period of the report could not be read: {error}"),
    }
}

fn of_type<T: IntoDatum>(value: Option<T>, kind: pg_sys::Oid) -> DatumWithOid<'static> {
    // SAFETY: the datum is of the type that its Rust type converts to, which callers name.
    value.map_or(DatumWithOid::null_oid(kind), |value| unsafe { DatumWithOid::new(value, kind) })
}

/// An object with the rows of each part as an array.
fn parts(parts: &[(&str, &str)], period: &Period) -> Jsonb {
    let member = |(name, part): &(&str, &str)| {
        format!("'{name}', (SELECT COALESCE(jsonb_agg(to_jsonb(part)), '[]') FROM ({part}) AS part)")
    };
    let members: Vec<String> = parts.iter().map(member).collect();
    let sql = format!("SELECT jsonb_build_object({})", members.join(", "));
    let arguments = [period.tenants.clone().into(), period.first.into(), period.time_zone.clone().into()];
    match query::one::<Jsonb>(&sql, &arguments) {
        Ok(Some(read)) => read,
        Ok(None) => error!("a part of the report is missing"),
        Err(error) => error!("the report could not be read: {error}"),
    }
}
