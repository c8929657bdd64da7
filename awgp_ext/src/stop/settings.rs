//! The parameter of stops.

use crate::pg::parameter::{known, of_superuser};
use pgrx::GucSetting;

static BY_OTHER: GucSetting<bool> = GucSetting::<bool>::new(true);

/// Declares the parameter.
pub fn define() {
    of_superuser(
        c"awgp.stop_resume_by_other",
        c"Whether somebody else than who stopped the installation must resume it.",
        c"Counts when the stop is made. For tenants, settings.stop_policy.resume_by_other says it.",
    )
    .boolean(&BY_OTHER);
}

/// What holds for a stop of the installation that is made now.
pub fn installation_by_other() -> bool {
    known(&BY_OTHER)
}
