//! What the audit trail is told: the parameters `awgp.audit_*`, but for the one of [`super::secrets`].

use crate::pg::parameter::{known, of_superuser};
use pgrx::{GucFlags, GucSetting};

static LANES: GucSetting<i32> = GucSetting::<i32>::new(64);
static LANE_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(60_000);
static EVENT_MAX: GucSetting<i32> = GucSetting::<i32>::new(1024);
static RETENTION: GucSetting<i32> = GucSetting::<i32>::new(400);
static RETENTION_SHORT: GucSetting<bool> = GucSetting::<bool>::new(false);
static NOTIFY: GucSetting<bool> = GucSetting::<bool>::new(false);

/// How many lanes of a tenant's chain writers may take before one waits for another.
pub fn lanes() -> u16 {
    u16::try_from(known(&LANES)).unwrap_or(1)
}

/// How many milliseconds a writer waits for a lane or table of the trail; None: as long as it takes.
pub fn lane_timeout() -> Option<u32> {
    u32::try_from(known(&LANE_TIMEOUT)).ok().filter(|milliseconds| *milliseconds > 0)
}

/// How many bytes the texts of an event's states and metadata have together at most.
pub fn event_max() -> usize {
    usize::try_from(known(&EVENT_MAX)).unwrap_or(1) << 10
}

/// How many days after its end a month of the trail is kept at least.
pub fn retention_days() -> u16 {
    u16::try_from(known(&RETENTION)).unwrap_or(u16::MAX)
}

/// Whether a retention under six months is intended.
pub fn retention_may_be_short() -> bool {
    known(&RETENTION_SHORT)
}

/// Whether a commit that has written events notifies the channel `awgp_audit`.
pub fn notifies() -> bool {
    known(&NOTIFY)
}

/// Declares the parameters.
pub fn define() {
    of_superuser(
        c"awgp.audit_lanes",
        c"How many lanes of a tenant's audit chain writers may take before one waits for another.",
        c"1 keeps one chain a tenant and lets its writers commit one after the other.",
    )
    .integer(&LANES, 1, 1024);
    of_superuser(
        c"awgp.audit_lane_timeout",
        c"How long a writer waits for a lane or a table of the audit trail.",
        c"statement_timeout does not count in a COMMIT, where most of the waiting is. 0: as long as it takes.",
    )
    .in_units_of(GucFlags::UNIT_MS)
    .integer(&LANE_TIMEOUT, 0, i32::MAX);
    of_superuser(
        c"awgp.audit_event_max",
        c"How large the states and the metadata of one audit event are together, as text.",
        c"Beyond it the event keeps length, digest and name of what was left out.",
    )
    .in_units_of(GucFlags::UNIT_KB)
    .integer(&EVENT_MAX, 8, 65_536);
    of_superuser(
        c"awgp.audit_retention",
        c"How many days after its end a month of the audit trail is kept at least.",
        c"Under 184, six months, nothing is retired unless awgp.audit_retention_short is on.",
    )
    .integer(&RETENTION, 0, 36_500);
    of_superuser(
        c"awgp.audit_retention_short",
        c"Whether a retention of less than six months is intended.",
        c"The EU AI Act asks for logs of six months at least; on where it does not apply.",
    )
    .boolean(&RETENTION_SHORT);
    of_superuser(
        c"awgp.audit_notify",
        c"Whether a commit that has written audit events notifies the channel awgp_audit.",
        c"Off, because NOTIFY lets the commits of the whole server wait for each other. The payload is the id of the last event.",
    )
    .boolean(&NOTIFY);
}
