//! The parameters `awgp.audit_*`, except the one in [`super::secrets`].

use crate::pg::parameter::{known, of_superuser};
use pgrx::{GucFlags, GucSetting};

static LANES: GucSetting<i32> = GucSetting::<i32>::new(64);
static LANE_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(60_000);
static EVENT_MAX: GucSetting<i32> = GucSetting::<i32>::new(1024);
static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(400);
static RETENTION_SHORT: GucSetting<bool> = GucSetting::<bool>::new(false);
static NOTIFY: GucSetting<bool> = GucSetting::<bool>::new(false);

/// The number of lanes per tenant's chain that writers may take before one waits for another.
pub fn lanes() -> u16 {
    u16::try_from(known(&LANES)).unwrap_or(1)
}

/// The milliseconds that a writer waits for a lane or a table of the audit trail; None: without limit.
pub fn lane_timeout() -> Option<u32> {
    u32::try_from(known(&LANE_TIMEOUT)).ok().filter(|milliseconds| *milliseconds > 0)
}

/// The most bytes that the texts of an event's states and metadata may have together.
pub fn event_max() -> usize {
    usize::try_from(known(&EVENT_MAX)).unwrap_or(1) << 10
}

/// The number of days that a month of the audit trail is kept after its end, at least.
pub fn retention_days() -> u16 {
    u16::try_from(known(&RETENTION)).unwrap_or(u16::MAX)
}

/// True where a retention of less than six months is allowed.
pub fn retention_may_be_short() -> bool {
    known(&RETENTION_SHORT)
}

/// True where a commit that has written events notifies the channel `awgp_audit`.
pub fn notifies() -> bool {
    known(&NOTIFY)
}

/// Declares the parameters.
pub fn define() {
    of_superuser(
        c"awgp.audit_lanes",
        c"Number of lanes per tenant's audit chain that writers may take before one waits for another.",
        c"With 1, each tenant has a single chain, and its writers commit one after the other.",
    )
    .integer(&LANES, 1, 1024);
    of_superuser(
        c"awgp.audit_lane_timeout",
        c"Maximum time that a writer waits for a lane or a table of the audit trail.",
        c"statement_timeout does not apply during COMMIT, where most of the waiting happens. 0 means no limit.",
    )
    .in_units_of(GucFlags::UNIT_MS)
    .integer(&LANE_TIMEOUT, 0, i32::MAX);
    of_superuser(
        c"awgp.audit_event_max",
        c"Maximum size of the states and the metadata of one audit event together, as text.",
        c"Larger parts are left out; the event keeps their names, lengths and digests.",
    )
    .in_units_of(GucFlags::UNIT_KB)
    .integer(&EVENT_MAX, 8, 65_536);
    of_superuser(
        c"awgp.audit_retention",
        c"Minimum number of days that a month of the audit trail is kept after its end.",
        c"Below 184 days (six months) nothing is retired unless awgp.audit_retention_short is on.",
    )
    .integer(&RETENTION, 0, 36_500);
    of_superuser(
        c"awgp.audit_retention_short",
        c"Allows a retention of less than six months.",
        c"The EU AI Act requires logs to be kept for at least six months. Turn this on only where it does not apply.",
    )
    .boolean(&RETENTION_SHORT);
    of_superuser(
        c"awgp.audit_notify",
        c"Notifies the channel awgp_audit when a commit has written audit events.",
        c"NOTIFY makes the commits of the whole server wait for each other. The payload is the id of the last event.",
    )
    .boolean(&NOTIFY);
}
