//! Names beside the ids that stand in states: who approved, which assistant did it.

use crate::parts::raw;
use awgp_client::{Row, Trouble, Work, readable, trail};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

const NAMES: &str = "
    SELECT named.id, named.name
    FROM unnest($1::uuid[], $2::uuid[]) AS asked (tenant_id, id)
    CROSS JOIN LATERAL (
        SELECT asked.id, COALESCE(awgp.trail_name(asked.tenant_id, 'user', asked.id),
                                  awgp.trail_name(asked.tenant_id, 'assistant', asked.id)) AS name) AS named
    WHERE named.name IS NOT NULL";

/// The users and assistants whose ids stand in what events changed.
#[derive(Default)]
pub struct Names(HashMap<Uuid, String>);

impl Names {
    /// Those in the differences of these events.
    pub async fn of(work: &Work<'_>, rows: &[Row]) -> Result<Self, Trouble> {
        let mut asked = BTreeSet::new();
        for row in rows {
            let Ok(tenant) = Uuid::parse_str(&raw(row, "tenant_id")) else { continue };
            let own = raw(row, "entity_id");
            for change in trail::differences(row) {
                let values = [change.before, change.after].into_iter().flatten();
                asked.extend(values.filter_map(|value| id(value.get())).map(|id| (tenant, id)));
            }
            asked.retain(|(_, id)| id.to_string() != own);
        }
        let (tenants, ids): (Vec<Uuid>, Vec<Uuid>) = asked.into_iter().unzip();
        let mut names = HashMap::new();
        for row in work.rows(NAMES, &[&tenants, &ids]).await? {
            names.insert(row.try_get(0)?, row.try_get(1)?);
        }
        Ok(Self(names))
    }

    /// The name of the id that a value is.
    pub fn name(&self, json: &str) -> Option<&str> {
        self.0.get(&id(json)?).map(String::as_str)
    }
}

fn id(json: &str) -> Option<Uuid> {
    if json.starts_with('"') { Uuid::try_parse(&readable(json)).ok() } else { None }
}
