//! Erasable values on their way from an event to `awgp.audit_erasable_values`.
//!
//! They are taken out of a state before it is measured, hashed or stored; the state keeps a commitment to
//! each ([`awgp_core::audit::erasable`]). The row of the table is written when the event is chained, in the
//! same transaction. A value that both states have is stored once.

use super::left_out::Summed;
use super::permit::{CHAIN, ERASE, FORGET};
use super::{secrets, settings};
use crate::locks::Subject;
use crate::moving;
use crate::pg::encoding::bytes_from_server;
use crate::pg::jsonb::Jsonb;
use crate::pg::jsonb::text::{self, Sink};
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::trigger::{TriggerCall, trigger_function};
use crate::records::salt;
use awgp_core::audit::entity::entity_id;
use awgp_core::audit::erasable::{placeholder, value_commitment};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys::Datum;
use pgrx::prelude::*;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::ffi::CStr;
use uuid::Uuid;

/// The columns of audit_erasable_values, in the order in which [`super::append`] fills them.
pub const COLUMNS: [&CStr; 11] = [
    c"tenant_id",
    c"commitment",
    c"audit_id",
    c"chained_at",
    c"entity_type",
    c"member",
    c"subject",
    c"salt",
    c"value",
    c"erased_at",
    c"erasure_id",
];

/// The subjects of a tenant share this many locks, so that a transaction over many of them needs few.
const LOCKS_PER_TENANT: u64 = 64;

/// A value that was taken out of an event.
pub struct Taken {
    /// Its member's name.
    pub member: String,
    /// What the event has in its place.
    pub commitment: String,
    /// The key of the commitment.
    pub salt: Vec<u8>,
    /// The value.
    pub value: Jsonb,
    /// The parts of the event that have the commitment.
    pub places: Vec<&'static str>,
    /// Whose it is.
    pub subject: Option<String>,
    /// The id of the event of the erasure that writes it: the value is not kept.
    pub erasure: Option<i64>,
}

impl Taken {
    /// The bytes it takes in memory, roughly.
    pub fn size(&self) -> usize {
        self.value.bytes().len() + self.member.len() + size_of::<Self>()
    }

    /// The names by which metadata names it, without the parts that were left out as a whole.
    pub fn names<'a>(&'a self, left_out: &'a [String]) -> impl Iterator<Item = String> + 'a {
        let is_kept = |place: &&&'static str| !left_out.iter().any(|name| name == **place);
        self.places.iter().filter(is_kept).map(|place| format!("{place}.{}", self.member))
    }
}

/// Takes members out of a part of an event. Null stays, and so does a state that is not an object.
pub fn take(
    place: &'static str,
    state: Jsonb,
    is_erasable: &dyn Fn(&str) -> bool,
    subject: Option<&str>,
    taken: &mut Vec<Taken>,
) -> Jsonb {
    let mut commitments = Map::new();
    for (name, value) in members(&state, is_erasable) {
        let known = taken.iter_mut().find(|known| {
            known.member == name
                && known.subject.as_deref() == subject
                && known.value.with_text(|text| text == value)
        });
        let commitment = match known {
            Some(known) => {
                known.places.push(place);
                known.commitment.clone()
            }
            None => {
                let new = Taken::new(place, name.clone(), &value, subject);
                let commitment = new.commitment.clone();
                taken.push(new);
                commitment
            }
        };
        let shown = serde_json::from_str(&placeholder(&commitment)).unwrap_or(Value::Null);
        commitments.insert(name, shown);
    }
    if commitments.is_empty() {
        return state;
    }
    state.with(&Jsonb::from_text(&Value::Object(commitments).to_string()))
}

impl Taken {
    fn new(place: &'static str, member: String, value: &str, subject: Option<&str>) -> Self {
        let (salt, value) = (salt::new(), Jsonb::from_text(value));
        Self {
            commitment: value.with_text(|text| value_commitment(&salt, text)),
            member,
            salt,
            value,
            places: vec![place],
            subject: subject.map(str::to_owned),
            erasure: None,
        }
    }
}

/// The erasable members of an object that are not null, with their texts; secrets are masked. Of one that is
/// longer than an event may be, length and digest are the value: the event has a commitment to them.
fn members(state: &Jsonb, is_erasable: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for member in text::members(state.bytes(), usize::MAX).unwrap_or_default() {
        let name = bytes_from_server(member.key).into_owned();
        if !is_erasable(&name) {
            continue;
        }
        let mut written = Vec::new();
        member.write_hiding(&secrets::is_secret_key, &mut written);
        if written == b"null" {
            continue;
        }
        let value = if written.len() > settings::event_max() {
            let mut summed = Summed::default();
            summed.put(&written);
            summed.placeholder()
        } else {
            bytes_from_server(&written).into_owned()
        };
        found.push((name, value));
    }
    found
}

/// What an erasure does to the values of a change that it makes itself: those that it removes are not kept
/// once more, and what it puts in their place is no personal data.
pub fn take_erased(
    before: Jsonb,
    after: &Jsonb,
    is_erasable: &dyn Fn(&str) -> bool,
    taken: &mut Vec<Taken>,
) -> Jsonb {
    let kept = members(after, is_erasable);
    let stays = |name: &str, value: &str| kept.iter().any(|(other, same)| other == name && same == value);
    let gone: Vec<String> = members(&before, is_erasable)
        .into_iter()
        .filter(|(name, value)| !stays(name, value))
        .map(|(name, _)| name)
        .collect();
    let first = taken.len();
    let before = take("before_state", before, &|name| gone.iter().any(|other| other == name), None, taken);
    for new in &mut taken[first..] {
        new.erasure = ERASURE.get();
        new.salt.clear();
        new.value = Jsonb::from_text("null");
    }
    before
}

thread_local! {
    /// The id of the event of the erasure that runs; counts only while [`ERASE`] is held.
    static ERASURE: Cell<Option<i64>> = const { Cell::new(None) };
}

/// Runs `body` as the erasure whose event has this id.
pub fn erasing<T>(event: i64, body: impl FnOnce() -> T) -> T {
    let _erasing = ERASE.hold();
    ERASURE.set(Some(event));
    body()
}

/// True while an erasure writes.
pub fn is_erasing() -> bool {
    ERASE.is_held()
}

/// Keeps an erasure of the subject's values waiting until this transaction has ended: it finds what was
/// written before it.
pub fn share(tenant: Uuid, taken: &[Taken]) {
    for subject in taken.iter().filter_map(|taken| taken.subject.as_deref()) {
        lock::share_row(Subject::Erasure, lock_of(tenant, subject));
    }
}

/// Waits for the transactions that write values of the subject, and keeps others waiting until the end of
/// this one.
pub fn lock_out(tenant: Uuid, subject: &str) {
    lock::lock_row(Subject::Erasure, lock_of(tenant, subject));
}

fn lock_of(tenant: Uuid, subject: &str) -> Uuid {
    let (high, low) = entity_id(&[tenant.to_string(), subject.to_owned()]).as_u64_pair();
    let bucket = (high ^ low) % LOCKS_PER_TENANT;
    entity_id(&[tenant.to_string(), bucket.to_string()])
}

trigger_function!(awgp_guard_erasable, pg_finfo_awgp_guard_erasable, guard_erasable);

/// Allows four writes: values of events that are chained, an erasure, a family that moves, and the end of a
/// month. Refuses every other INSERT, UPDATE, DELETE and TRUNCATE.
fn guard_erasable(call: &TriggerCall) -> Datum {
    let is_allowed = match call.operation() {
        "insert" => CHAIN.is_held(),
        "update" => ERASE.is_held(),
        "delete" => FORGET.is_held(),
        _ => false,
    };
    if is_allowed || moving::carries(call.relation_oid()) {
        return call.keep();
    }
    raise(
        &Refusal::new(
            Reason::AuditImmutable,
            "the erasable values of the audit trail are written only by AWGP",
            "Erase a user's values with awgp.erase_user().",
        )
        .with("table", call.argument(0))
        .with("operation", call.operation()),
    )
}

/// The commitment to a value under a salt, as the trail has it in place of the value.
#[pg_extern(immutable, parallel_safe, strict)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn erasable_commitment(salt: &[u8], value: Jsonb) -> String {
    value.with_text(|text| value_commitment(salt, text))
}
