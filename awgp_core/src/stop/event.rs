//! The events `stop.began` and `stop.ended`, as a trail has them.

use super::Scope;
use crate::audit::spelled;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The last link of a lane: its number and its hash.
pub(super) type Head = (i64, String);

/// What an event of a stop says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub scope: Scope,
    /// The tenant, the holding, or the tenant of the assistant; None for the installation.
    pub tenant: Option<Uuid>,
    /// The assistant, where one is stopped.
    pub assistant: Option<Uuid>,
    pub reason: Option<String>,
    /// The last link of each lane.
    pub heads: BTreeMap<i16, Head>,
    /// The tenants that the stop covers, where the event is in the trail of who was stopped.
    pub tenants: Vec<Uuid>,
}

impl Event {
    /// Reads `after_state`; None where it cannot be an event's.
    pub fn parse(state: &[u8]) -> Option<Self> {
        let state: Value = serde_json::from_slice(state).ok()?;
        let scope = Scope::named(state.get("scope")?.as_str()?)?;
        let assistant = id(state.get("assistant_id"))?;
        if assistant.is_some() != (scope == Scope::Assistant) {
            return None;
        }
        let mut heads = BTreeMap::new();
        for head in state.get("heads")?.as_array()? {
            let [lane, number, hash] = head.as_array()?.as_slice() else { return None };
            let lane = i16::try_from(lane.as_i64()?).ok()?;
            let number = number.as_i64().filter(|number| *number > 0)?;
            if heads.insert(lane, (number, hash.as_str()?.to_owned())).is_some() {
                return None;
            }
        }
        let tenants = match state.get("tenants") {
            None | Some(Value::Null) => Vec::new(),
            Some(tenants) => {
                let tenants = tenants.as_array()?.iter();
                tenants.map(|tenant| tenant.as_str().and_then(spelled::parse)).collect::<Option<_>>()?
            }
        };
        let reason = state.get("reason").and_then(Value::as_str).map(str::to_owned);
        Some(Self { scope, tenant: id(state.get("tenant_id"))?, assistant, reason, heads, tenants })
    }

    /// The number of the last row of a lane; 0 where it has none.
    pub fn head(&self, lane: i16) -> i64 {
        self.heads.get(&lane).map_or(0, |(number, _)| *number)
    }
}

/// An id or null; None where it is neither.
fn id(value: Option<&Value>) -> Option<Option<Uuid>> {
    match value {
        None | Some(Value::Null) => Some(None),
        Some(value) => value.as_str().and_then(spelled::parse).map(Some),
    }
}
