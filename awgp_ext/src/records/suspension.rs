//! Suspends an assistant over confirmed flags, where the tenant's policy says so.
//!
//! `AFTER UPDATE … FOR EACH ROW EXECUTE FUNCTION awgp.suspend_over_flags('hallucination_flags')`. A lock on
//! the assistant makes its reviewers wait for each other, and each counts what is committed and its own: of
//! two who confirm at the same time, the second sees both. A flag that has suspended its assistant does not
//! count again.

use super::settings;
use crate::notices;
use crate::pg::clock;
use crate::pg::datum::to_sql;
use crate::pg::encoding::Text;
use crate::pg::query::text;
use crate::pg::relation;
use crate::pg::role;
use crate::pg::trigger::{TriggerCall, nothing, trigger_function};
use crate::pg::tuple::Row;
use awgp_core::counted::counted;
use awgp_core::notices::Kind;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use uuid::Uuid;

trigger_function!(awgp_suspend_over_flags, pg_finfo_awgp_suspend_over_flags, suspend_over_flags);

const MICROSECONDS_PER_HOUR: i64 = 3_600_000_000;

const LOCK: &str = "SELECT status FROM awgp.assistants WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE";

const CONVERSATIONS: &str = "
    SELECT count(*) FROM awgp.conversation_logs WHERE tenant_id = $1 AND assistant_id = $2 AND started_at >= $3";

/// As `awgp.set_assistant_status()` does; the trigger on assistants checks the transition.
const SUSPEND: &str = "
    UPDATE awgp.assistants SET status = 'suspended', status_reason = $3 WHERE tenant_id = $1 AND id = $2";

const MARK: &str = "
    UPDATE awgp.hallucination_flags SET suspended_at = clock_timestamp()
    WHERE tenant_id = $1 AND assistant_id = $2 AND status = 'confirmed' AND suspended_at IS NULL AND reviewed_at >= $3";

fn suspend_over_flags(call: &TriggerCall) -> Datum {
    let change = call.change();
    let (Some(old), Some(new)) = (change.old, change.new) else { return nothing() };
    let (old, new) = (Row::new(old, change.descriptor), Row::new(new, change.descriptor));
    let confirmed = |row: &Row| row.text(c"status").as_deref() == Some("confirmed");
    if confirmed(&old) || !confirmed(&new) {
        return nothing();
    }
    let (Some(tenant), Some(assistant)) = (new.uuid(c"tenant_id"), new.uuid(c"assistant_id")) else {
        return nothing();
    };
    if let Some(flag) = new.uuid(c"id") {
        notices::write(Kind::FlagConfirmed, tenant, "hallucination_flags", flag);
    }
    let Some(policy) = settings::hallucinations(tenant).suspend else { return nothing() };
    let about = [to_sql(tenant).into(), to_sql(assistant).into()];
    if lock(&about).as_deref() != Some("active") {
        return nothing();
    }
    let since = clock::timestamp() - i64::from(policy.window_hours) * MICROSECONDS_PER_HOUR;
    let flags = flags_since(assistant, since);
    // SAFETY: a by-value timestamptz.
    let window = unsafe { DatumWithOid::new(Some(Datum::from(since)), pg_sys::TIMESTAMPTZOID) };
    let within = [to_sql(tenant).into(), to_sql(assistant).into(), window];
    if policy.suspends(flags, conversations(&within)) {
        let reason = format!(
            "{} within {}",
            counted(flags, "confirmed hallucination"),
            counted(policy.window_hours, "hour")
        );
        suspend(tenant, assistant, &reason);
        run(MARK, &within);
    }
    nothing()
}

/// The assistant's status, with its row locked until the transaction ends.
fn lock(about: &[DatumWithOid<'_>]) -> Option<String> {
    let status = role::as_owner_past_row_security(c"assistants", || {
        Spi::connect_mut(|client| {
            let rows = client.update(LOCK, Some(1), about)?;
            if rows.is_empty() { Ok(None) } else { rows.first().get_one::<Text>() }
        })
    });
    status
        .unwrap_or_else(|error| error!("the assistant could not be locked: {error}"))
        .map(|Text(status)| status)
}

/// The number of confirmed flags that count, read with a fresh snapshot at every isolation level.
fn flags_since(assistant: Uuid, since: i64) -> u64 {
    // SAFETY: makes the flag that this statement confirms visible.
    unsafe { pg_sys::CommandCounterIncrement() };
    let mut flags = 0;
    // The index contains confirmed flags that have not suspended anybody yet.
    let index = c"idx_hallucination_flags_confirmed";
    relation::for_each_by_uuid(c"hallucination_flags", index, c"assistant_id", assistant, |row| {
        flags += u64::from(row.bigint(c"reviewed_at").is_some_and(|at| at >= since));
    });
    flags
}

fn conversations(within: &[DatumWithOid<'_>]) -> u64 {
    let count = role::as_owner_past_row_security(c"conversation_logs", || {
        Spi::get_one_with_args::<i64>(CONVERSATIONS, within)
    });
    let count = count.unwrap_or_else(|error| error!("conversations could not be counted: {error}"));
    count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

fn suspend(tenant: Uuid, assistant: Uuid, reason: &str) {
    run(SUSPEND, &[to_sql(tenant).into(), to_sql(assistant).into(), text(Some(reason))]);
}

/// Runs as the owner: the suspension is AWGP's own consequence, and the reviewer's role need not allow it.
fn run(sql: &str, arguments: &[DatumWithOid<'_>]) {
    let done = role::as_owner_past_row_security(c"assistants", || {
        Spi::connect_mut(|client| client.update(sql, None, arguments).map(|_| ()))
    });
    if let Err(error) = done {
        error!("the assistant could not be suspended: {error}");
    }
}
