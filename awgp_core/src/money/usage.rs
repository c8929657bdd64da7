//! Tokens as each provider reports them.
//!
//! Most providers count tokens from the cache among those that were sent. Anthropic, and Bedrock after it,
//! count them separately: three tokens sent and 12,304 from the cache. The ledger takes the numbers as
//! reported, and this is the only place that distinguishes them.

use super::price::{PriceError, Tokens};
use serde_json::value::RawValue;

/// Providers, named as in the price list, whose `input_tokens` excludes tokens from the cache.
const APART: &[&str] = &["anthropic", "bedrock", "bedrock_converse", "vertex_ai-anthropic_models"];

/// What a provider reports about a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Sent, as the provider counts them.
    pub input: i64,
    /// Received.
    pub output: i64,
    /// From the provider's cache.
    pub cached: i64,
}

impl Usage {
    /// The tokens that are charged; refuses impossible counts.
    pub fn tokens(self, provider: &str) -> Result<Tokens, PriceError> {
        let Self { input, output, cached } = self;
        let apart = APART.contains(&provider);
        let tokens =
            Tokens { input: if apart { input.saturating_add(cached) } else { input }, output, cached };
        if input < 0 || output < 0 || cached < 0 || cached > tokens.input {
            return Err(PriceError::Tokens(Tokens { input, output, cached }));
        }
        Ok(tokens)
    }

    /// The same for a call that was made and paid for, where nothing is refused: a negative count is zero,
    /// and more tokens from the cache than were sent were counted separately.
    pub fn incurred(self, provider: &str) -> Tokens {
        let [input, output, cached] = [self.input, self.output, self.cached].map(|count| count.max(0));
        let counted = Self { input, output, cached };
        counted.tokens(provider).unwrap_or(Tokens { input: input.saturating_add(cached), output, cached })
    }
}

/// A count in JSON: a whole number that is not negative, also as text (`"100"`) and with a zero fraction
/// (100.0), as languages without integers write it. None for anything else.
pub fn count(value: &RawValue) -> Option<i64> {
    let text: String = serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned());
    let number: f64 = text.trim().parse().ok()?;
    let is_count = number.fract() == 0.0 && (0.0..=f64::from(i32::MAX)).contains(&number);
    #[expect(clippy::cast_possible_truncation, reason = "whole, and within the bounds")]
    is_count.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usage(input: i64, cached: i64) -> Usage {
        Usage { input, output: 7, cached }
    }

    #[test]
    fn tokens_from_the_cache_are_among_those_sent_or_apart_as_the_provider_counts() {
        for (provider, input, cached, sent) in [
            ("openai", 12_307, 12_304, Some(12_307)),
            ("openai", 3, 12_304, None),
            ("anthropic", 3, 12_304, Some(12_307)),
            ("anthropic", 100, 50, Some(150)),
            ("bedrock", 3, 4, Some(7)),
            ("openrouter", 3, 4, None),
            ("anthropic", -1, 4, None),
            ("anthropic", 4, -1, None),
        ] {
            let tokens = usage(input, cached).tokens(provider);
            assert_eq!(tokens.ok().map(|tokens| tokens.input), sent, "{provider} {input} {cached}");
        }
    }

    #[test]
    fn of_what_is_paid_for_every_count_is_taken() {
        assert_eq!(usage(3, 12_304).incurred("openai"), Tokens { input: 12_307, output: 7, cached: 12_304 });
        assert_eq!(usage(-3, -1).incurred("openai"), Tokens { input: 0, output: 7, cached: 0 });
    }

    #[test]
    fn a_count_is_read_however_it_is_written_and_nothing_else_is_one() {
        let read = |json: &str| count(&RawValue::from_string(json.to_owned()).expect("JSON"));
        for json in ["100", "100.0", "1e2", "\"100\"", "\" 100 \"", "\"100.0\""] {
            assert_eq!(read(json), Some(100), "{json}");
        }
        for json in
            ["true", "1.5", "-1", "\"many\"", "\"\"", "[]", "{}", "1e300", "1e999", "\"NaN\"", "\"inf\""]
        {
            assert_eq!(read(json), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_count_of_a_paid_call_is_refused_by_its_price(
            input: i32, output: i32, cached in 0..=i32::MAX, provider in prop::sample::select(vec!["openai", "anthropic"]),
        ) {
            let tokens = Usage { input: input.into(), output: output.into(), cached: cached.into() }.incurred(provider);
            let price = super::super::price::Price {
                input: "0.1".parse().unwrap(), output: "0.2".parse().unwrap(), cached: None,
            };
            prop_assert!(super::super::price::exact_cost(&price, tokens).is_ok());
        }
    }
}
