//! Thresholds: how much of a budget is used.

use super::amount::Amount;

/// The thresholds, in per cent.
pub const THRESHOLDS: [i32; 3] = [50, 75, 90];

/// Whether this many per cent of the limit are spent. A limit of zero is reached with the first cost.
pub fn is_reached(threshold: i32, limit: Amount, spent: Amount) -> bool {
    let share = i128::from(limit.micros()) * i128::from(threshold);
    spent > Amount::ZERO && i128::from(spent.micros()) * 100 >= share
}

/// The thresholds that are reached now and were not before, each with the limit in force at its time.
pub fn crossed(before: (Amount, Amount), now: (Amount, Amount)) -> Vec<i32> {
    let is_new =
        |threshold: &i32| is_reached(*threshold, now.0, now.1) && !is_reached(*threshold, before.0, before.1);
    THRESHOLDS.into_iter().filter(is_new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(micros: i64) -> Amount {
        Amount::from_micros(micros).unwrap()
    }

    /// Each threshold is crossed once.
    #[test]
    fn a_jump_from_40_to_95_per_cent_crosses_all_three() {
        let limit = amount(100);
        assert_eq!(crossed((limit, amount(40)), (limit, amount(95))), THRESHOLDS);
        assert_eq!(crossed((limit, amount(95)), (limit, amount(96))), [0; 0]);
    }

    #[test]
    fn a_threshold_is_reached_to_the_micro() {
        let limit = amount(1_000_001);
        assert!(!is_reached(50, limit, amount(500_000)));
        assert!(is_reached(50, limit, amount(500_001)));
    }

    #[test]
    fn a_lowered_limit_crosses_too() {
        assert_eq!(crossed((amount(100), amount(40)), (amount(50), amount(40))), [50, 75]);
    }

    #[test]
    fn nothing_spent_reaches_nothing_and_anything_reaches_a_limit_of_nothing() {
        assert!(!is_reached(50, Amount::ZERO, Amount::ZERO));
        assert!(is_reached(90, Amount::ZERO, amount(1)));
    }

    proptest! {
        #[test]
        fn in_whatever_steps_it_is_spent_each_threshold_is_crossed_once(
            limit in 1_i64..1_000_000, steps in prop::collection::vec(0_i64..300_000, 1..30),
        ) {
            let limit = amount(limit);
            let mut spent = Amount::ZERO;
            let mut seen = Vec::new();
            for step in steps {
                let next = spent.checked_add(amount(step)).unwrap();
                seen.extend(crossed((limit, spent), (limit, next)));
                spent = next;
            }
            let reached: Vec<i32> =
                THRESHOLDS.into_iter().filter(|threshold| is_reached(*threshold, limit, spent)).collect();
            prop_assert_eq!(seen, reached);
        }
    }
}
