//! What the decision needs: assistants, tenants and policies, read past row-level security as they are
//! committed now. What is read about another tenant is revealed only through the decision.

use crate::pg::raise::raise;
use crate::pg::relation::for_each_by_uuid;
use crate::stop::in_force;
use awgp_core::messaging::{ContentRules, MessagingSettings, Party, Policy, PolicyError, Relation, Scope};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The most compiled rules that a backend caches.
const COMPILED_MAX: usize = 256;

thread_local! {
    /// Compiled rules by their text: a pattern is compiled once per backend, not once per message.
    static COMPILED: RefCell<HashMap<String, Arc<ContentRules>>> = RefCell::new(HashMap::new());
}

/// The assistant with this id, in any tenant.
pub fn party(id: Uuid) -> Option<Party> {
    let mut party = None;
    for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", id, |row| {
        party = row.uuid(c"tenant_id").map(|tenant| Party {
            id,
            tenant,
            kind: row.text(c"type").unwrap_or_default(),
            status: row.text(c"status").unwrap_or_default(),
            is_stopped: in_force(tenant, Some(id)).is_some(),
        });
    });
    party
}

/// The columns of a tenant that messages need.
pub struct Tenant {
    is_active: bool,
    is_holding: bool,
    parent: Option<Uuid>,
    settings: Value,
}

/// The tenant with this id.
pub fn tenant(id: Uuid) -> Option<Tenant> {
    let mut tenant = None;
    for_each_by_uuid(c"tenants", c"tenants_pkey", c"id", id, |row| {
        let settings = row.jsonb(c"settings").map(|settings| settings.value()).unwrap_or_default();
        tenant = Some(Tenant {
            is_active: row.flag(c"is_active"),
            is_holding: row.text(c"type").as_deref() == Some("holding"),
            parent: row.uuid(c"parent_tenant_id"),
            settings: settings.get("messaging").cloned().unwrap_or_default(),
        });
    });
    tenant
}

impl Tenant {
    /// Its messaging settings. Raises an error where they cannot be used, so that an invalid setting never
    /// allows a message.
    pub fn messaging(&self) -> MessagingSettings {
        MessagingSettings::parse(&self.settings).unwrap_or_else(|error| raise(&error.into()))
    }
}

/// The relation of the tenant `receiver` to the tenant `sender`.
pub fn relation(sender: (Uuid, &Tenant), receiver: (Uuid, &Tenant)) -> Relation {
    let ((sender_id, sender), (receiver_id, receiver)) = (sender, receiver);
    if sender_id == receiver_id {
        return Relation::Within;
    }
    if !receiver.is_active {
        return Relation::Unrelated;
    }
    if sender.is_holding && receiver.parent == Some(sender_id) {
        Relation::Across { receiver_seen: true }
    } else if receiver.is_holding && sender.parent == Some(receiver_id) {
        Relation::Across { receiver_seen: false }
    } else {
        Relation::Unrelated
    }
}

/// The active policies of a tenant, ordered by id.
pub fn policies(tenant: Uuid) -> Vec<Policy> {
    let (table, index) = (c"communication_policies", c"communication_policies_tenant_id_id_key");
    let mut policies = Vec::new();
    for_each_by_uuid(table, index, c"tenant_id", tenant, |row| {
        if !row.flag(c"is_active") {
            return;
        }
        let rules = row.jsonb(c"content_rules").map(|rules| rules.with_text(compiled));
        let names = |column| row.text_array(column).map(known_names);
        policies.extend(row.uuid(c"id").map(|id| Policy {
            id,
            name: row.text(c"name").unwrap_or_default(),
            from_types: names(c"from_assistant_types"),
            to_types: names(c"to_assistant_types"),
            channels: names(c"allowed_channels"),
            content: rules.unwrap_or_default(),
            limit:
                row.integer(c"rate_limit_per_hour").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(0),
            scope: Scope::from_name(&row.text(c"rate_limit_scope").unwrap_or_default()),
        }));
    });
    policies
}

/// The elements that are not NULL: NULL matches nothing.
fn known_names(names: Vec<Option<String>>) -> Vec<String> {
    names.into_iter().flatten().collect()
}

/// The compiled rules of a text of `content_rules`; cached.
fn compiled(text: &str) -> Arc<ContentRules> {
    if let Some(known) = COMPILED.with_borrow(|known| known.get(text).cloned()) {
        return known;
    }
    let rules = Arc::new(parsed(text).unwrap_or_else(|error| raise(&error.into())));
    COMPILED.with_borrow_mut(|known| {
        if known.len() >= COMPILED_MAX {
            known.clear();
        }
        known.insert(text.to_owned(), Arc::clone(&rules));
    });
    rules
}

/// Parses `content_rules` from its text.
pub fn parsed(text: &str) -> Result<ContentRules, PolicyError> {
    let unreadable = |_| PolicyError::new("content_rules", "is JSON of moderate depth");
    ContentRules::parse(&serde_json::from_str(text).map_err(unreadable)?)
}
