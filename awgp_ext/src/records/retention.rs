//! Conversations past their retention: `awgp.erase_due_conversations()`, a step of maintenance.

use super::settings;
use crate::pg::clock;
use crate::pg::datum::to_sql;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// The most conversations of one tenant that a call erases; the next call continues.
const BATCH: i64 = 1000;

/// Only selects the conversations and gives the reason; the trigger applies the rules. Skips rows that
/// another session has locked.
const ERASE: &str = "
    UPDATE awgp.conversation_logs AS log SET erased_at = clock_timestamp(), erased_reason = 'retention'
    WHERE log.tenant_id = $1 AND log.id = ANY (ARRAY(
        SELECT due.id FROM awgp.conversation_logs AS due
        WHERE due.tenant_id = $1 AND due.erased_at IS NULL AND NOT due.legal_hold
          AND coalesce(due.ended_at, due.updated_at) < $2 - make_interval(days => $3)
        ORDER BY due.ended_at LIMIT $4 FOR UPDATE SKIP LOCKED))";

/// Erases the conversations that are past their retention at `at`, and returns their number.
///
/// SECURITY DEFINER, because maintainers see no tenant's rows. A time later than now counts as now, so that
/// nothing is erased before its time.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn erase_due_conversations(at: default!(Option<TimestampWithTimeZone>, "NULL")) -> i64 {
    refuse_read_only(c"awgp.erase_due_conversations()");
    let at = clock::given_until_now("at", at);
    let mut erased = 0;
    for (tenant, days) in settings::retentions() {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let arguments = [to_sql(tenant).into(), at.into(), days.into(), BATCH.into()];
        let done = role::as_owner_past_row_security(c"conversation_logs", || {
            Spi::connect_mut(|client| client.update(ERASE, None, &arguments).map(|rows| rows.len()))
        });
        let done = done.unwrap_or_else(|error| error!("conversations could not be erased: {error}"));
        erased += i64::try_from(done).unwrap_or(0);
    }
    erased
}
