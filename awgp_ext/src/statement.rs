//! Statements of our own whose plans a session keeps: planned once, run often.
//!
//! They name schemas and operators in full, so no search_path changes what they mean. Rows that they lock are read as they are
//! once the lock is there; at REPEATABLE READ and above, a row that changed meanwhile ends the transaction with 40001.

use crate::encoding::to_server;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{BuiltinOid, PgOid, TEXTOID};
use pgrx::spi::{OwnedPreparedStatement, Result, Spi, SpiTupleTable};
use std::cell::Cell;

/// One statement.
pub struct Statement {
    sql: &'static str,
    types: &'static [BuiltinOid],
    plan: Cell<Option<&'static OwnedPreparedStatement>>,
}

impl Statement {
    /// A statement with arguments of these types; planned when it is first run.
    pub const fn new(sql: &'static str, types: &'static [BuiltinOid]) -> Self {
        Self { sql, types, plan: Cell::new(None) }
    }

    /// Runs it and reads what it answers.
    pub fn run<T>(
        &self,
        arguments: &[DatumWithOid<'_>],
        read: impl FnOnce(SpiTupleTable<'_>) -> Result<T>,
    ) -> T {
        let answer = Spi::connect_mut(|client| {
            let plan = match self.plan.get() {
                Some(plan) => plan,
                None => {
                    let types: Vec<PgOid> = self.types.iter().map(|kind| PgOid::BuiltIn(*kind)).collect();
                    // For the rest of the session; the plan is never freed.
                    let plan: &'static _ = Box::leak(Box::new(client.prepare_mut(self.sql, &types)?.keep()));
                    self.plan.set(Some(plan));
                    plan
                }
            };
            read(client.update(plan, None, arguments)?)
        });
        answer.unwrap_or_else(|error| pgrx::error!("awgp's own statement failed: {error}"))
    }

    /// Runs it and says how many rows it met.
    pub fn count(&self, arguments: &[DatumWithOid<'_>]) -> usize {
        self.run(arguments, |rows| Ok(rows.len()))
    }
}

#[allow(dead_code, reason = "approvals are next")]
/// A text argument, in the server's encoding; NULL for none.
pub fn text(text: Option<&str>) -> DatumWithOid<'static> {
    let datum = text.and_then(to_server);
    // SAFETY: null, or a text datum.
    datum.map_or(DatumWithOid::null_oid(TEXTOID), |datum| unsafe { DatumWithOid::new(datum, TEXTOID) })
}

/// Declares statements: `statements! { NAME(UUIDOID, TEXTOID) = "SELECT …"; }`.
macro_rules! statements {
    ($($(#[doc = $doc:literal])+ $name:ident($($kind:ident),*) = $sql:expr;)+) => {
        thread_local! {
            $($(#[doc = $doc])+ static $name: $crate::statement::Statement = const {
                $crate::statement::Statement::new($sql, &[$(pgrx::pg_sys::BuiltinOid::$kind),*])
            };)+
        }
    };
}
pub(crate) use statements;
