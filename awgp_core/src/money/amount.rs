//! An amount of money, exact to six decimals: `numeric(18,6)` as a whole number of millionths.

use std::fmt;

/// An amount of money. It may be negative, such as the rest of an overspent budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// Millionths in a unit of the currency.
const MICROS: i64 = 1_000_000;

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// The most that `numeric(18,6)` holds.
    pub const MAX: Self = Self(999_999_999_999_999_999);

    /// This many millionths; None beyond the range of `numeric(18,6)`.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (-Self::MAX.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// In millionths.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads a decimal number as `numeric(18,6)` prints it: an optional sign, digits, and an optional
    /// fraction of at most six digits. None for anything else, including NaN and infinities.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 6 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
        let micros = whole.checked_mul(MICROS)?.checked_add(fraction)?;
        Self::from_micros(if negative { -micros } else { micros })
    }

    /// The sum; None beyond the range of `numeric(18,6)`.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(Self::from_micros)
    }

    /// The difference; None beyond the range of `numeric(18,6)`.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(Self::from_micros)
    }

    /// Below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl fmt::Display for Amount {
    /// Always six decimals, as `numeric(18,6)` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let unit = MICROS.unsigned_abs();
        write!(f, "{sign}{}.{:06}", micros / unit, micros % unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts_are_known_amounts() {
        for (text, micros) in [
            ("0", 0),
            ("0.000001", 1),
            ("-0.000001", -1),
            ("0.004", 4_000),
            ("12", 12_000_000),
            ("12.5", 12_500_000),
            ("999999999999.999999", 999_999_999_999_999_999),
        ] {
            assert_eq!(Amount::parse(text).map(Amount::micros), Some(micros), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_amounts() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e3",
            "NaN",
            "Infinity",
            "+1",
            "--1",
            "0.0000001",
            "1000000000000",
            "1 ",
        ] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_the_column_does_not_hold_is_no_sum() {
        let micro = Amount(1);
        assert_eq!(Amount::MAX.checked_add(micro), None);
        assert_eq!(Amount::ZERO.checked_sub(Amount::MAX).and_then(|least| least.checked_sub(micro)), None);
    }

    proptest! {
        #[test]
        fn every_amount_survives_its_text(micros in -Amount::MAX.0..=Amount::MAX.0) {
            let amount = Amount(micros);
            prop_assert_eq!(Amount::parse(&amount.to_string()), Some(amount));
        }

        #[test]
        fn what_is_added_can_be_taken_away(left in -1_000_000_000_i64..1_000_000_000, right: i32) {
            let (left, right) = (Amount(left), Amount(right.into()));
            let back = left.checked_add(right).and_then(|sum| sum.checked_sub(right));
            prop_assert_eq!(back, Some(left));
        }
    }
}
