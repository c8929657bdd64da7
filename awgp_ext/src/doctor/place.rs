//! The finding that the identity of this installation is at home elsewhere.

use super::finding::Finding;
use crate::install::place::{Moved, moved};
use crate::pg::relation;
use crate::pg::role;
use pgrx::pg_sys;

/// The database has the install id of another one, or of another timeline of its server.
pub fn findings() -> Option<Finding> {
    if relation::oid(c"installation") == pg_sys::InvalidOid {
        return None;
    }
    let object = "awgp.installation".to_owned();
    let hint =
        "SELECT awgp.keep_identity(); -- where no other is used. Beside one that is: SELECT awgp.adopt('…');"
            .to_owned();
    match role::as_installer_past_row_security(moved) {
        Moved::No => None,
        Moved::Restored => Some(Finding {
            code: "restored_copy",
            severity: "error",
            object,
            message: "it was restored or copied from another database with the same install id: if both are \
                      written, nobody can tell their trails apart"
                .to_owned(),
            hint,
        }),
        Moved::Promoted => Some(Finding {
            code: "timeline_changed",
            severity: "warning",
            object,
            message: "the server was promoted or restored to a point in time: if another server with this \
                      database is still written, nobody can tell their trails apart"
                .to_owned(),
            hint,
        }),
    }
}
