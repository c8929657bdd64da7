//! Work that may fail without failing the transaction.

use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::{PgLogLevel, PgSqlErrorCode, PgTryBuilder, pg_sys};
use serde_json::{Map, Value};
use std::ffi::CStr;
use std::panic::AssertUnwindSafe;

/// An error that was caught, as a client would have seen it.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The SQLSTATE.
    pub code: PgSqlErrorCode,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
}

impl Failed {
    fn of(caught: &CaughtError) -> Self {
        let (CaughtError::PostgresError(report)
        | CaughtError::ErrorReport(report)
        | CaughtError::RustPanic { ereport: report, .. }) = caught;
        Self {
            code: report.sql_error_code(),
            message: report.message().to_owned(),
            detail: report.detail().map(str::to_owned),
            hint: report.hint().map(str::to_owned),
        }
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Raises it again, outside the subtransaction, which is over.
    pub fn raise_on(&self) -> ! {
        let mut report = ErrorReport::new(self.code, self.message.clone(), "awgp");
        if let Some(detail) = &self.detail {
            report = report.set_detail(detail.clone());
        }
        if let Some(hint) = &self.hint {
            report = report.set_hint(hint.clone());
        }
        report.report(PgLogLevel::ERROR);
        unreachable!("an ERROR does not return")
    }

    /// sqlstate and message, with detail and hint where the error has them.
    pub fn to_json(&self) -> Value {
        // SAFETY: a C string in a static buffer, copied at once.
        let sqlstate = unsafe { CStr::from_ptr(pg_sys::unpack_sql_state(self.code as i32)) };
        let mut object = Map::new();
        object.insert("sqlstate".to_owned(), sqlstate.to_string_lossy().into_owned().into());
        object.insert("message".to_owned(), self.message.clone().into());
        for (name, text) in [("detail", &self.detail), ("hint", &self.hint)] {
            if let Some(text) = text {
                // DETAIL of a refusal is itself JSON.
                let value = serde_json::from_str(text).unwrap_or_else(|_| text.clone().into());
                object.insert(name.to_owned(), value);
            }
        }
        Value::Object(object)
    }
}

/// Runs `body` in a subtransaction of its own. If it raises an error, its changes are rolled back and the
/// error is returned. Cancellation and shutdown are not failures of the work: they are raised again.
pub fn within<T>(body: impl FnOnce() -> T) -> Result<T, Failed> {
    // SAFETY: as PL/pgSQL runs a block with an EXCEPTION clause: memory context and resource owner are
    // restored here, everything else by the end of the subtransaction.
    unsafe {
        let (memory, owner) = (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner);
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(memory);
        let outcome = PgTryBuilder::new(AssertUnwindSafe(|| Ok(body()))).catch_others(Err).execute();
        pg_sys::MemoryContextSwitchTo(memory);
        match &outcome {
            Ok(_) => pg_sys::ReleaseCurrentSubTransaction(),
            Err(_) => pg_sys::RollbackAndReleaseCurrentSubTransaction(),
        }
        pg_sys::MemoryContextSwitchTo(memory);
        pg_sys::CurrentResourceOwner = owner;
        outcome.map_err(|caught| {
            let failed = Failed::of(&caught);
            match failed.code {
                PgSqlErrorCode::ERRCODE_QUERY_CANCELED | PgSqlErrorCode::ERRCODE_ADMIN_SHUTDOWN => {
                    caught.rethrow()
                }
                _ => failed,
            }
        })
    }
}
