//! Raises a [`Refusal`] as a PostgreSQL error: SQLSTATE, message, DETAIL (JSON) and HINT.

use awgp_core::reason::Family;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::{PgLogLevel, PgSqlErrorCode};
use serde_json::Value;

/// The SQLSTATE of a family. The match is exhaustive; a test compares the codes with `Family::sqlstate`.
pub fn sqlstate(family: Family) -> PgSqlErrorCode {
    match family {
        Family::NotAllowed => PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
        Family::WrongState => PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
        Family::LimitExceeded => PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
        Family::BadArgument => PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
        Family::ConstraintViolation => PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
        Family::ForeignKeyViolation => PgSqlErrorCode::ERRCODE_FOREIGN_KEY_VIOLATION,
        Family::NotFound => PgSqlErrorCode::ERRCODE_NO_DATA_FOUND,
        Family::Retry => PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
    }
}

/// Raises the refusal; does not return.
pub fn raise(refusal: &Refusal) -> ! {
    ErrorReport::new(sqlstate(refusal.reason.family()), refusal.message.clone(), "awgp")
        .set_detail(refusal.detail())
        .set_hint(refusal.hint.clone())
        .report(PgLogLevel::ERROR);
    unreachable!("an ERROR does not return")
}

/// Reports the same as a warning: the operation is carried out nevertheless.
pub fn warn(refusal: &Refusal) {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_WARNING, refusal.message.clone(), "awgp")
        .set_detail(refusal.detail())
        .set_hint(refusal.hint.clone())
        .report(PgLogLevel::WARNING);
}

/// Tells the client something that is not an error; without a hint where there is nothing to do.
pub fn notice(message: &str, facts: &Value, hint: &str) {
    let report = ErrorReport::new(PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION, message.to_owned(), "awgp")
        .set_detail(facts.to_string());
    let report = if hint.is_empty() { report } else { report.set_hint(hint.to_owned()) };
    report.report(PgLogLevel::NOTICE);
}

/// The value; raises the refusal where there is an error instead.
pub fn or_raise<T, E: Into<Refusal>>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| raise(&error.into()))
}
