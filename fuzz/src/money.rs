//! Amounts, prices, counts and periods.

use crate::input::{number, text};
use awgp_core::money::amount::Amount;
use awgp_core::money::exact::Exact;
use awgp_core::money::litellm::read;
use awgp_core::money::period::{Division, Zone};
use awgp_core::money::price::{PerToken, Price, exact_cost};
use awgp_core::money::settings::limit;
use awgp_core::money::usage::{Usage, count};
use serde_json::Value;
use serde_json::value::RawValue;

/// An amount is printed as it is read, and in full it is the same.
pub fn amount(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(amount) = Amount::parse(text) {
        assert_eq!(Amount::parse(&amount.to_string()), Some(amount));
        assert_eq!(limit(&Value::from(text)), Some(amount).filter(|amount| !amount.is_negative()));
        if text.trim_start_matches('-').find('.').unwrap_or(text.len()) <= 12 {
            let exact = Exact::parse(text);
            assert!(
                exact.is_none_or(|exact| exact.rounded() == Some(amount) && exact == Exact::from(amount))
            );
        }
    }
    let Some(exact) = Exact::parse(text) else { return };
    assert_eq!(Exact::parse(&exact.to_string()), Some(exact));
    assert_eq!(exact.negated().negated(), exact);
    if let Some(rounded) = exact.rounded() {
        assert_eq!(Exact::from(rounded).checked_add(exact.remainder()), Some(exact));
    }
    if let Some((cost, lacks)) = exact.split(exact.remainder()) {
        assert_eq!(Exact::from(cost).checked_add(lacks), Some(exact));
    }
}

/// A price is printed as it is read, and no count of tokens makes its product overflow.
pub fn price(data: &[u8]) {
    let Some(Ok(price)) = text(data).map(str::parse::<PerToken>) else { return };
    assert_eq!(price.to_string().parse(), Ok(price));
    let list = Price { input: price, output: price, cached: Some(price) };
    let tokens = Usage { input: i32::MAX.into(), output: i32::MAX.into(), cached: i32::MAX.into() };
    let cost = exact_cost(&list, tokens.incurred("anthropic")).expect("it can be computed");
    assert!(!cost.is_negative());
}

/// A count is the same however it is written.
pub fn usage(data: &[u8]) {
    let Some(Ok(raw)) = text(data).map(serde_json::from_str::<&RawValue>) else { return };
    let Some(number) = count(raw) else { return };
    assert!((0..=i64::from(i32::MAX)).contains(&number));
    for spelling in [number.to_string(), format!("{number}.0"), format!("\"{number}\"")] {
        let raw = RawValue::from_string(spelling).expect("JSON");
        assert_eq!(count(&raw), Some(number));
    }
}

/// Every model of a list has one line in the report; what is taken has prices in ascending tiers.
pub fn price_list(data: &[u8]) {
    let Some(Ok(list)) = text(data).map(read) else { return };
    assert!(list.taken.len() + list.left_out.len() <= list.entries);
    for model in &list.taken {
        assert!(!model.model.trim().is_empty() && !model.provider.trim().is_empty());
        assert_eq!(model.tiers.first().map(|tier| tier.from_input_tokens), Some(0));
        assert!(model.tiers.is_sorted_by(|one, next| one.from_input_tokens < next.from_input_tokens));
    }
    for row in list.rows() {
        let printed = serde_json::to_value(&row).expect("a row can be printed");
        let read = printed["input_price"].as_str().and_then(|price| price.parse::<PerToken>().ok());
        assert_eq!(read, Some(row.tier.price.input));
    }
}

/// A moment is in its period, and the next period begins where it ends.
pub fn zone(data: &[u8]) {
    let Some((at, rest)) = number(data) else { return };
    let Some((day, name)) = rest.split_first() else { return };
    let Some(Ok(zone)) = text(name).map(Zone::named) else { return };
    for division in [Division::Day, Division::Month { reset_day: day % 31 + 1 }] {
        let Ok(period) = zone.period(division, at) else { continue };
        assert!(period.contains(at) && period.starts_us < period.ends_us);
        if let Ok(next) = zone.period(division, period.ends_us) {
            assert_eq!(next.starts_us, period.ends_us);
        }
    }
    if let Ok((_, period)) = zone.day(at) {
        assert!(period.contains(at));
    }
}
