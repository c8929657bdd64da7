//! When confirmed flags suspend their assistant.

/// The policy, `hallucination_policy.suspend` of a tenant's settings. Either of its conditions suffices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SuspendPolicy {
    /// This many confirmed flags within the window.
    pub confirmed: Option<u32>,
    /// This many of a hundred conversations of the window, where there are enough of them.
    pub rate_percent: Option<u32>,
    /// With fewer conversations the rate is not used.
    pub least_conversations: u32,
    /// How far back, by the time of the review and the beginning of the conversation.
    pub window_hours: u32,
}

impl SuspendPolicy {
    /// The default of the least number of conversations.
    pub const LEAST_CONVERSATIONS: u32 = 20;
    /// The default of the window: a week.
    pub const WINDOW_HOURS: u32 = 168;

    /// Whether this many confirmed flags among this many conversations suspend. Flags that have already
    /// suspended the assistant are not counted.
    pub fn suspends(&self, confirmed: u64, conversations: u64) -> bool {
        let by_count = self.confirmed.is_some_and(|limit| confirmed >= u64::from(limit));
        let by_rate = self.rate_percent.is_some_and(|percent| {
            conversations >= u64::from(self.least_conversations)
                && confirmed.saturating_mul(100) >= conversations.saturating_mul(u64::from(percent))
        });
        confirmed > 0 && (by_count || by_rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: SuspendPolicy = SuspendPolicy {
        confirmed: Some(3),
        rate_percent: Some(10),
        least_conversations: 20,
        window_hours: 1,
    };

    #[test]
    fn either_condition_suffices_at_its_edge() {
        for (confirmed, conversations, suspends) in [
            (2, 0, false),
            (3, 0, true),
            (2, 19, false),
            (2, 20, true),
            (1, 20, false),
            (2, 21, false),
            (0, 20, false),
        ] {
            assert_eq!(POLICY.suspends(confirmed, conversations), suspends, "{confirmed} of {conversations}");
        }
    }

    proptest! {
        #[test]
        fn one_more_confirmed_flag_never_helps_an_assistant(
            confirmed in 0_u64..50, conversations in 0_u64..200, limit: Option<u8>, percent in prop::option::of(1_u32..=100),
        ) {
            let policy = SuspendPolicy { confirmed: limit.map(u32::from), rate_percent: percent, ..POLICY };
            if policy.suspends(confirmed, conversations) {
                prop_assert!(policy.suspends(confirmed + 1, conversations));
            }
        }
    }
}
