//! What an erasure is about, what it answers, and how it reads and writes.

use crate::pg::datum::to_sql;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use uuid::Uuid;

/// One line of the answer.
#[derive(Default)]
pub struct Line {
    /// Where: a table, or another place.
    pub place: String,
    /// What: columns, members of events, conversations.
    pub what: String,
    /// How many.
    pub found: Option<i64>,
    /// How many of them are erased, or would be.
    pub erased: i64,
    /// How many of them remain.
    pub remains: Option<i64>,
    /// Why they do.
    pub why: Option<String>,
}

impl Line {
    /// What no erasure reaches.
    pub fn elsewhere() -> Self {
        Self {
            place: "elsewhere".to_owned(),
            what: "backups, exports, replicas, your own tables, events without erasable values".to_owned(),
            why: Some("AWGP does not reach it: docs/erasure.md says what to do".to_owned()),
            ..Self::default()
        }
    }

    /// Events that have values in plain, of these columns and months.
    pub fn recorded_before(kind: &str, found: i64, columns: Option<String>, months: Option<String>) -> Self {
        Self {
            place: "awgp.audit_logs".to_owned(),
            what: format!("{kind}: {}", columns.unwrap_or_default()),
            found: Some(found),
            erased: 0,
            remains: Some(found),
            why: Some(format!(
                "recorded when the columns were not declared; until these months are retired: {}",
                months.unwrap_or_default()
            )),
        }
    }
}

/// What is erased, and of whom.
pub struct Erasure<'a> {
    /// The tenant in context.
    pub tenant: Uuid,
    /// The user.
    pub user: Uuid,
    /// Why; stays in the trail.
    pub reason: &'a str,
    /// True where nothing is written.
    pub is_dry: bool,
}

impl Erasure<'_> {
    /// The rows of a query about tenant and user, $1 and $2.
    pub fn rows<T>(&self, query: &str, read: impl Fn(spi::SpiHeapTupleData<'_>) -> spi::Result<T>) -> Vec<T> {
        select(query, &[to_sql(self.tenant).into(), to_sql(self.user).into()], read)
    }
}

/// The rows of a query; it may lock, and sees what was committed a moment ago.
pub fn select<T>(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    read: impl Fn(spi::SpiHeapTupleData<'_>) -> spi::Result<T>,
) -> Vec<T> {
    Spi::connect_mut(|client| {
        client.update(query, None, arguments)?.map(read).collect::<spi::Result<Vec<T>>>()
    })
    .unwrap_or_else(|error| error!("what is to be erased could not be read: {error}"))
}

/// Runs a statement, and returns how many rows it has changed.
pub fn change(statement: &str, arguments: &[DatumWithOid<'_>]) -> i64 {
    let changed = Spi::connect_mut(|client| client.update(statement, None, arguments).map(|rows| rows.len()));
    let changed = changed.unwrap_or_else(|error| error!("what is to be erased could not be erased: {error}"));
    i64::try_from(changed).unwrap_or(i64::MAX)
}
