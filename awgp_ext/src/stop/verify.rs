//! `verify_stop()`: what the trail that the caller may read proves of a stop.

use crate::audit::read::{self, Scope};
use crate::audit::{lane_records, lineage, verify};
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::raise::raise;
use awgp_core::audit::finding::{Finding, Severity};
use awgp_core::stop::proof::Proofs;
use awgp_core::stop::unknown;
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// The trails that the caller may read and that have the stop, and those of the tenants that it names.
const TRAILS: &str = "
    SELECT DISTINCT tenant FROM (
        SELECT log.tenant_id AS tenant FROM awgp.audit_logs AS log
        WHERE log.entity_type = 'stop' AND log.entity_id = $1
        UNION ALL
        SELECT named.id::uuid FROM awgp.audit_logs AS log
        CROSS JOIN LATERAL jsonb_array_elements_text(
            CASE jsonb_typeof(log.after_state -> 'tenants') WHEN 'array' THEN log.after_state -> 'tenants'
                                                            ELSE '[]' END) AS named (id)
        WHERE log.entity_type = 'stop' AND log.entity_id = $1 AND NOT log.metadata ? 'origin') AS found
    ORDER BY tenant";

/// Proves from the trail that nothing began between a stop and its end, and that the trail itself holds.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn verify_stop(stop_id: Option<pgrx::Uuid>) -> JsonB {
    let stop = from_sql(&argument::needed("stop_id", stop_id));
    let tenants = trails(stop);
    let mut proofs = Proofs::of(stop);
    let of = |tenant: &Uuid| Scope { tenant: Some(*tenant), partition: None };
    for tenant in &tenants {
        read::for_each_row(of(tenant), |_, row| proofs.learn(row));
    }
    for tenant in &tenants {
        // An adoption's number has no row.
        let lineage = lineage::of_tenant(*tenant);
        for lane in lineage.lanes() {
            lineage.bridges(lane).iter().for_each(|bridge| proofs.adopted(lane, bridge.first_seq));
        }
        read::for_each_row(of(tenant), |_, row| proofs.judge(row));
    }
    // Of a retired month its anchors are left.
    for (lane, number) in proofs.missing_heads() {
        if let Some(link) = lane_records::anchored(lane, number) {
            proofs.link(lane, number, &link.hash.to_string());
        }
    }
    let verdict = proofs.finish().pop().unwrap_or_else(|| raise(&unknown(stop)));
    let findings: Vec<Finding> = tenants.iter().flat_map(|tenant| verify::findings(of(tenant))).collect();
    let errors: Vec<&Finding> =
        findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let mut told = verdict.to_json(errors.is_empty(), None);
    let chain: Vec<Value> = errors
        .into_iter()
        .map(|finding| {
            json!({
                "kind": finding.kind.name(),
                "tenant_id": finding.tenant_id,
                "chain_lane": finding.chain_lane,
                "chain_seq": finding.chain_seq,
                "audit_id": finding.audit_id,
                "detail": finding.detail,
            })
        })
        .collect();
    if let Some(told) = told.as_object_mut() {
        // The server knows no notes.
        told.remove("signed");
    }
    told["chain_findings"] = chain.into();
    JsonB(told)
}

fn trails(stop: Uuid) -> Vec<Uuid> {
    let read = Spi::connect(|client| {
        let rows = client.select(TRAILS, None, &[to_sql(stop).into()])?;
        let mut tenants = Vec::new();
        for row in rows {
            tenants.extend(row.get::<pgrx::Uuid>(1)?.as_ref().map(from_sql));
        }
        Ok::<_, spi::Error>(tenants)
    });
    read.unwrap_or_else(|error| error!("awgp.audit_logs could not be read: {error}"))
}
