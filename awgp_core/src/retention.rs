//! Which months of the audit trail may be retired.

use crate::civil::DAY_US;
use crate::reason::Reason;
use crate::refusal::Refusal;

/// Six months in any calendar, so the longest six: the EU AI Act (articles 19 and 26) requires logs of at
/// least six months.
pub const SIX_MONTHS_DAYS: u16 = 184;

/// What is known about a month before it is retired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts of one month")]
pub struct Facts {
    /// It has a row in audit_log_integrity.
    pub is_sealed: bool,
    /// A signed checkpoint covers every row of it.
    pub is_checkpointed: bool,
    /// A legal hold names it, or a tenant that has rows in it.
    pub is_held: bool,
    /// Its end, and the present, in microseconds since 1970-01-01 UTC.
    pub month_end_us: i64,
    /// See above.
    pub at_us: i64,
    /// `awgp.audit_retention`.
    pub retention_days: u16,
    /// `awgp.audit_retention_short`: a retention under six months is allowed.
    pub may_be_short: bool,
}

/// Refuses a month on hold, younger than the retention, not sealed or not checkpointed, in this order: what
/// no command changes comes first.
pub fn check(partition_name: &str, facts: &Facts) -> Result<(), Refusal> {
    let refusal = |reason, message: &str, hint: &str| {
        Err(Refusal::new(reason, message, hint).with("partition_name", partition_name))
    };
    let retention_us = i64::from(facts.retention_days) * DAY_US;
    if facts.retention_days < SIX_MONTHS_DAYS && !facts.may_be_short {
        return refusal(
            Reason::RetentionTooShort,
            "awgp.audit_retention is under the six months that the EU AI Act requires",
            "Set awgp.audit_retention to 184 days or more; where a shorter retention is lawful, set \
             awgp.audit_retention_short to on.",
        );
    }
    if facts.is_held {
        return refusal(
            Reason::PartitionHeld,
            "the partition is on legal hold",
            "To see who holds it, and why: SELECT * FROM awgp.audit_legal_holds WHERE released_at IS NULL;",
        );
    }
    if facts.at_us.saturating_sub(facts.month_end_us) < retention_us {
        return refusal(
            Reason::PartitionTooYoung,
            "the partition is younger than awgp.audit_retention",
            "Retire it when its retention is over: SHOW awgp.audit_retention;",
        );
    }
    if !facts.is_sealed {
        return refusal(
            Reason::PartitionNotSealed,
            "the partition is not sealed",
            "Seal it first: SELECT awgp.seal_partition(…);",
        );
    }
    if !facts.is_checkpointed {
        return refusal(
            Reason::PartitionNotCheckpointed,
            "no signed checkpoint covers the partition",
            "Create one: awgp audit checkpoint --key FILE --out DIR --all-tenants",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OLD: Facts = Facts {
        is_sealed: true,
        is_checkpointed: true,
        is_held: false,
        month_end_us: 0,
        at_us: 400 * DAY_US,
        retention_days: 400,
        may_be_short: false,
    };

    fn reason(facts: Facts) -> Option<Reason> {
        check("audit_logs_2025_01", &facts).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn each_condition_stands_alone() {
        assert_eq!(reason(OLD), None);
        assert_eq!(reason(Facts { is_sealed: false, ..OLD }), Some(Reason::PartitionNotSealed));
        assert_eq!(reason(Facts { is_checkpointed: false, ..OLD }), Some(Reason::PartitionNotCheckpointed));
        assert_eq!(reason(Facts { is_held: true, ..OLD }), Some(Reason::PartitionHeld));
        assert_eq!(reason(Facts { at_us: OLD.at_us - 1, ..OLD }), Some(Reason::PartitionTooYoung));
    }

    #[test]
    fn less_than_six_months_must_be_meant() {
        let short = Facts { retention_days: SIX_MONTHS_DAYS - 1, ..OLD };
        assert_eq!(reason(short), Some(Reason::RetentionTooShort));
        assert_eq!(reason(Facts { may_be_short: true, ..short }), None);
        assert_eq!(reason(Facts { retention_days: SIX_MONTHS_DAYS, ..OLD }), None);
    }

    proptest! {
        #[test]
        fn a_hold_is_stronger_than_any_age(at_us: i64, month_end_us: i64, retention_days in 184_u16..4000) {
            let facts = Facts { is_held: true, at_us, month_end_us, retention_days, ..OLD };
            prop_assert_eq!(reason(facts), Some(Reason::PartitionHeld));
        }
    }
}
