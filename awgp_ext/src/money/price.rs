//! The price of a model at a given time, and what tokens cost.
//!
//! `awgp.model_prices` is the same for every tenant and is read below SQL, so that a cost is the same for
//! every caller. For a model, the rows with its latest `valid_from` that is not in the future are in force;
//! among them, the one with the highest tier that the call reaches.

use crate::pg::argument;
use crate::pg::clock;
use crate::pg::encoding::Text;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::tuple::Row;
use awgp_core::money::exact::Exact;
use awgp_core::money::price::{Micros, PerToken, Price, PriceError, Tokens, exact_cost};
use awgp_core::money::usage::Usage;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::{Value, json};
use std::str::FromStr;
use uuid::Uuid;

/// A computed cost, and the price it was computed with.
pub struct Priced {
    /// The exact cost.
    pub cost: Exact,
    /// The row of `awgp.model_prices`.
    pub price_id: Uuid,
    price: Price,
}

impl Priced {
    /// The content of `metadata.price` of a transaction: the price's row and numbers, so that the entry can
    /// be understood without the price list.
    pub fn metadata(&self) -> Value {
        json!({
            "id": self.price_id.to_string(),
            "input_price": self.price.input.to_string(),
            "output_price": self.price.output.to_string(),
            "cached_price": self.price.cached.map(|price| price.to_string()),
        })
    }
}

/// What the tokens cost at the price in force `at`. Refuses with `unknown_price`, and with `out_of_range` for
/// token counts that no call has.
pub fn cost_of(
    provider: &str,
    model: &str,
    tokens: Tokens,
    at: pg_sys::TimestampTz,
) -> Result<Priced, Refusal> {
    let unknown = || PriceError::Unknown { provider: provider.to_owned(), model: model.to_owned() };
    let found = in_force(provider, model, tokens.input, at).ok_or_else(unknown)?;
    let cost = exact_cost(&found.price, tokens)?;
    Ok(Priced { cost, price_id: found.id, price: found.price })
}

struct Found {
    from_input_tokens: i32,
    id: Uuid,
    price: Price,
}

/// The price for a call with this many input tokens.
fn in_force(provider: &str, model: &str, input: i64, at: pg_sys::TimestampTz) -> Option<Found> {
    let mut best: Option<Found> = None;
    let mut latest = None;
    relation::for_each_by_text(c"model_prices", c"model_prices_model_key", c"model", model, |row| {
        let (Some(valid_from), Some(from)) = (row.bigint(c"valid_from"), row.integer(c"from_input_tokens"))
        else {
            return;
        };
        if valid_from > at || row.text(c"provider").as_deref() != Some(provider) {
            return;
        }
        // A newer list replaces the older one completely, including its tiers.
        if latest.is_none_or(|latest| latest < valid_from) {
            latest = Some(valid_from);
            best = None;
        }
        let better = best.as_ref().is_none_or(|best| best.from_input_tokens < from);
        if latest == Some(valid_from) && i64::from(from) <= input.max(0) && better {
            best = found(row, from);
        }
    });
    best
}

fn found(row: &Row, from_input_tokens: i32) -> Option<Found> {
    let price = |column| row.numeric(column).and_then(|text| PerToken::from_str(&text).ok());
    Some(Found {
        from_input_tokens,
        id: row.uuid(c"id")?,
        price: Price {
            input: price(c"input_price")?,
            output: price(c"output_price")?,
            cached: price(c"cached_price"),
        },
    })
}

/// What a call costs.
#[pg_extern(stable, parallel_safe)]
fn estimate_cost(
    provider: Option<Text>,
    model: Option<Text>,
    input_tokens: default!(Option<i64>, "0"),
    output_tokens: default!(Option<i64>, "0"),
    cached_tokens: default!(Option<i64>, "0"),
    at: default!(Option<TimestampWithTimeZone>, "NULL"),
) -> AnyNumeric {
    let text = |argument: Option<Text>| argument.map(|Text(text)| text).unwrap_or_default();
    let count = |argument, tokens| argument::whole(argument, tokens).map_or(0, i64::from);
    let usage = Usage {
        input: count("input_tokens", input_tokens),
        output: count("output_tokens", output_tokens),
        cached: count("cached_tokens", cached_tokens),
    };
    let (provider, model) = (text(provider), text(model));
    let now = || clock::timestamp();
    let at = argument::moment("at", at).map_or_else(now, |at| at.into_inner());
    let tokens = usage.tokens(&provider).unwrap_or_else(|error| raise(&error.into()));
    let priced = cost_of(&provider, &model, tokens, at).unwrap_or_else(|refusal| raise(&refusal));
    let written = AnyNumeric::from_str(&Micros(priced.cost.micros()).to_string());
    written.unwrap_or_else(|error| error!("a cost could not be converted to numeric: {error}"))
}
