//! Statements of our own whose plans a session keeps: planned once, run often.
//!
//! They name schemas and operators in full, so no search_path changes what they mean. Rows that they lock are read as they are
//! once the lock is there; at REPEATABLE READ and above, a row that changed meanwhile ends the transaction with 40001.
//!
//! One row of a tenant is asked for by `id = $2 AND uuid_eq(tenant_id, $1)`: as two conditions that an index serves, a plan
//! made while the table is empty may take any index that begins with tenant_id, and reads all of the tenant's rows.

use crate::pg::encoding::to_server;
use crate::pg::transaction::refuse_read_only;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{BuiltinOid, PgOid, TEXTOID};
use pgrx::spi::{OwnedPreparedStatement, Result, Spi, SpiTupleTable};
use std::cell::Cell;

/// One statement.
pub struct Statement {
    sql: &'static str,
    types: &'static [BuiltinOid],
    /// For reading alone, and for writing or locking.
    plans: [Cell<Option<&'static OwnedPreparedStatement>>; 2],
}

impl Statement {
    /// A statement with arguments of these types; planned when it is first run.
    pub const fn new(sql: &'static str, types: &'static [BuiltinOid]) -> Self {
        Self { sql, types, plans: [const { Cell::new(None) }; 2] }
    }

    /// Runs it and reads what it answers. It may write and lock.
    pub fn run<T>(
        &self,
        arguments: &[DatumWithOid<'_>],
        read: impl FnOnce(SpiTupleTable<'_>) -> Result<T>,
    ) -> T {
        // SPI of pgrx gives the transaction a number first, which none has on a standby.
        refuse_read_only(c"this function");
        let answer = Spi::connect_mut(|client| {
            let plan = self.plan(true, |types| Ok(client.prepare_mut(self.sql, types)?.keep()))?;
            read(client.update(plan, None, arguments)?)
        });
        answer.unwrap_or_else(|error| pgrx::error!("awgp's own statement failed: {error}"))
    }

    /// The same, only reading: also on a standby.
    pub fn look<T>(
        &self,
        arguments: &[DatumWithOid<'_>],
        read: impl FnOnce(SpiTupleTable<'_>) -> Result<T>,
    ) -> T {
        let answer = Spi::connect(|client| {
            let plan = self.plan(false, |types| Ok(client.prepare(self.sql, types)?.keep()))?;
            read(client.select(plan, None, arguments)?)
        });
        answer.unwrap_or_else(|error| pgrx::error!("awgp's own statement failed: {error}"))
    }

    /// Runs it and says how many rows it met.
    pub fn count(&self, arguments: &[DatumWithOid<'_>]) -> usize {
        self.run(arguments, |rows| Ok(rows.len()))
    }

    /// The plan, made where there is none; for the rest of the session, so it is never freed.
    fn plan(
        &self,
        writes: bool,
        make: impl FnOnce(&[PgOid]) -> Result<OwnedPreparedStatement>,
    ) -> Result<&'static OwnedPreparedStatement> {
        let kept = &self.plans[usize::from(writes)];
        if let Some(plan) = kept.get() {
            return Ok(plan);
        }
        let types: Vec<PgOid> = self.types.iter().map(|kind| PgOid::BuiltIn(*kind)).collect();
        let plan: &'static _ = Box::leak(Box::new(make(&types)?));
        kept.set(Some(plan));
        Ok(plan)
    }
}

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
            $($(#[doc = $doc])+ static $name: $crate::pg::statement::Statement = const {
                $crate::pg::statement::Statement::new($sql, &[$(pgrx::pg_sys::BuiltinOid::$kind),*])
            };)+
        }
    };
}
pub(crate) use statements;
