//! Who decides: the user in context.

use awgp_client::{Failure, Row, Trouble, Work};
use awgp_core::reason::Reason;

const EXPLAIN: &str = "SELECT awgp.explain_approval($1::text::uuid, $2::text::uuid)::text";

/// Whether a user may decide, and why or why not; without a user, the one in context.
pub async fn explained(work: &Work<'_>, approval: &str, user: Option<&String>) -> Result<Row, Trouble> {
    Ok(Row::of_answer(&work.text(EXPLAIN, &[&approval, &user]).await?)?)
}

/// Refuses where nobody is in context.
pub async fn require_user(work: &Work<'_>) -> Result<(), Trouble> {
    if has_user(work).await? {
        return Ok(());
    }
    Err(Failure::of_reason(Reason::NoUserContext, "this command needs a user in context")
        .hint("add --user E-MAIL or set AWGP_USER; `awgp approval inbox` without a user names who may decide")
        .into())
}

/// Whether a user is in context.
pub async fn has_user(work: &Work<'_>) -> Result<bool, Trouble> {
    Ok(work.number("SELECT (awgp.current_user_id() IS NOT NULL)::integer::bigint", &[]).await? == 1)
}
