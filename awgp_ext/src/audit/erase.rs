//! `erase_user()`: erases what the database has of a person, and says what remains.
//!
//! The order of its locks: the row of the user, so that nothing new refers to them; the rows that they wrote;
//! then the lock that writers of erasable values share ([`super::erasable::share`]). From then on it sees
//! everything that was written before, and nothing is written meanwhile. Whoever writes and waits for it may
//! be ended as a deadlock, or end it: nothing is half done, and it is called again.

use super::erase_values::{Values, ready};
use super::erasing::{Erasure, Line};
use super::{append, erasable, erase_rows, queue};
use crate::context;
use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::datum::from_sql;
use crate::pg::lock;
use crate::pg::raise::{or_raise, raise};
use crate::pg::relation;
use crate::pg::role;
use awgp_core::audit::erasable::{check_eraser, unknown_user};
use awgp_core::permissions::Role;
use pgrx::prelude::*;

/// Erases what the database has of a user of the tenant in context, and says what remains.
///
/// SECURITY DEFINER, because nobody else writes the erasable values of the trail.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the type")]
fn erase_user(
    user_id: Option<pgrx::Uuid>,
    reason: Option<&str>,
    dry_run: default!(Option<bool>, "false"),
) -> TableIterator<
    'static,
    (
        name!(place, String),
        name!(what, String),
        name!(found, Option<i64>),
        name!(erased, i64),
        name!(remains, Option<i64>),
        name!(why, Option<String>),
    ),
> {
    let user = from_sql(&argument::needed("user_id", user_id));
    let is_dry = dry_run == Some(true);
    let (context, reason) = ready(c"awgp.erase_user()", reason, is_dry);
    let role = or_raise(context::user_role());
    let erasure = Erasure { tenant: context.tenant, user, reason, is_dry };
    let lines = role::as_installer_past_row_security(|| {
        let of = erasure.locked_user();
        let is_self = context.user == Some(user);
        or_raise(check_eraser(role, context.assistant.is_some(), is_self, of));
        erasure.run()
    });
    let row = |line: Line| (line.place, line.what, line.found, line.erased, line.remains, line.why);
    TableIterator::new(lines.into_iter().map(row))
}

impl Erasure<'_> {
    /// The role of the user, whose row is locked.
    fn locked_user(&self) -> Role {
        let query = "SELECT role FROM awgp.users WHERE tenant_id = $1 AND id = $2";
        let locking = format!("{query} FOR UPDATE");
        let found = self.rows(if self.is_dry { query } else { &locking }, |row| row.get::<String>(1));
        let found = found.into_iter().flatten().next();
        or_raise(found.unwrap_or_else(|| raise(&unknown_user())).parse())
    }

    fn run(&self) -> Vec<Line> {
        if self.is_dry {
            let mut lines = erase_rows::erase(self);
            lines.extend(self.values().erase(None));
            lines.extend(erase_rows::remaining(self));
            return lines;
        }
        erase_rows::lock(self);
        // No hold is placed meanwhile, and no month is retired.
        lock::share_or_not(Subject::Partitions, true);
        erasable::lock_out(self.tenant, &self.user.to_string());
        let event = append::next_id(relation::existing(c"audit_logs_id_seq"));
        let mut lines = erasable::erasing(event, || {
            let mut lines = erase_rows::erase(self);
            queue::flush();
            lines.extend(self.values().erase(Some(event)));
            lines
        });
        if lines.iter().any(|line| line.erased > 0) {
            self.values().record(event, ("users", Some(self.user)), &lines);
        }
        lines.extend(erase_rows::remaining(self));
        lines
    }

    /// The values of the trail that are the user's.
    fn values(&self) -> Values<'_> {
        Values { tenant: self.tenant, subject: self.user.to_string(), kinds: None, reason: self.reason }
    }
}
