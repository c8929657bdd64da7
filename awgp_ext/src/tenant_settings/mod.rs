//! Changing a tenant's settings key by key: by an administrator, or by the tenant's own super_admins, who may
//! need each other.
//!
//! Model: [`plan`] computes what a change would do, for a dry run and for the change itself. A change of the
//! tenant's own that needs several people waits in `tenants.proposed_settings` ([`proposal`]) until enough
//! have agreed. Then it is planned anew, on the settings as they are.
//!
//! Failure handling: what is not allowed raises an error, so nothing is half done. Only the call that changes
//! or proposes something locks the tenant's row.

mod actor;
mod functions;
mod plan;
mod proposal;

use crate::pg::permit::Permit;

/// Storing settings that were changed key by key: the answer of the call says what falls away.
pub static CHANGE: Permit = Permit::to("store settings that were changed key by key");
