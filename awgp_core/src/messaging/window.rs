//! The sliding hour of a rate limit, counted exactly.
//!
//! The messages of a window are numbered from 1 and their times never go back. With a limit of L, message n
//! may be sent when message n − L has left the hour: so no hour, wherever it begins, has more than L
//! messages, and there is no edge at which two bursts meet. Only the last L times are stored.
//!
//! A message counts for an hour: one sent at t counts in [t, t + 1 h) and no longer at t + 1 h.

/// An hour, in microseconds.
pub const HOUR_US: i64 = 3_600_000_000;

/// The largest limit per hour; it bounds what is stored of a window.
pub const LIMIT_MAX: u32 = 1_000_000;

/// The state of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many messages have been counted in all.
    pub sent: u64,
    /// The limit per hour.
    pub limit: u32,
}

/// Whether one more message fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It does.
    Free,
    /// It fits from this moment on, in microseconds; never where the limit is 0.
    Full {
        /// The first moment at which it fits.
        free_at_us: Option<i64>,
    },
}

impl Window {
    /// The number of the message whose time decides; None where no time is needed.
    pub fn deciding_number(self) -> Option<u64> {
        let limit = u64::from(self.limit);
        (limit > 0 && self.sent >= limit).then(|| self.sent - limit + 1)
    }

    /// Whether one more message fits at `now_us`. `deciding_us` is when the message of
    /// [`Self::deciding_number`] was sent; None where it is no longer stored, which means that it has left
    /// the hour.
    pub fn admit(self, deciding_us: Option<i64>, now_us: i64) -> Admission {
        if self.limit == 0 {
            return Admission::Full { free_at_us: None };
        }
        let Some(deciding_us) = deciding_us.filter(|_| self.deciding_number().is_some()) else {
            return Admission::Free;
        };
        let free_at_us = deciding_us.saturating_add(HOUR_US);
        if now_us >= free_at_us { Admission::Free } else { Admission::Full { free_at_us: Some(free_at_us) } }
    }

    /// Up to which number the times of a window can be deleted, once `sent` messages were counted.
    pub fn forgotten_number(self) -> u64 {
        self.sent.saturating_sub(u64::from(self.limit))
    }
}

/// Whole seconds from now until then, rounded up: it fits after this time.
pub fn seconds_until(then_us: i64, now_us: i64) -> i64 {
    let microseconds = then_us.saturating_sub(now_us).max(0);
    microseconds / 1_000_000 + i64::from(microseconds % 1_000_000 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What the database stores: numbered times, pruned as it prunes them.
    #[derive(Default)]
    struct Kept {
        sent: u64,
        times: BTreeMap<u64, i64>,
    }

    impl Kept {
        fn try_send(&mut self, limit: u32, now: i64) -> Admission {
            let window = Window { sent: self.sent, limit };
            let deciding = window.deciding_number().and_then(|number| self.times.get(&number).copied());
            let admission = window.admit(deciding, now);
            if admission == Admission::Free {
                self.sent += 1;
                self.times.insert(self.sent, now);
                let forgotten = Window { sent: self.sent, limit }.forgotten_number();
                self.times.retain(|number, _| *number > forgotten);
            }
            admission
        }
    }

    proptest! {
        #[test]
        fn it_answers_as_counting_the_last_hour_does(
            steps in prop::collection::vec((0_i64..900_000_000, 0_u32..6), 1..200),
        ) {
            let (mut kept, mut all, mut now) = (Kept::default(), Vec::<i64>::new(), 0_i64);
            for (pause, limit) in steps {
                now += pause;
                let in_hour = all.iter().filter(|time| **time > now - HOUR_US).count();
                let free = kept.try_send(limit, now) == Admission::Free;
                prop_assert_eq!(free, in_hour < limit as usize, "{} of {} at {}", in_hour, limit, now);
                if free {
                    all.push(now);
                }
                prop_assert!(kept.times.len() <= 6);
            }
        }

        #[test]
        fn no_hour_holds_more_than_the_limit_and_the_wait_is_exact(
            limit in 1_u32..8, pauses in prop::collection::vec(0_i64..1_200_000_000, 1..200),
        ) {
            let (mut kept, mut all, mut now) = (Kept::default(), Vec::<i64>::new(), 0_i64);
            for pause in pauses {
                now += pause;
                if let Admission::Full { free_at_us } = kept.try_send(limit, now) {
                    let free_at = free_at_us.expect("a limit above 0 ends");
                    prop_assert!(free_at > now && free_at <= now + HOUR_US);
                    prop_assert!(kept.try_send(limit, free_at - 1) != Admission::Free);
                    prop_assert_eq!(kept.try_send(limit, free_at), Admission::Free);
                    now = free_at;
                }
                all.push(now);
            }
            for (index, start) in all.iter().enumerate() {
                let in_hour = all[index..].iter().filter(|time| **time < start + HOUR_US).count();
                prop_assert!(in_hour <= limit as usize);
            }
        }
    }

    #[test]
    fn a_limit_of_zero_never_opens() {
        let window = Window { sent: 0, limit: 0 };
        assert_eq!(window.admit(None, 0), Admission::Full { free_at_us: None });
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!([0, 1, 1_000_000, 1_000_001].map(|then| seconds_until(then, 0)), [0, 1, 1, 2]);
        assert_eq!(seconds_until(0, 5), 0);
    }
}
