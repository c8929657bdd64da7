//! The events of the running transaction, until they are chained.
//!
//! Written when the transaction is about to commit or to be prepared, and earlier whenever the queue exceeds
//! [`FLUSH_EVENTS`] or [`FLUSH_BYTES`], so that a transaction of any size needs little memory.

use super::actor;
use super::append::{Appender, Place};
use super::content::{Content, Stored};
use super::event::Event;
use super::lane_row::Head;
use super::lanes;
use super::permit::CHAIN;
use crate::audit::installation;
use crate::audit::settings;
use crate::injection::{Point, reached};
use crate::pg::jsonb::Jsonb;
use crate::pg::role::{ActingAs, Purpose};
use awgp_core::audit::chain::Linker;
use awgp_core::audit::row::{RowRef, timestamp_from_postgres};
use pgrx::pg_sys;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use uuid::Uuid;

/// The number of queued events that triggers a flush.
const FLUSH_EVENTS: usize = 2048;
/// The number of queued bytes that triggers a flush.
const FLUSH_BYTES: usize = 4 << 20;

/// An event, and the subtransaction that it belongs to: its own, or the one its own was released into.
#[derive(Clone)]
struct Waiting {
    subtransaction: pg_sys::SubTransactionId,
    event: Rc<Event>,
}

/// Events of outer levels that were written inside a savepoint. If the savepoint is rolled back, their rows
/// are lost although the changes stay: then they are queued again.
struct Lent {
    written_in: pg_sys::SubTransactionId,
    events: Vec<Waiting>,
}

#[derive(Default)]
struct Queue {
    events: Vec<Waiting>,
    lent: Vec<Lent>,
    bytes: usize,
    /// The lanes this transaction holds, with the tails it has written.
    heads: HashMap<Uuid, Head>,
    /// True once the commit's own flush has run: later events are written at once.
    committing: bool,
    /// The id of the last event written.
    last_id: Option<i64>,
}

thread_local! {
    static QUEUE: RefCell<Queue> = RefCell::new(Queue::default());
}

fn current_subtransaction() -> pg_sys::SubTransactionId {
    // SAFETY: reads a counter.
    unsafe { pg_sys::GetCurrentSubTransactionId() }
}

/// Adds an event; writes the queue where it has become large.
pub fn push(event: Event) {
    installation::refuse_copy();
    let subtransaction = current_subtransaction();
    let full = QUEUE.with_borrow_mut(|queue| {
        queue.bytes += event.size();
        queue.events.push(Waiting { subtransaction, event: Rc::new(event) });
        queue.committing || queue.events.len() >= FLUSH_EVENTS || queue.bytes >= FLUSH_BYTES
    });
    if full {
        flush();
    }
}

/// Adds an event about the installation, not about a tenant's row.
pub fn push_installation_event(action: &str, entity_type: &str, after: &serde_json::Value) {
    push(Event {
        id: None,
        at: None,
        tenant: installation::id(),
        actor: actor::current(),
        action: action.to_owned(),
        entity_type: entity_type.to_owned(),
        entity_id: None,
        before: None,
        after: Some(Jsonb::from_text(&after.to_string())),
        metadata: None,
        left_out: Vec::new(),
        erasable: Vec::new(),
    });
}

/// Chains and writes the queued events, and returns their number.
pub fn flush() -> usize {
    let written_in = current_subtransaction();
    let (mut events, mut heads) = QUEUE.with_borrow_mut(|queue| {
        queue.bytes = 0;
        let events = std::mem::take(&mut queue.events);
        queue.lend(written_in, &events);
        (events, std::mem::take(&mut queue.heads))
    });
    if events.is_empty() {
        QUEUE.with_borrow_mut(|queue| queue.heads = heads);
        return 0;
    }
    // All transactions use one order, so that they do not deadlock.
    events.sort_by_key(|waiting| waiting.event.tenant);
    let written = events.len();
    with_snapshot(|| {
        let _chaining = CHAIN.hold();
        let mut appender = Appender::open();
        // SAFETY: the appender keeps its relation open until it is closed below.
        let owner = unsafe { ActingAs::owner_of(appender.parent(), Purpose::Restricted) };
        let mut linker = Linker::default();
        for Waiting { event, .. } in &events {
            write(event, &mut heads, &mut linker, &mut appender);
        }
        drop(owner);
        appender.close();
    });
    QUEUE.with_borrow_mut(|queue| queue.heads = heads);
    written
}

fn write(event: &Event, heads: &mut HashMap<Uuid, Head>, linker: &mut Linker, appender: &mut Appender) {
    let head = heads.entry(event.tenant).or_insert_with(|| lanes::take(event.tenant, appender));
    reached(Point::LaneTaken);
    // Where the clock has gone back, the tail's time is used: within a lane time never runs backwards.
    let (timestamp, target) = match event.at {
        None => appender.time(head.timestamp),
        Some(at) => appender.time_of_old(at.max(head.timestamp)),
    };
    let id = event.id.unwrap_or_else(|| appender.next_id());
    let seq = head.link.seq + 1;
    let content = Content::of(event, settings::event_max());
    let hash = linker.link(
        head.link.hash,
        &RowRef {
            id,
            timestamp_us: timestamp_from_postgres(timestamp).unwrap_or(i64::MAX),
            tenant_id: event.tenant,
            actor_type: event.actor.kind.as_bytes(),
            actor_id: event.actor.id,
            action: event.action.as_bytes(),
            entity_type: event.entity_type.as_bytes(),
            entity_id: event.entity_id,
            before_state: content.before.as_ref().map(Stored::text),
            after_state: content.after.as_ref().map(Stored::text),
            metadata: Some(content.metadata.text()),
            chain_lane: head.lane,
            chain_seq: seq,
            integrity_hash: b"",
            updated: false,
            spooled: None,
        },
    );
    let place = Place { id, timestamp, target, lane: head.lane, seq };
    appender.append(event, &content, &place, &hash.to_hex());
    appender.append_values(event, &content, &place);
    head.link.seq = seq;
    head.link.hash = hash;
    head.timestamp = timestamp;
    QUEUE.with_borrow_mut(|queue| queue.last_id = Some(id));
    reached(Point::RowAppended);
}

/// At commit no snapshot is active any more, but triggers on the audit trail may need one.
fn with_snapshot(run: impl FnOnce()) {
    // SAFETY: pushed and popped in pairs; after an error the end of the (sub)transaction pops it.
    unsafe {
        let needed = !pg_sys::ActiveSnapshotSet();
        if needed {
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        }
        run();
        pg_sys::CommandCounterIncrement();
        if needed {
            pg_sys::PopActiveSnapshot();
        }
    }
}

/// The transaction is about to commit or to be prepared: writes everything.
pub fn before_commit() {
    QUEUE.with_borrow_mut(|queue| queue.committing = true);
    flush();
    reached(Point::Written);
}

/// The transaction is about to commit and everything is written: notifies listeners where `awgp.audit_notify`
/// is on. A prepared transaction cannot notify; followers find its events by polling.
pub fn notify() {
    let Some(id) = QUEUE.with_borrow(|queue| queue.last_id) else { return };
    if settings::notifies() {
        crate::pg::notify::notify(c"awgp_audit", &id.to_string());
    }
}

/// The install id has changed: the next event of a lane follows another link.
pub fn forget_tails() {
    QUEUE.with_borrow_mut(|queue| queue.heads.clear());
}

/// The transaction has ended.
pub fn forget() {
    installation::forget();
    QUEUE.with_borrow_mut(|queue| {
        let used = !queue.events.is_empty() || !queue.heads.is_empty() || !queue.lent.is_empty();
        if used || queue.committing || queue.last_id.is_some() {
            *queue = Queue::default();
        }
    });
}

/// A savepoint was rolled back: its events are dropped, its locks are released, and events of outer levels
/// that it wrote are queued again.
pub fn forget_subtransaction(own: pg_sys::SubTransactionId) {
    installation::forget();
    QUEUE.with_borrow_mut(|queue| {
        // Ids ascend within a transaction, so the events of this savepoint and of those within it are at the
        // end.
        while queue.events.last().is_some_and(|waiting| waiting.subtransaction >= own) {
            queue.events.pop();
        }
        let inner = queue.lent.iter().position(|lent| lent.written_in >= own).unwrap_or(queue.lent.len());
        let returned: Vec<Waiting> = queue.lent.drain(inner..).flat_map(|lent| lent.events).collect();
        queue.events.splice(0..0, returned);
        queue.bytes = queue.events.iter().map(|waiting| waiting.event.size()).sum();
        queue.heads.clear();
    });
}

/// A savepoint was released: its events and what it wrote now belong to its parent.
pub fn adopt_subtransaction(own: pg_sys::SubTransactionId, parent: pg_sys::SubTransactionId) {
    QUEUE.with_borrow_mut(|queue| {
        let events = queue.events.iter_mut().rev();
        for waiting in events.take_while(|waiting| waiting.subtransaction >= own) {
            waiting.subtransaction = parent;
        }
        for lent in queue.lent.iter_mut().filter(|lent| lent.written_in >= own) {
            lent.written_in = parent;
            lent.events.retain(|waiting| waiting.subtransaction < parent);
        }
        queue.lent.retain(|lent| !lent.events.is_empty());
    });
}

impl Queue {
    /// Keeps the events of outer levels that are about to be written in this savepoint.
    fn lend(&mut self, written_in: pg_sys::SubTransactionId, events: &[Waiting]) {
        // Ids ascend, so events of outer levels come first; outside savepoints there are none.
        let outer = events.iter().take_while(|waiting| waiting.subtransaction < written_in);
        let events: Vec<Waiting> = outer.cloned().collect();
        if !events.is_empty() {
            self.lent.push(Lent { written_in, events });
        }
    }
}
