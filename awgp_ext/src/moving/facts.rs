//! What the target must know before a family moves, and what speaks against it. Everything that would keep it
//! from arriving is found here, before anything is stopped.

use super::record::{self, Move};
use crate::audit::installation;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::jsonb::Jsonb;
use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use crate::stop::with_descendants;
use awgp_core::moving::tables::TENANTS_MAX;
use awgp_core::moving::{self, Side, State};
use awgp_core::refusal::Refusal;
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// $1: the family's tenants. What must not clash at the target, and what it needs.
const FACTS: &str = include_str!("../../../sql/moving/facts.sql");
/// $1: the family's tenants, $2: the facts. What would clash here: problem, and what it is about.
const CLASHES: &str = include_str!("../../../sql/moving/clashes.sql");

/// What another installation must know before it can take a family: its tenants, its names, the shape of the
/// tables, its months.
///
/// SECURITY DEFINER, because it reads all tables; for those who may move tenants.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn family_facts(family_id: Option<pgrx::Uuid>) -> JsonB {
    let family = from_sql(&argument::needed("family_id", family_id));
    JsonB(facts(family, &tenants_of(family)))
}

/// The family's tenants, ascending; refuses a tenant that is not a family's root.
fn tenants_of(family: Uuid) -> Vec<Uuid> {
    let root = query::one::<bool>(
        "SELECT parent_tenant_id IS NULL FROM awgp.tenants WHERE id = $1",
        &[to_sql(family).into()],
    );
    match root {
        Ok(Some(true)) => {}
        Ok(Some(false)) => raise(
            &moving::refused(
                "not_a_family",
                "the tenant is below another one, and a family moves whole",
                "Move the tenant at the top of its family.",
            )
            .with("tenant_id", family.to_string()),
        ),
        _ => raise(&awgp_core::isolation_refusals::unknown_tenant()),
    }
    let tenants = with_descendants(family);
    if tenants.len() > TENANTS_MAX {
        raise(
            &moving::refused("too_many_tenants", "the family has too many tenants", "Split it first.")
                .with("tenants", tenants.len())
                .with("most", TENANTS_MAX),
        );
    }
    tenants
}

fn facts(family: Uuid, tenants: &[Uuid]) -> Value {
    let ids: Vec<pgrx::Uuid> = tenants.iter().copied().map(to_sql).collect();
    let facts = role::as_installer_past_row_security(|| {
        query::one::<JsonB>(FACTS, &[ids.into(), to_sql(family).into()])
    });
    match facts {
        Ok(Some(facts)) => facts.0,
        Ok(None) => Value::Null,
        Err(error) => error!("the family could not be described: {error}"),
    }
}

/// Begins a move at one side, and returns the id. At the source: with the family's id and the other
/// installation. At the target: with the source's facts, everything that speaks against the move is refused.
///
/// SECURITY DEFINER, because only the functions of moves write the record.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_begin(
    move_id: Option<pgrx::Uuid>,
    side: Option<&str>,
    family_id: Option<pgrx::Uuid>,
    peer_id: Option<pgrx::Uuid>,
    peer: Option<&str>,
    facts: default!(Option<Jsonb>, "NULL"),
) -> pgrx::Uuid {
    refuse_read_only(c"awgp.move_begin()");
    installation::refuse_copy();
    let move_id = argument::needed("move_id", move_id);
    let family = from_sql(&argument::needed("family_id", family_id));
    let peer_id = from_sql(&argument::needed("peer_id", peer_id));
    let peer = argument::needed("peer", peer).trim();
    let install_id = installation::id();
    if peer_id == install_id {
        raise(&same_installation());
    }
    let Some(side) = side.and_then(Side::of_name) else { raise(&bad_side()) };
    let record = |tenants: Vec<Uuid>, slug: String| Move {
        id: from_sql(&move_id),
        side,
        state: State::Preparing,
        family,
        slug,
        tenants,
        install_id,
        peer_id,
        peer: peer.to_owned(),
    };
    role::as_installer_past_row_security(|| match side {
        Side::Source => {
            super::refuse_early(family);
            let slug =
                query::one::<String>("SELECT slug FROM awgp.tenants WHERE id = $1", &[to_sql(family).into()]);
            record::begin(&record(tenants_of(family), slug.ok().flatten().unwrap_or_default()));
        }
        Side::Target => {
            let facts = argument::needed("facts", facts).value();
            let tenants = told_tenants(&facts);
            check(&facts, &tenants);
            let slug = facts["slug"].as_str().unwrap_or_default().to_owned();
            record::begin(&record(tenants.into_iter().collect(), slug));
        }
    });
    move_id
}

/// The tenants that the facts name.
fn told_tenants(facts: &Value) -> BTreeSet<Uuid> {
    let tenants = facts["tenants"].as_array().map(Vec::as_slice).unwrap_or_default();
    tenants.iter().filter_map(|tenant| tenant.as_str()?.parse().ok()).collect()
}

/// Refuses what would keep the family from arriving here.
fn check(facts: &Value, tenants: &BTreeSet<Uuid>) {
    let ids: Vec<pgrx::Uuid> = tenants.iter().copied().map(to_sql).collect();
    let own = Spi::connect(|client| {
        let rows = client.select(CLASHES, None, &[ids.into(), JsonB(facts.clone()).into()])?;
        rows.map(|row| Ok((row.get::<String>(1)?, row.get::<String>(2)?))).collect::<spi::Result<Vec<_>>>()
    });
    let own = own.unwrap_or_else(|error| error!("the family could not be compared: {error}"));
    let clashes: Vec<(String, String)> =
        own.into_iter().filter_map(|(problem, about)| problem.zip(about)).collect();
    let Some((first, _)) = clashes.first() else { return };
    let about: Vec<&str> =
        clashes.iter().filter(|(problem, _)| problem == first).map(|(_, about)| about.as_str()).collect();
    raise(&explained(first).with("about", about.iter().take(20).copied().collect::<Vec<_>>()));
}

fn explained(problem: &str) -> Refusal {
    let (message, hint) = match problem {
        "version" => (
            "the two servers do not have the same version of AWGP, or not the same structure",
            "Bring both to the same version: ALTER EXTENSION awgp UPDATE.",
        ),
        "encoding" => {
            ("the two databases have different encodings", "Move to a database of the same encoding.")
        }
        "tenant_present" => (
            "a tenant with an id or a slug of the family is in the target",
            "Change the slug of one of them with awgp tenant update.",
        ),
        "user_present" => (
            "a user with a subject of the family's users is in the target",
            "A subject (keycloak_id) belongs to one user: remove it from one of them.",
        ),
        "provider_present" => (
            "an identity provider with a name or an issuer of the family's is in the target",
            "Remove it from the target, or from the family: awgp provider remove.",
        ),
        "template_differs" => (
            "the target has another template under an id or a slug that the family uses",
            "Bring the templates to the same content: awgp template update.",
        ),
        "month_retired" => (
            "the target has retired a month of which the family has rows",
            "Restore the month in the target: awgp partition restore.",
        ),
        _ => ("the family cannot be moved there", "See docs/moving.md."),
    };
    moving::refused(problem, message, hint)
}

fn same_installation() -> Refusal {
    moving::refused(
        "same_installation",
        "source and target are the same installation",
        "A copy that is used beside its original is adopted first: awgp installation adopt.",
    )
}

fn bad_side() -> Refusal {
    Refusal::new(awgp_core::reason::Reason::OutOfRange, "side is not valid", "It is source or target.")
        .with("argument", "side")
}
