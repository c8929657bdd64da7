//! A temporary raise: what a pool's budget has in addition until a moment. It ends with the clock.

use super::amount::Amount;
use super::refusals;
use crate::civil::format_timestamp;
use crate::reason::Reason;
use crate::refusal::Refusal;

/// What a budget has in addition, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raise {
    /// The amount, zero or more.
    pub amount: Amount,
    /// The first moment at which it no longer counts, in microseconds since 1970; None where there is none.
    pub until_us: Option<i64>,
}

impl Raise {
    /// What it adds at a moment.
    pub fn at(&self, at_us: i64) -> Amount {
        if self.until_us.is_some_and(|until| at_us < until) { self.amount } else { Amount::ZERO }
    }

    /// The amount that counts until a moment when something is added now. A raise that has ended is
    /// forgotten. One that is in force has one end: what is added has the same.
    pub fn with(&self, amount: Amount, until_us: i64, now_us: i64) -> Result<Amount, Refusal> {
        if until_us <= now_us {
            return Err(Refusal::new(
                Reason::OutOfRange,
                "a temporary raise ends in the future",
                "Pass a later time in until, or leave it out to add for good.",
            )
            .with("parameter", "until"));
        }
        let present = self.at(now_us);
        if let Some(other) = self.until_us.filter(|other| present > Amount::ZERO && *other != until_us) {
            let until = format_timestamp(other);
            return Err(Refusal::new(
                Reason::RaiseInForce,
                format!("the budget is raised by {present} until {until}"),
                "Add to it with the same end, or first take it back with the same end and a negative amount.",
            )
            .with("raise", present.to_string())
            .with("until", until));
        }
        let sum = present.checked_add(amount).ok_or_else(refusals::amount_too_large)?;
        if sum.is_negative() { Err(refusals::no_amount("amount")) } else { Ok(sum) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(micros: i64) -> Amount {
        Amount::from_micros(micros).expect("an amount")
    }

    const NONE: Raise = Raise { amount: Amount::ZERO, until_us: None };

    #[test]
    fn a_raise_counts_up_to_its_end_and_not_at_it() {
        let raise = Raise { amount: amount(5), until_us: Some(100) };
        assert_eq!([0, 99, 100, 101].map(|at| raise.at(at)), [5, 5, 0, 0].map(amount));
        assert_eq!(NONE.at(0), Amount::ZERO);
    }

    #[test]
    fn what_is_added_with_the_same_end_adds_up_and_can_be_taken_back() {
        let raise = Raise { amount: amount(5), until_us: Some(100) };
        assert_eq!(raise.with(amount(7), 100, 50), Ok(amount(12)));
        assert_eq!(raise.with(amount(-5), 100, 50), Ok(Amount::ZERO));
        assert_eq!(NONE.with(amount(7), 100, 50), Ok(amount(7)));
        assert_eq!(
            raise.with(amount(-6), 100, 50).map_err(|refusal| refusal.reason),
            Err(Reason::OutOfRange)
        );
    }

    #[test]
    fn another_end_is_refused_while_one_is_in_force_and_the_past_always() {
        let raise = Raise { amount: amount(5), until_us: Some(100) };
        let reason =
            |raise: Raise, until, now| raise.with(amount(1), until, now).map_err(|refusal| refusal.reason);
        assert_eq!(reason(raise, 101, 99), Err(Reason::RaiseInForce));
        assert_eq!(reason(raise, 101, 100), Ok(amount(1)), "the other has ended");
        assert_eq!(reason(Raise { amount: Amount::ZERO, until_us: Some(100) }, 101, 99), Ok(amount(1)));
        assert_eq!(reason(NONE, 99, 99), Err(Reason::OutOfRange));
    }
}
