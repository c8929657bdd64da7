//! What a call costs by a price list: in whole numbers, exact to the last digit.
//!
//! A price per token has many digits (0.00000015 for an input token), and floats cannot store most of them
//! exactly. Here a price is a whole number of units of 10⁻²⁴, tokens are whole numbers, and so is their
//! product.
//!
//! The sum of the three parts is rounded once, to six decimals, half up, like PostgreSQL's
//! `round(numeric, 6)`: anyone can recompute it in SQL. The ledger carries the remainder ([`super::exact`]).

use super::exact::Exact;
use crate::reason::Reason;
use crate::refusal::Refusal;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Decimals of a price per token.
pub const PRICE_DECIMALS: u32 = 24;

/// The first price that is too high: a thousand per token. Below it no product overflows an i128, and no cost
/// an i64.
const PRICE_UNITS_END: i128 = 1_000 * 10_i128.pow(PRICE_DECIMALS);

/// The price of one token, in 10⁻²⁴ of the currency; not negative, and less than a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PerToken(i128);

/// A cost in millionths of the currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

/// The prices of a model's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Per token sent.
    pub input: PerToken,
    /// Per token received.
    pub output: PerToken,
    /// Per token sent that the provider had in its cache; None: the same as any token sent.
    pub cached: Option<PerToken>,
}

/// The tokens of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Sent, including those from the cache.
    pub input: i64,
    /// Received.
    pub output: i64,
    /// Those of the tokens sent that the provider had in its cache.
    pub cached: i64,
}

/// The most tokens of one kind that a call has: twice what the ledger's columns hold.
const TOKENS_MAX: i64 = 2 * (i32::MAX as i64);

/// The cost of the tokens at this price, in full.
pub fn exact_cost(price: &Price, tokens: Tokens) -> Result<Exact, PriceError> {
    let Tokens { input, output, cached } = tokens;
    let is_count = |count: i64| (0..=TOKENS_MAX).contains(&count);
    if ![input, output, cached].into_iter().all(is_count) || cached > input {
        return Err(PriceError::Tokens(tokens));
    }
    // Twice 2³² tokens at less than a thousand: below 8.6 × 10³⁶ units.
    let part = |count: i64, price: PerToken| i128::from(count) * price.0;
    let units = part(input - cached, price.input)
        + part(cached, price.cached.unwrap_or(price.input))
        + part(output, price.output);
    Ok(Exact::of_units(units))
}

/// The same, rounded to six decimals.
pub fn cost(price: &Price, tokens: Tokens) -> Result<Micros, PriceError> {
    exact_cost(price, tokens).map(|cost| Micros(cost.micros()))
}

impl FromStr for PerToken {
    type Err = PriceError;

    /// A decimal as JSON or PostgreSQL writes it: `0.00000015`, `1.5e-07`. Read exactly, or refused.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || PriceError::NoDecimal(text.to_owned());
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| bad())?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let whole = match whole.strip_prefix('-') {
            Some(magnitude) if is_number(magnitude) && is_number(fraction) => {
                let zero = magnitude.bytes().chain(fraction.bytes()).all(|digit| digit == b'0');
                // JSON has -0.
                if !zero {
                    return Err(PriceError::Negative(text.to_owned()));
                }
                magnitude
            }
            _ => whole,
        };
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return Err(bad());
        }
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let decimals = i64::try_from(fraction.len()).unwrap_or(i64::MAX) - i64::from(exponent);
        Self::of_digits(digits, decimals).ok_or_else(|| PriceError::OutOfRange(text.to_owned()))
    }
}

impl PerToken {
    /// The number with these digits, the last `decimals` of them after the point.
    fn of_digits(digits: &str, decimals: i64) -> Option<Self> {
        let without_zeros = digits.trim_end_matches('0');
        if without_zeros.is_empty() {
            return Some(Self(0));
        }
        let dropped = i64::try_from(digits.len() - without_zeros.len()).ok()?;
        let shift = u32::try_from(i64::from(PRICE_DECIMALS) - decimals + dropped).ok()?;
        let units = without_zeros.parse::<i128>().ok()?.checked_mul(10_i128.checked_pow(shift)?)?;
        (units < PRICE_UNITS_END).then_some(Self(units))
    }
}

impl fmt::Display for PerToken {
    /// In full, without an exponent and without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_i128.pow(PRICE_DECIMALS);
        let fraction = format!("{:0width$}", self.0 % one, width = PRICE_DECIMALS as usize);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{}", self.0 / one),
            fraction => write!(f, "{}.{fraction}", self.0 / one),
        }
    }
}

impl fmt::Display for Micros {
    /// With its six decimals, as `numeric(18,6)` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", magnitude / 1_000_000, magnitude % 1_000_000)
    }
}

/// Why a price cannot be read, or a cost not computed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PriceError {
    /// Not a decimal number.
    #[error("\"{0}\" is not a decimal number")]
    NoDecimal(String),
    /// Below zero.
    #[error("a price must not be negative: {0}")]
    Negative(String),
    /// Too high, or with too many digits.
    #[error("a price must be below 1000 and have at most 24 decimals: {0}")]
    OutOfRange(String),
    /// A negative count, or more tokens from the cache than were sent.
    #[error("a call cannot have these tokens: {} sent, {} of them from the cache, {} received", .0.input, .0.cached, .0.output)]
    Tokens(Tokens),
    /// The list has no price for the model at that moment.
    #[error("no price is known for the model \"{model}\" of {provider}")]
    Unknown {
        /// The provider.
        provider: String,
        /// The model.
        model: String,
    },
}

impl From<PriceError> for Refusal {
    fn from(error: PriceError) -> Self {
        let message = error.to_string();
        match error {
            PriceError::Tokens(tokens) => Self::new(
                Reason::OutOfRange,
                message,
                "Pass counts that are not negative, and cached_tokens of at most input_tokens where the \
                 provider includes it there.",
            )
            .with("input_tokens", tokens.input)
            .with("cached_tokens", tokens.cached)
            .with("output_tokens", tokens.output),
            PriceError::Unknown { provider, model } => Self::new(
                Reason::UnknownPrice,
                message,
                "Pass cost_amount, or ask an administrator to enter the price: awgp price import FILE, or \
                 awgp price set",
            )
            .with("provider", provider)
            .with("model", model),
            PriceError::NoDecimal(_) | PriceError::Negative(_) | PriceError::OutOfRange(_) => Self::new(
                Reason::OutOfRange,
                message,
                "Write the price of one token as a decimal, such as 0.00000015 or 1.5e-07.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: i64 = i32::MAX as i64;

    fn per_token(text: &str) -> PerToken {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn price(input: &str, output: &str, cached: Option<&str>) -> Price {
        Price { input: per_token(input), output: per_token(output), cached: cached.map(per_token) }
    }

    fn spent(price: &Price, input: i64, output: i64, cached: i64) -> String {
        cost(price, Tokens { input, output, cached }).expect("tokens of a call").to_string()
    }

    #[test]
    fn a_price_is_read_as_json_and_postgresql_write_it() {
        for (text, plain) in [
            ("1.5e-07", "0.00000015"),
            ("15E-8", "0.00000015"),
            ("0.000000150000000000000000", "0.00000015"),
            ("1.0000000000000001e-07", "0.00000010000000000000001"),
            ("9.499999999999999e-07", "0.0000009499999999999999"),
            ("0", "0"),
            ("-0.0", "0"),
            ("0.0e-400", "0"),
            ("3", "3"),
            ("1e2", "100"),
            ("999.999999999999999999999999", "999.999999999999999999999999"),
        ] {
            assert_eq!(per_token(text).to_string(), plain, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_held_exactly_is_refused() {
        for text in ["1e-25", "1000", "1e3", "1e400", "1e-999999999", "0.1234567890123456789012345"] {
            assert_eq!(text.parse::<PerToken>(), Err(PriceError::OutOfRange(text.into())), "{text}");
        }
        for text in ["", "-", ".", ".5", "1,5", "abc", "NaN", "1e", "1e1.5", "--1", "+1", "1_0", "0x1", "١"]
        {
            assert_eq!(text.parse::<PerToken>(), Err(PriceError::NoDecimal(text.into())), "{text}");
        }
        assert_eq!("-1e-9".parse::<PerToken>(), Err(PriceError::Negative("-1e-9".into())));
    }

    #[test]
    fn a_call_costs_its_tokens_at_their_prices() {
        // gpt-4o-mini as published: 0.15, 0.60 and 0.075 per million.
        let mini = price("1.5e-07", "6e-07", Some("7.5e-08"));
        assert_eq!(spent(&mini, 1_000_000, 0, 0), "0.150000");
        assert_eq!(spent(&mini, 1_234, 567, 0), "0.000525");
        assert_eq!(spent(&mini, 1_000_000, 1_000_000, 400_000), "0.720000");
        assert_eq!(spent(&price("1.5e-07", "6e-07", None), 1_000_000, 0, 400_000), "0.150000");
        assert_eq!(spent(&price("0", "0", None), MOST, MOST, 0), "0.000000");
    }

    #[test]
    fn half_of_a_millionth_rounds_up_once_on_the_sum() {
        let price = price("2.5e-07", "2.5e-07", None);
        assert_eq!(spent(&price, 1, 0, 0), "0.000000");
        assert_eq!(spent(&price, 2, 0, 0), "0.000001");
        // Each part by itself would round to zero.
        assert_eq!(spent(&price, 1, 1, 0), "0.000001");
        assert_eq!(spent(&price, 5, 0, 0), "0.000001");
        assert_eq!(spent(&price, 6, 0, 0), "0.000002");
    }

    #[test]
    fn the_dearest_call_still_fits() {
        let most = "999.999999999999999999999999";
        let dearest = price(most, most, Some(most));
        assert_eq!(spent(&dearest, MOST, MOST, MOST), "4294967294000.000000");
    }

    #[test]
    fn tokens_that_no_call_has_are_refused() {
        let price = price("1", "1", None);
        for (input, output, cached) in [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (1, 0, 2)] {
            let tokens = Tokens { input, output, cached };
            let refusal = Refusal::from(cost(&price, tokens).unwrap_err());
            assert_eq!(refusal.reason, Reason::OutOfRange, "{tokens:?}");
        }
    }

    fn prices() -> impl Strategy<Value = PerToken> {
        (0..PRICE_UNITS_END).prop_map(PerToken)
    }

    fn token_counts() -> impl Strategy<Value = Tokens> {
        (0..=MOST, 0..=MOST).prop_flat_map(|(input, output)| {
            (0..=input).prop_map(move |cached| Tokens { input, output, cached })
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(price in prices()) {
            prop_assert_eq!(price.to_string().parse(), Ok(price));
        }

        #[test]
        fn an_exponent_moves_the_point_and_nothing_else(units in 1_i128..10_i128.pow(18), places in 0_i32..20) {
            let plain = PerToken(units * 10_i128.pow(6));
            let text = format!("{}e{}", units * 10_i128.pow(u32::try_from(places).unwrap()), -18 - places);
            prop_assert_eq!(text.parse(), Ok(plain));
        }

        #[test]
        fn a_cost_is_off_by_half_a_millionth_at_most(
            input in prices(), output in prices(), cached in prices(), tokens in token_counts(),
        ) {
            let price = Price { input, output, cached: Some(cached) };
            let exact = i128::from(tokens.input - tokens.cached) * input.0
                + i128::from(tokens.cached) * cached.0
                + i128::from(tokens.output) * output.0;
            prop_assert_eq!(exact_cost(&price, tokens), Ok(Exact::of_units(exact)));
            let micro = 10_i128.pow(18);
            let error = i128::from(cost(&price, tokens).unwrap().0) * micro - exact;
            prop_assert!(-micro / 2 < error && error <= micro / 2, "{error}");
        }

        #[test]
        fn more_tokens_never_cost_less(price in prices(), tokens in token_counts(), more in 0..1_000_i64) {
            let price = Price { input: price, output: price, cached: None };
            let longer = Tokens { output: tokens.output + more, ..tokens };
            let (dearer, cheaper) = (cost(&price, longer).unwrap(), cost(&price, tokens).unwrap());
            prop_assert!(dearer >= cheaper);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9.eE]{0,40}") {
            if let Ok(price) = text.parse::<PerToken>() {
                prop_assert!(price.0 >= 0 && price.0 < PRICE_UNITS_END);
            }
        }
    }
}
