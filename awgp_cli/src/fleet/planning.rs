//! `awgp fleet plan`: which families to move, from the sizes and rates of their trails.

use super::asking::{On, each};
use super::ends;
use super::moving::{self, Plan};
use super::status::{TENANTS, rows, size};
use crate::confirm;
use crate::opt::{FleetPlan, Format};
use crate::render;
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble};
use awgp_core::fleet::plan::{self, Bounds, Family};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many months ahead a family is weighed: what it has, and what it adds in that time.
const MONTHS_AHEAD: u64 = 3;

const BYTES: &str = "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())";

/// What families have of it: the tables of AWGP, and not PostgreSQL's own.
const DATA: &str = "
    SELECT coalesce(sum(pg_catalog.pg_total_relation_size(oid)), 0)::bigint FROM pg_catalog.pg_class
    WHERE relnamespace = 'awgp'::pg_catalog.regnamespace AND relkind = 'r'";

const IS_AUDITOR: &str = "SELECT (pg_catalog.pg_has_role('awgp_auditor', 'USAGE')
    OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER))::integer::bigint";

/// How many events each tenant has, and how many of them came in the last thirty days: the lanes are counted
/// in a row, so the first and the last are enough.
const EVENTS: &str = "
    WITH RECURSIVE lane (tenant_id, chain_lane) AS (
        (SELECT tenant_id, chain_lane FROM awgp.audit_logs ORDER BY tenant_id, chain_lane LIMIT 1)
        UNION ALL
        SELECT next.tenant_id, next.chain_lane
        FROM lane, LATERAL (
            SELECT a.tenant_id, a.chain_lane FROM awgp.audit_logs AS a
            WHERE (a.tenant_id, a.chain_lane) > (lane.tenant_id, lane.chain_lane)
            ORDER BY a.tenant_id, a.chain_lane LIMIT 1) AS next)
    SELECT lane.tenant_id::text AS id, sum(ends.last - ends.first + 1) AS events,
           sum(coalesce(ends.last - recent.first + 1, 0)) AS recent
    FROM lane,
         LATERAL (SELECT min(a.chain_seq) AS first, max(a.chain_seq) AS last FROM awgp.audit_logs AS a
                  WHERE a.tenant_id = lane.tenant_id AND a.chain_lane = lane.chain_lane) AS ends,
         LATERAL (SELECT min(a.chain_seq) AS first FROM awgp.audit_logs AS a
                  WHERE a.tenant_id = lane.tenant_id AND a.chain_lane = lane.chain_lane
                    AND a.\"timestamp\" >= pg_catalog.now() - interval '30 days') AS recent
    GROUP BY lane.tenant_id";

/// What a member has.
struct Weighed {
    bytes: u64,
    /// Of them, those of the families.
    data: u64,
    tenants: Vec<Row>,
    events: Vec<Row>,
}

/// Runs the command. It moves nothing, unless that is asked for.
pub async fn run(on: On<'_>, options: &FleetPlan) -> Result<Exit, Failure> {
    let weighed = each(on, async |session, _| weigh(session).await).await.all()?;
    let mut members = Vec::new();
    let mut families = Vec::new();
    let mut names = Vec::new();
    for (at, (member, of)) in weighed.iter().enumerate() {
        let own = families_of(of);
        let grown: u64 = own.values().map(|family| family.grows).sum();
        members.push(awgp_core::fleet::Member {
            name: member.name.clone(),
            used: of.bytes + grown,
            capacity: member.capacity_bytes,
            is_open: member.takes_new_families,
        });
        for (id, family) in own {
            families.push(Family { id, at, weight: family.bytes + family.grows });
            names.push(family.slug);
        }
    }
    let bounds = Bounds { moves: options.moves as usize, at_least: f64::from(options.at_least) / 100.0 };
    let moves = plan::moves(&members, &families, bounds);
    let lines: Vec<_> = moves
        .iter()
        .map(|step| {
            let family = &families[step.family];
            json!({"family": names[step.family], "from": members[step.from].name, "to": members[step.to].name,
                "size": size(family.weight), "bytes": family.weight, "load_before": step.before,
                "load_after": step.after, "id": family.id})
        })
        .collect();
    let format = on.global.output;
    let columns: &[&str] = match format {
        Format::Csv => &["family", "from", "to", "bytes", "load_before", "load_after", "id"],
        _ => &["family", "from", "to", "size", "id"],
    };
    let mut text = String::new();
    if format != Format::Table || !lines.is_empty() {
        text = render::rows(&rows(&lines)?, columns, format);
    }
    if format == Format::Table {
        for member in &members {
            let _ = writeln!(text, "{}: {} in {MONTHS_AHEAD} months", member.name, size(member.used));
        }
        let nothing = if lines.is_empty() { "no move helps" } else { "nothing was moved" };
        if lines.is_empty() || !options.apply {
            let _ = writeln!(text, "{nothing}");
        }
    }
    let printed = crate::invocation::print(&text, Exit::Success)?;
    if options.apply && !lines.is_empty() {
        confirm::APPLY.is_asked(&options.sure)?;
        if !options.sure.yes {
            confirm::APPLY.ask(&format!("{} families move, one by one.\n", lines.len()))?;
        }
        for step in &moves {
            let (from, to) = (weighed[step.from].0, weighed[step.to].0);
            let (source, target) = (ends::member(on, from)?, ends::member(on, to)?);
            let plan =
                Plan { family: &families[step.family].id, called: Some(&to.name), until: None, back: false };
            moving::move_family(&source, &target, &plan).await?;
            eprintln!("moved {} from {} to {}", render::cell(&names[step.family]), from.name, to.name);
        }
    }
    Ok(printed)
}

async fn weigh(session: &mut Session) -> Result<Weighed, Trouble> {
    let work = session.begin(Context::default()).await?;
    if work.number(IS_AUDITOR, &[]).await? != 1 {
        return Err(Failure::new(Exit::NotAllowed, "this login does not see how large the families are")
            .hint("use a login that is a member of awgp_auditor and awgp_admin on every member")
            .into());
    }
    work.batch("SET TRANSACTION READ ONLY; SET LOCAL jit = off").await?;
    let bytes = u64::try_from(work.number(BYTES, &[]).await?).unwrap_or(0);
    let data = u64::try_from(work.number(DATA, &[]).await?).unwrap_or(0);
    Ok(Weighed {
        bytes,
        data,
        tenants: work.select(TENANTS, &[]).await?,
        events: work.select(EVENTS, &[]).await?,
    })
}

#[derive(Default)]
struct Weight {
    slug: String,
    bytes: u64,
    grows: u64,
}

/// The share of each family in the bytes of all is its share in the events.
fn families_of(of: &Weighed) -> BTreeMap<String, Weight> {
    let number =
        |row: &Row, name: &str| row.text(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let events: BTreeMap<String, (u64, u64)> = of
        .events
        .iter()
        .filter_map(|row| Some((row.text("id")?, (number(row, "events"), number(row, "recent")))))
        .collect();
    let all: u64 = events.values().map(|(events, _)| events).sum();
    let share = |events: u64| {
        let bytes = u128::from(of.data) * u128::from(events) / u128::from(all.max(1));
        u64::try_from(bytes).unwrap_or(u64::MAX)
    };
    let mut families: BTreeMap<String, Weight> = BTreeMap::new();
    for tenant in &of.tenants {
        let text = |name: &str| tenant.text(name).unwrap_or_default();
        let (id, family) = (text("id"), text("family"));
        let (own, recent) = events.get(&id).copied().unwrap_or_default();
        let weight = families.entry(family.clone()).or_default();
        weight.bytes += share(own);
        weight.grows += share(recent.saturating_mul(MONTHS_AHEAD));
        if id == family {
            weight.slug = text("slug");
        }
    }
    families
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_weighs_its_share_of_the_events_and_what_it_adds() {
        let row = |text: &str| Row::from_json(text).expect("a row");
        let of = Weighed {
            bytes: 5_000,
            data: 1_000,
            tenants: vec![
                row(r#"{"id":"1","slug":"h","family":"1"}"#),
                row(r#"{"id":"2","slug":"n","family":"1"}"#),
                row(r#"{"id":"3","slug":"o","family":"3"}"#),
            ],
            events: vec![
                row(r#"{"id":"1","events":10,"recent":1}"#),
                row(r#"{"id":"2","events":30,"recent":0}"#),
                row(r#"{"id":"9","events":60,"recent":0}"#),
            ],
        };
        let families = families_of(&of);
        let weights: Vec<_> =
            families.iter().map(|(id, of)| (id.as_str(), of.slug.as_str(), of.bytes, of.grows)).collect();
        assert_eq!(weights, [("1", "h", 400, 30), ("3", "o", 0, 0)]);
    }
}
