//! Money in full: a whole number of units of 10⁻²⁴, the unit of token prices.
//!
//! A balance shows six decimals. The digits beyond them are not dropped but carried: the sum of a million
//! calls that cost a fraction of a millionth each is right to the sixth decimal, in any order.

use super::amount::Amount;
use std::fmt;

/// An exact sum of money. It may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exact(i128);

/// The number of decimals.
const DECIMALS: usize = 24;

/// Units in one of the currency.
const ONE: i128 = 10_i128.pow(24);

/// Units in a millionth.
const MICRO: i128 = 10_i128.pow(18);

impl Exact {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// This many units of 10⁻²⁴.
    pub fn of_units(units: i128) -> Self {
        Self(units)
    }

    /// Reads a decimal number as `numeric` prints it: at most 12 digits before the point and 24 behind.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || whole.len() > 12 || fraction.len() > DECIMALS {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let fraction: i128 = format!("{fraction:0<DECIMALS$}").parse().ok()?;
        let units = whole * ONE + fraction;
        Some(Self(if negative { -units } else { units }))
    }

    /// In whole millionths, half up.
    pub fn micros(self) -> i64 {
        let micros = (self.0 + MICRO / 2).div_euclid(MICRO);
        i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
    }

    /// To six decimals, half up; None beyond the range of `numeric(18,6)`.
    pub fn rounded(self) -> Option<Amount> {
        Amount::from_micros(self.micros())
    }

    /// The remainder of [`rounded`](Self::rounded): between minus and plus half a millionth.
    #[must_use]
    pub fn remainder(self) -> Self {
        Self(self.0 - i128::from(self.micros()) * MICRO)
    }

    /// As a cost of six decimals and its remainder. `carried` is the remainder of earlier costs: so the
    /// six-decimal costs add up to the sum of all.
    pub fn split(self, carried: Self) -> Option<(Amount, Self)> {
        let amount = self.checked_add(carried)?.rounded()?;
        Some((amount, Self(self.0 - Self::from(amount).0)))
    }

    /// More than zero, and too little for six decimals.
    pub fn vanishes(self) -> bool {
        self.0 != 0 && self.micros() == 0
    }

    /// The sum; None on overflow.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The same with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl From<Amount> for Exact {
    fn from(amount: Amount) -> Self {
        Self(i128::from(amount.micros()) * MICRO)
    }
}

impl fmt::Display for Exact {
    /// In full, without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, one) = (self.0.unsigned_abs(), ONE.unsigned_abs());
        let fraction = format!("{:0DECIMALS$}", units % one);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{}", units / one),
            fraction => write!(f, "{sign}{}.{fraction}", units / one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn half_of_a_millionth_rounds_up_and_the_rest_is_what_it_lacks() {
        for (text, rounded, remainder) in [
            ("0.0000004", "0.000000", "0.0000004"),
            ("0.0000005", "0.000001", "-0.0000005"),
            ("-0.0000005", "0.000000", "-0.0000005"),
            ("-0.0000006", "-0.000001", "0.0000004"),
            ("1.5", "1.500000", "0"),
        ] {
            let sum = exact(text);
            assert_eq!(sum.rounded().map(|amount| amount.to_string()).as_deref(), Some(rounded), "{text}");
            assert_eq!(sum.remainder().to_string(), remainder, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_sums() {
        for text in
            ["", "-", ".5", "1.", "NaN", "Infinity", "1e3", "1000000000000", "0.0000000000000000000000001"]
        {
            assert_eq!(Exact::parse(text), None, "{text}");
        }
    }

    fn costs() -> impl Strategy<Value = Exact> {
        (0_i128..10 * MICRO).prop_map(Exact)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(units in -ONE * 999..ONE * 999) {
            prop_assert_eq!(Exact::parse(&Exact(units).to_string()), Some(Exact(units)));
        }

        #[test]
        fn six_decimals_of_costs_that_carry_add_up_to_their_sum(costs in prop::collection::vec(costs(), 1..60)) {
            let (mut sum, mut shown) = (Exact::ZERO, 0);
            for cost in costs {
                let (amount, lacks) = cost.split(sum.remainder()).expect("it is small");
                prop_assert!(!amount.is_negative());
                prop_assert_eq!(Exact::from(amount).checked_add(lacks), Some(cost));
                prop_assert!(lacks.0.abs() < MICRO);
                sum = sum.checked_add(cost).expect("it is small");
                shown += amount.micros();
                prop_assert_eq!(shown, sum.micros());
            }
        }
    }
}
