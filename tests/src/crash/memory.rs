//! What the clients remember: every transaction that was begun, what it did, and what the server has
//! answered.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use uuid::Uuid;

/// A value that a column of a row had when the transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The table, as the trail names it. [`TRAIL`] for a row of the trail itself.
    pub table: &'static str,
    /// The row.
    pub id: Uuid,
    /// The column.
    pub column: &'static str,
    /// Its value as text.
    pub value: String,
}

/// The table of a fact that names an event of the trail by its number, and tells its action.
pub const TRAIL: &str = "audit_logs";

/// An event's number, as the id of a fact.
pub fn event(number: i64) -> Uuid {
    Uuid::from_u128(u128::from(number.unsigned_abs()))
}

/// What is known of the end of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The commit was answered, or the process was killed after it.
    Committed,
    /// It was not: an error, a rollback, or the connection was lost before the commit was sent.
    Undone,
    /// The commit was sent, and no answer came.
    InDoubt,
    /// Prepared under this name.
    Prepared(String),
    /// PREPARE TRANSACTION was sent, and no answer came.
    Preparing(String),
    /// COMMIT PREPARED (true) or ROLLBACK PREPARED was sent, and no answer came.
    Resolving(String, bool),
}

/// A transaction.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its name; rows that it makes are named after it.
    pub name: String,
    /// How it ended.
    pub end: End,
    /// How many moments had been marked when it began.
    pub since: u64,
    /// What it did.
    pub facts: Vec<Fact>,
    /// What it did within a savepoint and took back.
    pub taken_back: Vec<Fact>,
}

/// A moment at which the server was copied: what clients remembered before it, and what began after it.
pub struct Moment {
    before: Vec<Attempt>,
    marked: u64,
}

/// The memory of all clients of a life, and what they have to know of each other.
#[derive(Default)]
pub struct Memory {
    attempts: Mutex<Vec<Attempt>>,
    moments: AtomicU64,
    errors: Mutex<BTreeMap<String, u64>>,
    unexpected: Mutex<Vec<String>>,
    armed: Mutex<Option<(&'static str, i32)>>,
    acknowledged: AtomicU64,
    failed: AtomicU64,
    over: AtomicBool,
    no_return: AtomicBool,
}

impl Memory {
    /// Remembers a transaction, and returns its place.
    pub fn remember(&self, attempt: Attempt) -> usize {
        if matches!(attempt.end, End::Committed | End::Prepared(_)) {
            self.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        let mut attempts = lock(&self.attempts);
        attempts.push(attempt);
        attempts.len() - 1
    }

    /// What became of a transaction that was prepared.
    pub fn ended(&self, place: usize, end: End) {
        lock(&self.attempts)[place].end = end;
    }

    /// A transaction is remembered no more.
    pub fn forget(&self, place: usize) {
        let attempt = &mut lock(&self.attempts)[place];
        attempt.end = End::InDoubt;
        attempt.facts.clear();
    }

    /// An error of the server. `expected` is false for one that this life has no reason for.
    pub fn error(&self, code: &str, expected: bool, told: impl FnOnce() -> String) {
        self.failed.fetch_add(1, Ordering::SeqCst);
        *lock(&self.errors).entry(code.to_owned()).or_default() += 1;
        if !expected {
            lock(&self.unexpected).push(told());
        }
    }

    /// How many transactions were acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// How many have failed.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// How many moments have been marked.
    pub fn moments(&self) -> u64 {
        self.moments.load(Ordering::SeqCst)
    }

    /// Marks the moment: clients remembered `before`, then the copy was taken, and now it is there.
    pub fn mark(&self, before: Vec<Attempt>) -> Moment {
        Moment { before, marked: self.moments.fetch_add(1, Ordering::SeqCst) + 1 }
    }

    /// What may be expected of a copy that was taken of the server at a moment: what was acknowledged before
    /// is there, what began after is not, and what came in between is there whole or not at all. A copy has
    /// the prepared transactions too (`with_prepared`), or none of them.
    #[must_use]
    pub fn as_of(&self, moment: &Moment, database: &str, with_prepared: bool) -> Self {
        let mut copied = self.attempts();
        for (place, attempt) in copied.iter_mut().enumerate() {
            let gid = gid(database, &attempt.name);
            let then = moment.before.get(place).map(|attempt| &attempt.end);
            let is_later = attempt.since >= moment.marked;
            attempt.end = match (then, &attempt.end) {
                // Recovery up to a time ends with the first commit after it: it may have passed by a
                // transaction that was prepared later.
                _ if is_later && with_prepared => End::Resolving(gid, false),
                _ if is_later => End::Undone,
                (Some(End::Committed), _) => End::Committed,
                (Some(End::Prepared(_)), End::Prepared(_)) if with_prepared => End::Prepared(gid),
                (Some(End::Prepared(_)), End::Committed) if with_prepared => End::Resolving(gid, true),
                (_, End::Prepared(_)) if with_prepared => End::Preparing(gid),
                (_, End::Undone) if with_prepared => End::Resolving(gid, false),
                (_, End::Undone | End::Prepared(_)) => End::Undone,
                _ => End::InDoubt,
            };
            // A copy gives to others the numbers of what is lost.
            if attempt.end != End::Committed {
                let is_certain = |fact: &Fact| fact.table != TRAIL;
                attempt.facts.retain(is_certain);
                attempt.taken_back.retain(is_certain);
            }
        }
        Self { attempts: Mutex::new(copied), ..Self::default() }
    }

    /// From now on nobody begins a transaction.
    pub fn stop(&self) {
        self.no_return.store(true, Ordering::SeqCst);
        self.over.store(true, Ordering::SeqCst);
    }

    /// From now on whoever loses their connection stays away.
    pub fn no_return(&self) {
        self.no_return.store(true, Ordering::SeqCst);
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Whether somebody who has lost their connection connects again.
    pub fn may_return(&self) -> bool {
        !self.no_return.load(Ordering::SeqCst)
    }

    /// The next process that commits dies at this point, when it has come there so often before.
    pub fn arm(&self, point: &'static str, before: i32) {
        *lock(&self.armed) = Some((point, before));
    }

    /// The point at which the caller's process is to die, for the first who asks.
    pub fn take_armed(&self, prepares: bool) -> Option<(&'static str, i32)> {
        let mut armed = lock(&self.armed);
        let fits = match *armed {
            Some(("prepared", _)) => prepares,
            Some(("committed", _)) => !prepares,
            _ => true,
        };
        if fits { armed.take() } else { None }
    }

    /// Every transaction.
    pub fn attempts(&self) -> Vec<Attempt> {
        lock(&self.attempts).clone()
    }

    /// How often each SQLSTATE came; an empty one is a lost connection.
    pub fn errors(&self) -> BTreeMap<String, u64> {
        lock(&self.errors).clone()
    }

    /// Errors without a reason.
    pub fn unexpected(&self) -> Vec<String> {
        lock(&self.unexpected).clone()
    }
}

/// The name under which a transaction is prepared; such names are the whole server's.
pub fn gid(database: &str, name: &str) -> String {
    format!("{database} {name}")
}

/// A lock whose holder has panicked is of a test that has failed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no client has panicked")
}
