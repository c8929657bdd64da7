//! Notices: what happened that people wait for, and when a notice is sent again.

pub mod settings;

use crate::named::named;

named! {
    /// What happened.
    Kind {
        /// An approval was requested.
        ApprovalAsked = "approval_asked",
        /// An approval was approved or rejected.
        ApprovalDecided = "approval_decided",
        /// An approval was escalated.
        ApprovalEscalated = "approval_escalated",
        /// An open approval expires soon.
        ApprovalExpiring = "approval_expiring",
        /// An approval has expired undecided.
        ApprovalExpired = "approval_expired",
        /// A share of a budget was spent.
        BudgetThreshold = "budget_threshold",
        /// More was spent than a limit allows.
        BudgetOverrun = "budget_overrun",
        /// A hallucination flag was confirmed.
        FlagConfirmed = "flag_confirmed",
        /// An assistant was suspended.
        AssistantSuspended = "assistant_suspended",
        /// A stop was made that covers the tenant or one of its assistants.
        Stopped = "stopped",
        /// Such a stop was lifted.
        Resumed = "resumed",
        /// The doctor found an error that was not there before.
        DoctorError = "doctor_error",
    }
}

impl Kind {
    /// Whether it belongs to a tenant, whose settings say where it goes. The others belong to the
    /// installation, and the server's setting says it.
    pub fn is_of_tenant(self) -> bool {
        self != Self::DoctorError
    }

    /// Whether an approval has moved.
    pub fn is_of_approval(self) -> bool {
        matches!(
            self,
            Self::ApprovalAsked | Self::ApprovalDecided | Self::ApprovalEscalated | Self::ApprovalExpired
        )
    }
}

/// After this many attempts a notice is a dead letter: about a day after the first.
pub const ATTEMPTS_MAX: u32 = 32;

/// The wait after the first failed attempt, in seconds; it doubles with each.
const FIRST_WAIT_SECONDS: u32 = 10;

/// The longest wait between two attempts, in seconds.
pub const LONGEST_WAIT_SECONDS: u32 = 3600;

/// How many seconds to wait after this failed attempt (the first is 1); None: it was the last. `asked` is
/// what the receiver has asked for. `scatter` spreads what failed together: up to a quarter is added.
pub fn wait_seconds(attempt: u32, asked: Option<u32>, scatter: u8) -> Option<u32> {
    if attempt >= ATTEMPTS_MAX {
        return None;
    }
    let doubled = FIRST_WAIT_SECONDS.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let wait = doubled.max(asked.unwrap_or(0)).min(LONGEST_WAIT_SECONDS);
    Some(wait + wait * u32::from(scatter) / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_an_hour_and_the_last_attempt_is_about_a_day_after_the_first() {
        let waits: Vec<u32> =
            (1..ATTEMPTS_MAX).filter_map(|attempt| wait_seconds(attempt, None, 0)).collect();
        assert_eq!(waits[..4], [10, 20, 40, 80]);
        assert_eq!(waits.last(), Some(&LONGEST_WAIT_SECONDS));
        assert!(waits.is_sorted());
        assert!((20..30).contains(&(waits.iter().sum::<u32>() / 3600)));
        assert_eq!(wait_seconds(ATTEMPTS_MAX, None, 0), None);
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_but_not_for_ever() {
        assert_eq!(wait_seconds(1, Some(60), 0), Some(60));
        assert_eq!(wait_seconds(4, Some(60), 0), Some(80));
        assert_eq!(wait_seconds(1, Some(u32::MAX), 0), Some(LONGEST_WAIT_SECONDS));
    }

    #[test]
    fn what_failed_together_is_spread_by_up_to_a_quarter() {
        let waits: Vec<u32> = (0..=255).filter_map(|scatter| wait_seconds(8, None, scatter)).collect();
        assert!(waits.iter().all(|wait| (1280..=1600).contains(wait)));
        assert!(waits[255] > waits[0]);
    }
}
