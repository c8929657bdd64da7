//! The finding about notices that nobody delivers. Its hint is a command, not a statement that ends it.

use super::finding::Finding;
use crate::pg::relation;
use crate::pg::role;
use pgrx::pg_sys;
use pgrx::prelude::*;

/// Targets whose notices have been due for a quarter of an hour, with their number and the oldest.
const LATE: &str = "
    SELECT target, count(*)::text, min(due_at)::text FROM awgp.outbox
    WHERE status OPERATOR(pg_catalog.=) 'waiting'
      AND due_at OPERATOR(pg_catalog.<) (now() OPERATOR(pg_catalog.-) interval '15 minutes')
    GROUP BY target ORDER BY target USING OPERATOR(pg_catalog.<)";

/// One finding for each target.
pub fn notices_late() -> Vec<Finding> {
    if relation::oid(c"outbox") == pg_sys::InvalidOid {
        return Vec::new();
    }
    let found = role::as_installer_past_row_security(|| {
        Spi::connect(|client| {
            client
                .select(LATE, None, &[])?
                .map(|row| Ok((row.get::<String>(1)?, row.get::<String>(2)?, row.get::<String>(3)?)))
                .collect::<spi::Result<Vec<_>>>()
        })
    });
    let found = found.unwrap_or_else(|error| error!("the notices could not be read: {error}"));
    let finding = |(target, count, since): (Option<String>, Option<String>, Option<String>)| {
        Finding {
        code: "notices_late",
        severity: "warning",
        object: format!("target {}", target.unwrap_or_default()),
        message: format!(
            "notices that have waited for more than 15 minutes: {}; the oldest since {}",
            count.unwrap_or_default(),
            since.unwrap_or_default()
        ),
        hint: "SELECT * FROM awgp.notice_status WHERE status = 'waiting'; -- and run `awgp notify` with a file that has \
               the target"
            .to_owned(),
    }
    };
    found.into_iter().map(finding).collect()
}
