//! Limits: what may still be spent, and what exceeds them.

use super::amount::Amount;
use super::exact::Exact;

/// What a limit applies to, in the order in which the ledger locks them.
///
/// The widest comes first: whoever holds it is alone in everything below, so two transactions of one tenant
/// never deadlock, however many assistants and pools each of them touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A holding and its direct subsidiaries, per month.
    Holding,
    /// A tenant, per month.
    Tenant,
    /// A pool, from reset day to reset day.
    Pool,
    /// An assistant, per day.
    Assistant,
}

impl Scope {
    /// All, in the order in which they are locked.
    pub const ALL: [Self; 4] = [Self::Holding, Self::Tenant, Self::Pool, Self::Assistant];

    /// The name in `budget_periods.scope`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Holding => "holding",
            Self::Tenant => "tenant",
            Self::Pool => "pool",
            Self::Assistant => "assistant",
        }
    }
}

/// The account of a limit in its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// What may be spent; None where no limit applies any more.
    pub limit: Option<Amount>,
    /// What was spent, in full.
    pub spent: Exact,
    /// What reservations hold, including expired ones until maintenance releases them.
    pub held: Amount,
}

/// A movement of money: what is added to `spent` and to `held`. Either may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// Added to what is spent.
    pub spent: Exact,
    /// Added to what is held.
    pub held: Amount,
}

impl Movement {
    /// A cost without a reservation.
    pub fn cost(spent: Exact) -> Self {
        Self { spent, held: Amount::ZERO }
    }

    /// What a reservation holds, or gives back.
    pub fn hold(held: Amount) -> Self {
        Self { spent: Exact::ZERO, held }
    }
}

impl Account {
    /// What was spent, as a balance shows it.
    pub fn shown(&self) -> Amount {
        self.spent.rounded().unwrap_or(Amount::MAX)
    }

    /// What is still available, where `expired` of what is held no longer counts. Negative where more was
    /// spent than the limit; None where no limit applies.
    pub fn left(&self, expired: Amount) -> Option<Amount> {
        let counting = self.held.checked_sub(expired)?;
        self.limit?.checked_sub(self.shown())?.checked_sub(counting)
    }

    /// Whether a movement is possible. One that adds nothing always is, whatever was spent before: a free
    /// call uses nothing.
    pub fn fits(&self, movement: Movement, expired: Amount) -> bool {
        if self.limit.is_none() || !self.grows(movement) {
            return true;
        }
        let left = self.after(movement).and_then(|after| after.left(expired));
        left.is_some_and(|left| !left.is_negative())
    }

    /// Whether the limit is exceeded after a movement: by what is spent, or, where the movement takes more
    /// than it gives back (`beyond` its own hold), by what others still hold. A movement that adds nothing
    /// exceeds nothing.
    pub fn exceeded_after(&self, movement: Movement, expired: Amount, beyond: bool) -> bool {
        let Some(limit) = self.limit else { return false };
        let Some(after) = self.after(movement) else { return true };
        if after.shown() <= self.shown() {
            return false;
        }
        let claimed = if beyond {
            after.held.checked_sub(expired).and_then(|held| after.shown().checked_add(held))
        } else {
            Some(after.shown())
        };
        claimed.is_none_or(|claimed| claimed > limit)
    }

    /// The account after a movement; None where an amount would be negative or too large.
    pub fn after(&self, movement: Movement) -> Option<Self> {
        let spent = self.spent.checked_add(movement.spent).filter(|spent| !spent.is_negative())?;
        spent.rounded()?;
        let held = self.held.checked_add(movement.held).filter(|held| !held.is_negative())?;
        Some(Self { limit: self.limit, spent, held })
    }

    /// Whether a movement takes anything: at least a millionth.
    fn grows(&self, movement: Movement) -> bool {
        let Some(after) = self.after(movement) else { return true };
        after.shown() > self.shown() || after.held > self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(micros: i64) -> Amount {
        Amount::from_micros(micros).unwrap()
    }

    fn cost(micros: i64) -> Exact {
        amount(micros).into()
    }

    fn account(limit: i64, spent: i64, held: i64) -> Account {
        Account { limit: Some(amount(limit)), spent: cost(spent), held: amount(held) }
    }

    fn takes(micros: i64) -> Movement {
        Movement::cost(cost(micros))
    }

    #[test]
    fn the_last_cent_fits_and_one_more_does_not() {
        let account = account(100, 60, 30);
        assert!(account.fits(takes(10), Amount::ZERO));
        assert!(!account.fits(takes(11), Amount::ZERO));
        assert!(account.fits(takes(11), amount(1)), "what has expired no longer counts");
    }

    /// Calls that cost less than a millionth are charged exactly.
    #[test]
    fn nothing_fits_a_limit_below_what_is_spent_but_what_was_spent_stays() {
        let account = account(50, 60, 0);
        assert_eq!(account.left(Amount::ZERO), Some(amount(-10)));
        assert!(!account.fits(takes(1), Amount::ZERO));
    }

    #[test]
    fn what_costs_nothing_fits_and_exceeds_nothing_after_an_overrun_too() {
        for account in [account(50, 60, 0), account(0, 0, 0), account(50, 40, 20)] {
            assert!(account.fits(takes(0), Amount::ZERO), "{account:?}");
            assert!(!account.exceeded_after(takes(0), Amount::ZERO, true), "{account:?}");
            assert!(!account.fits(Movement::hold(amount(11)), Amount::ZERO), "{account:?}");
        }
    }

    #[test]
    fn costs_below_a_millionth_fill_a_limit_in_the_end() {
        let mut now = account(1, 0, 0);
        let tiny = Movement::cost(Exact::of_units(4 * 10_i128.pow(17)));
        let mut taken = 0;
        while now.fits(tiny, Amount::ZERO) {
            now = now.after(tiny).unwrap();
            taken += 1;
        }
        // Three are 1.2 millionths, which rounds to the one that is available; four are 1.6.
        assert_eq!((taken, now.shown()), (3, amount(1)));
    }

    #[test]
    fn without_a_limit_everything_fits() {
        let account = Account { limit: None, spent: cost(7), held: Amount::ZERO };
        assert!(account.fits(Movement::hold(Amount::MAX), Amount::ZERO));
        assert!(!account.exceeded_after(Movement { spent: cost(9), held: Amount::ZERO }, Amount::ZERO, true));
    }

    #[test]
    fn a_settlement_within_its_hold_exceeds_nothing_and_one_beyond_may() {
        let account = account(100, 60, 40);
        let within = Movement { spent: cost(40), held: amount(-40) };
        assert!(!account.exceeded_after(within, Amount::ZERO, false));
        let beyond = Movement { spent: cost(41), held: amount(-40) };
        assert!(account.exceeded_after(beyond, Amount::ZERO, true));
        // Somebody else holds ten: taking one of them exceeds the limit, though they are not yet spent.
        let of_others = Movement { spent: cost(31), held: amount(-30) };
        assert!(account.exceeded_after(of_others, Amount::ZERO, true));
    }

    #[test]
    fn scopes_are_locked_widest_first() {
        assert!(Scope::ALL.is_sorted());
    }

    proptest! {
        #[test]
        fn whatever_fits_is_never_spent_beyond_the_limit(
            limit in 0_i64..1_000, takes in prop::collection::vec((0_i64..300, any::<bool>()), 0..20),
        ) {
            let mut now = account(limit, 0, 0);
            for (take, hold) in takes {
                let movement = if hold { Movement::hold(amount(take)) } else { Movement::cost(cost(take)) };
                if !now.fits(movement, Amount::ZERO) {
                    continue;
                }
                prop_assert!(!now.exceeded_after(movement, Amount::ZERO, true));
                now = now.after(movement).unwrap();
                prop_assert!(now.shown().micros() + now.held.micros() <= limit);
            }
        }

        #[test]
        fn a_movement_and_its_opposite_leave_everything_as_it_was(
            spent in 0_i64..1_000, held in 0_i64..1_000, more in 0_i64..1_000, hold in 0_i64..1_000,
        ) {
            let before = account(1_000, spent, held);
            let there = Movement { spent: cost(more), held: amount(hold) };
            let back = Movement { spent: cost(-more), held: amount(-hold) };
            prop_assert_eq!(before.after(there).and_then(|after| after.after(back)), Some(before));
        }
    }
}
