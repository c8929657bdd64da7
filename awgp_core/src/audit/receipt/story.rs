//! What the events of a receipt say together, or what does not fit.

use super::parts::{About, Doubt, Of, Part, Summary};
use super::state::{State, foreign};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The event in which a person has said what became of an action.
const RECONCILED: &str = "action.reconciled";

/// What an action has from its beginning to its end.
const KEPT: [&str; 7] =
    ["action", "work_item_id", "assistant_id", "provider", "arguments_digest", "approval_id", "begun_at"];

/// An event and what it is about.
#[derive(Clone, Copy)]
struct Event<'a> {
    of: Of,
    part: &'a Part,
}

impl<'a> Event<'a> {
    fn id(&self) -> Result<Uuid, Doubt> {
        self.part.row.entity_id.ok_or_else(|| foreign(self.of, "entity_id", "is null"))
    }

    fn after(&self) -> Result<State<'a>, Doubt> {
        State::read(self.of, "after_state", self.part.row.after_state.as_deref())
    }

    fn before(&self) -> Result<State<'a>, Doubt> {
        State::read(self.of, "before_state", self.part.row.before_state.as_deref())
    }

    fn is(&self, action: &str) -> bool {
        self.part.row.action == action
    }

    /// Refuses an event of another tenant, of another table, or that a client has written.
    fn check(&self, tenant: Uuid) -> Result<(), Doubt> {
        let row = &self.part.row;
        if row.tenant_id != tenant {
            return Err(foreign(self.of, "tenant_id", "is not the receipt's"));
        }
        if row.entity_type != self.part.part.table() {
            return Err(foreign(self.of, "entity_type", &format!("is not {}", self.part.part.table())));
        }
        let metadata: Option<BTreeMap<String, &RawValue>> =
            row.metadata.as_deref().and_then(|json| serde_json::from_str(json).ok());
        match metadata {
            Some(metadata) if !metadata.contains_key("origin") => {}
            _ => return Err(foreign(self.of, "metadata", "says that AWGP did not record it by itself")),
        }
        let known = match self.part.part {
            About::Action => ["insert", "update", RECONCILED].as_slice(),
            About::Approval => &["insert", "update"],
            About::Vote | About::Cost => &["insert"],
        };
        if known.contains(&row.action.as_str()) {
            return Ok(());
        }
        Err(foreign(self.of, "action", &format!("is none of {}", known.join(", "))))
    }
}

/// The events of a receipt, in the order in which they were chained.
struct Events<'a>(Vec<Event<'a>>);

impl<'a> Events<'a> {
    fn read(tenant: Uuid, parts: &'a [Part]) -> Result<Self, Doubt> {
        let mut events: Vec<Event<'a>> =
            parts.iter().map(|part| Event { of: Of::Event(part.part, part.row.id), part }).collect();
        events.sort_by_key(|event| event.part.row.id);
        for (place, event) in events.iter().enumerate() {
            event.check(tenant)?;
            if place > 0 && events[place - 1].part.row.id == event.part.row.id {
                return Err(foreign(event.of, "id", "is there twice"));
            }
        }
        Ok(Self(events))
    }

    fn about(&self, about: About) -> impl Iterator<Item = Event<'a>> {
        self.0.iter().copied().filter(move |event| event.part.part == about)
    }
}

/// The versions of one row: how it was made, and each change, without a gap.
struct Versions<'a> {
    events: Vec<Event<'a>>,
    states: Vec<State<'a>>,
}

impl<'a> Versions<'a> {
    /// Reads the events of the row with this id.
    fn read(
        about: About,
        id: Uuid,
        whose: &str,
        tenant: Uuid,
        events: Vec<Event<'a>>,
    ) -> Result<Self, Doubt> {
        for event in &events {
            if event.id()? != id {
                return Err(foreign(event.of, "entity_id", &format!("is not {whose}")));
            }
        }
        let mut states: Vec<State<'a>> = Vec::with_capacity(events.len());
        for event in &events {
            let after = event.after()?;
            after.must_be_row(id, tenant)?;
            match (states.last(), event.is("insert")) {
                (None, true) => {}
                (None, false) => return Err(missing(about, &format!("makes the {}", about.name()))),
                (Some(_), true) => return Err(foreign(event.of, "action", "makes a row that is there")),
                (Some(last), false) => {
                    if event.before()?.differs(last).is_some() {
                        let what = format!("changes the {} before event {}", about.name(), event.part.row.id);
                        return Err(missing(about, &what));
                    }
                }
            }
            states.push(after);
        }
        Ok(Self { events, states })
    }

    /// The newest version.
    fn last(&self, about: About) -> Result<&State<'a>, Doubt> {
        self.states.last().ok_or_else(|| missing(about, &format!("makes the {}", about.name())))
    }
}

/// What the events say of the action.
pub fn told(action_id: Uuid, tenant: Uuid, parts: &[Part]) -> Result<Summary, Doubt> {
    let events = Events::read(tenant, parts)?;
    let of_action = || events.about(About::Action);
    let versions = of_action().filter(|event| !event.is(RECONCILED)).collect();
    let versions = Versions::read(About::Action, action_id, "the receipt's action_id", tenant, versions)?;
    let action = versions.last(About::Action)?;
    let reconciled = of_action().filter(|event| event.is(RECONCILED));
    let reconciled = reason_of(action_id, reconciled, &versions)?;
    let approval_id = approval(action, &events, tenant)?;
    let approver_ids = votes(approval_id, &events, tenant)?;
    let cost_transaction_id: Option<Uuid> = action.optional("cost_transaction_id")?;
    let cost_amount = cost(cost_transaction_id, action, &events, tenant)?;
    kept(&versions)?;
    Ok(Summary {
        action: action.needed("action")?,
        work_item_id: action.needed("work_item_id")?,
        assistant_id: action.needed("assistant_id")?,
        status: action.needed("status")?,
        begun_at: action.needed("begun_at")?,
        finished_at: action.optional("finished_at")?,
        arguments_digest: action.optional("arguments_digest")?,
        finish_digest: action.optional("finish_digest")?,
        reconciled,
        approval_id,
        approver_ids,
        cost_transaction_id,
        cost_amount,
    })
}

/// Refuses where the action is another one than began, or where its entry of the ledger is gone.
fn kept(versions: &Versions<'_>) -> Result<(), Doubt> {
    let [first, .., last] = versions.states.as_slice() else { return Ok(()) };
    let of = versions.events.last().map_or(Of::Summary, |event| event.of);
    if let Some(column) = KEPT.iter().find(|column| !last.has_same(column, first)) {
        return Err(foreign(of, column, "is not what the action began with"));
    }
    let entry = |state: &State<'_>| state.optional::<Uuid>("cost_transaction_id");
    for state in &versions.states {
        if entry(state)?.is_some_and(|id| entry(last).is_ok_and(|last| last != Some(id))) {
            return Err(foreign(of, "cost_transaction_id", "is not the entry that an event before names"));
        }
    }
    Ok(())
}

/// Why a person knew what had become of the action.
fn reason_of<'a>(
    action_id: Uuid,
    mut events: impl Iterator<Item = Event<'a>>,
    versions: &Versions<'_>,
) -> Result<Option<String>, Doubt> {
    let Some(event) = events.next() else { return Ok(None) };
    if event.id()? != action_id {
        return Err(foreign(event.of, "entity_id", "is not the receipt's action_id"));
    }
    if let Some(other) = events.next() {
        return Err(foreign(other.of, "action", "is there twice"));
    }
    let said = event.after()?;
    said.must_be("action", &action_id, "the receipt's action_id")?;
    let status: String = said.needed("status")?;
    let was_so = |state: &State<'_>| state.needed::<String>("status").is_ok_and(|was| was == status);
    if !versions.states.iter().any(was_so) {
        return Err(foreign(event.of, "status", "is not what became of the action"));
    }
    said.needed("reason").map(Some)
}

/// The approval: it is the action's own or its work item's, approved, and used before the action began.
fn approval(action: &State<'_>, events: &Events<'_>, tenant: Uuid) -> Result<Option<Uuid>, Doubt> {
    let of_approval: Vec<Event<'_>> = events.about(About::Approval).collect();
    let own: Option<Uuid> = action.optional("approval_id")?;
    let id = match (own, of_approval.first()) {
        (Some(id), _) => id,
        (None, Some(event)) => event.id()?,
        (None, None) => return Ok(None),
    };
    let versions = Versions::read(About::Approval, id, "the action's approval_id", tenant, of_approval)?;
    let approval = versions.last(About::Approval)?;
    let same = |column: &str, text: Option<String>| match text {
        Some(text) => approval.must_be(column, &text, &format!("the action's {column}")),
        None => approval.must_be(column, &Value::Null, "null"),
    };
    approval.must_be("work_item_id", &action.needed::<Uuid>("work_item_id")?, "the action's work_item_id")?;
    // One of the work item names neither an action nor arguments.
    same("action", own.map(|_| action.needed("action")).transpose()?)?;
    same("arguments_digest", if own.is_some() { action.optional("arguments_digest")? } else { None })?;
    approval.must_be("status", &"approved".to_owned(), "approved")?;
    let last = versions.events.last().map_or(Of::Summary, |event| event.of);
    let used: Option<String> = approval.optional("used_at")?;
    // Times of the trail have one form, so their order is that of the texts.
    if used.is_none_or(|used| action.needed::<String>("begun_at").is_ok_and(|begun| used > begun)) {
        return Err(foreign(last, "used_at", "is not before the action began"));
    }
    decided(&versions, events)?;
    Ok(Some(id))
}

/// Refuses where the vote is missing that decided.
fn decided(versions: &Versions<'_>, events: &Events<'_>) -> Result<(), Doubt> {
    for (before, after) in versions.states.iter().zip(versions.states.iter().skip(1)) {
        let status = |state: &State<'_>| state.needed::<String>("status");
        if status(before)? == "approved" || status(after)? != "approved" {
            continue;
        }
        let approver: Uuid = after.needed("approved_by")?;
        let voted = |event: Event<'_>| {
            event.after().is_ok_and(|vote| vote.must_be("approver_id", &approver, "").is_ok())
        };
        if !events.about(About::Vote).any(voted) {
            return Err(missing(About::Vote, &format!("is the vote of {approver}, who approved")));
        }
    }
    Ok(())
}

/// Who voted on the approval.
fn votes(approval: Option<Uuid>, events: &Events<'_>, tenant: Uuid) -> Result<Vec<Uuid>, Doubt> {
    let mut approvers = Vec::new();
    for event in events.about(About::Vote) {
        let vote = event.after()?;
        vote.must_be_row(event.id()?, tenant)?;
        vote.must_be("approval_id", &approval, "the approval's id")?;
        let decision: String = vote.needed("decision")?;
        if decision != "approve" && decision != "break_glass" {
            return Err(foreign(event.of, "decision", "is not for the approval"));
        }
        let approver = vote.needed("approver_id")?;
        if approvers.contains(&approver) {
            return Err(foreign(event.of, "approver_id", "has voted already"));
        }
        approvers.push(approver);
    }
    Ok(approvers)
}

/// The amount of the entry of the ledger.
fn cost(
    id: Option<Uuid>,
    action: &State<'_>,
    events: &Events<'_>,
    tenant: Uuid,
) -> Result<Option<String>, Doubt> {
    let mut amount = None;
    for event in events.about(About::Cost) {
        if Some(event.id()?) != id || amount.is_some() {
            return Err(foreign(event.of, "entity_id", "is not the action's cost_transaction_id"));
        }
        let entry = event.after()?;
        entry.must_be_row(event.id()?, tenant)?;
        for column in ["work_item_id", "assistant_id"] {
            entry.must_be(column, &action.needed::<Uuid>(column)?, &format!("the action's {column}"))?;
        }
        if let Some(provider) = action.optional::<String>("provider")? {
            entry.must_be("provider", &provider, "the action's provider")?;
        }
        amount = Some(entry.number("cost_amount")?);
    }
    match (id, &amount) {
        (Some(id), None) => Err(missing(About::Cost, &format!("enters {id} in the ledger"))),
        _ => Ok(amount),
    }
}

fn missing(about: About, what: &str) -> Doubt {
    Doubt::Missing { about, what: what.to_owned() }
}
