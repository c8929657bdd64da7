//! The names that belong to the ids of findings. They are the server's own, and no part of the proof.

use awgp_client::{Row, Trouble, Work};
use awgp_core::audit::finding::Finding;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// So many findings have names of their rows.
const NAMED: usize = 1_000;

const TENANTS: &str = "
    SELECT id, awgp.trail_name(id, 'tenant', id) AS name FROM unnest($1::text::uuid[]) AS id";

const EVENTS: &str = "
    SELECT id, tenant_id, action, entity_type, awgp.trail_name(tenant_id, entity_type, entity_id) AS entity_name,
           actor_type, awgp.trail_name(tenant_id, actor_type, actor_id) AS actor_name
    FROM awgp.audit_logs WHERE id = ANY ($1)";

/// Names by the ids that they belong to.
#[derive(Debug, Default)]
pub struct Names {
    tenants: HashMap<String, String>,
    /// Events of several tenants may have one id.
    events: HashMap<(i64, String), Row>,
}

impl Names {
    /// Of the tenants and the events of findings. A server on which they cannot be read gives none: what was
    /// found does not depend on them.
    pub async fn of(work: &Work<'_>, findings: &[Finding]) -> Result<Self, Trouble> {
        work.batch("SAVEPOINT names").await?;
        let names = match Self::read(work, findings).await {
            Ok(names) => names,
            Err(Trouble::Sql(_)) => Self::default(),
            Err(trouble) => return Err(trouble),
        };
        work.batch("ROLLBACK TO SAVEPOINT names; RELEASE SAVEPOINT names").await?;
        Ok(names)
    }

    async fn read(work: &Work<'_>, findings: &[Finding]) -> Result<Self, Trouble> {
        let tenants: BTreeSet<Uuid> = findings.iter().filter_map(|finding| finding.tenant_id).collect();
        let tenants: Vec<String> = tenants.iter().map(Uuid::to_string).collect();
        let events: Vec<i64> = findings.iter().filter_map(|finding| finding.audit_id).take(NAMED).collect();
        let text = |row: &Row, name| row.text(name).unwrap_or_default();
        let tenants = work.select(TENANTS, &[&format!("{{{}}}", tenants.join(","))]).await?;
        let tenants = tenants.iter().map(|row| (text(row, "id"), text(row, "name")));
        let events = work.select(EVENTS, &[&events]).await?.into_iter();
        Ok(Self {
            tenants: tenants.filter(|(_, name)| !name.is_empty()).collect(),
            events: events
                .filter_map(|row| Some(((row.text("id")?.parse().ok()?, row.text("tenant_id")?), row)))
                .collect(),
        })
    }

    /// The slug of a finding's tenant.
    pub fn tenant(&self, finding: &Finding) -> &str {
        finding.tenant_id.and_then(|id| self.tenants.get(&id.to_string())).map_or("", String::as_str)
    }

    fn row(&self, finding: &Finding) -> Option<&Row> {
        self.events.get(&(finding.audit_id?, finding.tenant_id?.to_string()))
    }

    /// What a finding's event says was done, to what and by whom, in a few words.
    pub fn event(&self, finding: &Finding) -> String {
        let Some(row) = self.row(finding) else { return String::new() };
        let text = |name| row.text(name).unwrap_or_default();
        let who = if text("actor_name").is_empty() { text("actor_type") } else { text("actor_name") };
        [text("action"), text("entity_type"), text("entity_name"), format!("by {who}")]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The same as members of a finding in JSON.
    pub fn add_to(&self, finding: &Finding, members: &mut Map<String, Value>) {
        let mut add = |name: &str, value: Option<String>| {
            members.insert(
                name.to_owned(),
                value.filter(|text| !text.is_empty()).map_or(Value::Null, Value::from),
            );
        };
        add("tenant_slug", Some(self.tenant(finding).to_owned()));
        let row = self.row(finding);
        for name in ["action", "entity_type", "entity_name", "actor_type", "actor_name"] {
            add(name, row.and_then(|row| row.text(name)));
        }
    }
}
