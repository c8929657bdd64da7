//! What an entry costs, exactly: the given amount, or its tokens at the price list.
//!
//! Where the money is already spent, no token count is refused: the entry is made with what can be read, and
//! its metadata tells what was charged.

use super::{numeric, price};
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use crate::pg::tuple::Row;
use awgp_core::json_members::Members;
use awgp_core::money::amount::Amount;
use awgp_core::money::exact::Exact;
use awgp_core::money::price::Tokens;
use awgp_core::money::refusals;
use awgp_core::money::usage::{Usage, count};
use pgrx::pg_sys::{self, Datum};
use serde_json::{Value, json};
use std::ffi::CStr;

/// The key of the metadata with the number of tokens from the provider's cache.
const CACHED: &str = "cached_tokens";

/// The key of the metadata that marks money as already spent.
const INCURRED: &str = "incurred";

/// What an entry costs, and the columns that follow from it.
#[derive(Default)]
pub struct Charge {
    /// The exact cost.
    pub cost: Exact,
    /// Columns of the entry that differ from the given ones.
    pub columns: Vec<(&'static CStr, Option<Datum>)>,
    /// The metadata with the price.
    pub metadata: Option<Jsonb>,
}

/// The charge of a new entry, at the price in force `at`.
pub fn of_entry(row: &Row, provider: &str, at: pg_sys::TimestampTz, incurred: bool) -> Charge {
    let columns = if incurred { mended_counts(row) } else { Vec::new() };
    if let Some(cost) = given(row) {
        return Charge { cost, columns, metadata: None };
    }
    let given = row.jsonb(c"metadata");
    let reported = given.as_ref().filter(|metadata| mentions(metadata, CACHED)).map(cached_tokens);
    let unread = reported == Some(None);
    if unread && !incurred {
        raise(&refusals::no_count("metadata.cached_tokens"));
    }
    let cached = reported.flatten().unwrap_or(0);
    let of_column = |column| i64::from(row.integer(column).unwrap_or(0));
    let usage = Usage { input: of_column(c"input_tokens"), output: of_column(c"output_tokens"), cached };
    let tokens = if incurred {
        usage.incurred(provider)
    } else {
        usage.tokens(provider).unwrap_or_else(|error| raise(&error.into()))
    };
    let model = row.text(c"model").unwrap_or_default();
    let priced = price::cost_of(provider, &model, tokens, at).unwrap_or_else(|refusal| raise(&refusal));
    let mut price = priced.metadata();
    if reported.is_some() || !columns.is_empty() {
        price["tokens"] = charged(tokens, unread);
    }
    let price = Jsonb::from_text(&json!({"price": price}).to_string());
    let metadata = match given.filter(Jsonb::is_object) {
        Some(given) => given.with(&price),
        None => price,
    };
    Charge { cost: priced.cost, columns, metadata: Some(metadata) }
}

/// The tokens that were charged, where the entry's columns do not tell.
fn charged(tokens: Tokens, unread: bool) -> Value {
    let mut charged = json!({"input": tokens.input, "cached": tokens.cached, "output": tokens.output});
    if unread {
        charged["cached_tokens_unread"] = true.into();
    }
    charged
}

/// The given amount with its remainder; None where no amount is given.
fn given(row: &Row) -> Option<Exact> {
    let text = row.numeric(c"cost_amount")?;
    let lacks = row.numeric(c"cost_remainder").unwrap_or_else(|| "0".to_owned());
    let cost =
        Exact::parse(&text).zip(Exact::parse(&lacks)).and_then(|(amount, lacks)| amount.checked_add(lacks));
    let cost = cost.filter(|cost| !cost.is_negative() && cost.rounded().is_some());
    Some(cost.unwrap_or_else(|| raise(&refusals::no_amount("cost_amount"))))
}

/// Negative counts, which the table refuses, become 0.
fn mended_counts(row: &Row) -> Vec<(&'static CStr, Option<Datum>)> {
    let counts = [c"input_tokens", c"output_tokens"].into_iter();
    let bad = counts.filter(|column| row.integer(column).is_none_or(|count| count < 0));
    bad.map(|column| (column, Some(Datum::from(0)))).collect()
}

/// The value of `cached_tokens`; None where it cannot be read as a count.
fn cached_tokens(metadata: &Jsonb) -> Option<i64> {
    metadata.with_text(|text| Members::of(text).get(CACHED).map_or(Some(0), count))
}

/// True where the metadata marks the money as already spent.
pub fn is_incurred(row: &Row) -> bool {
    let Some(metadata) = row.jsonb(c"metadata").filter(|metadata| mentions(metadata, INCURRED)) else {
        return false;
    };
    let said = metadata.with_text(|text| Members::of(text).get(INCURRED).map(|said| said.get().to_owned()));
    match said.as_deref() {
        Some("true") => true,
        Some("false") | None => false,
        Some(_) => raise(&refusals::no_flag("metadata.incurred")),
    }
}

/// Searching the bytes is cheaper than parsing.
fn mentions(metadata: &Jsonb, key: &str) -> bool {
    metadata.bytes().windows(key.len()).any(|bytes| bytes == key.as_bytes())
}

/// The two columns of a cost.
pub fn in_columns(amount: Amount, lacks: Exact) -> [(&'static CStr, Option<Datum>); 2] {
    [(c"cost_amount", Some(numeric::datum(amount))), (c"cost_remainder", Some(numeric::datum(lacks)))]
}
