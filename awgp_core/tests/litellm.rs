//! Which prices of a LiteLLM price list are taken, and why the others are not.

use awgp_core::money::litellm::{LeftOut, ModelPrice, NotHeld, PriceList, read};
use proptest::prelude::*;
use serde_json::json;

fn list(entries: &str) -> PriceList {
    read(entries).unwrap_or_else(|error| panic!("{error}"))
}

/// A list of this one entry.
fn one(name: &str, entry: &str) -> PriceList {
    list(&format!("{{{}: {entry}}}", json!(name)))
}

fn taken(name: &str, entry: &str) -> ModelPrice {
    let mut list = one(name, entry);
    assert_eq!(list.left_out, []);
    list.taken.pop().expect("it is taken")
}

fn reason(name: &str, entry: &str) -> LeftOut {
    let list = one(name, entry);
    assert_eq!(list.taken, []);
    let [(left_out, reason)] = &list.left_out[..] else { panic!("{list:?}") };
    assert_eq!(left_out, name);
    *reason
}

/// A chat model of this provider with these further fields.
fn chat(provider: &str, fields: &str) -> String {
    format!(
        r#"{{"litellm_provider": "{provider}", "mode": "chat", "input_cost_per_token": 1.5e-07,
             "output_cost_per_token": 6e-07{fields}}}"#
    )
}

#[test]
fn prices_are_taken_digit_by_digit() {
    let entry = r#"{"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.0000000000000001e-07,
                    "output_cost_per_token": 0.0000004, "cache_read_input_token_cost": 2.5E-8}"#;
    let rows = serde_json::to_value(one("gpt-x", entry).rows().collect::<Vec<_>>()).expect("JSON");
    let due = json!([{
        "provider": "openai", "model": "gpt-x", "from_input_tokens": 0,
        "input_price": "0.00000010000000000000001", "output_price": "0.0000004", "cached_price": "0.000000025"
    }]);
    assert_eq!(rows, due);
}

#[test]
fn providers_have_the_names_of_the_pools_and_others_their_own() {
    for (litellm, ours) in [
        ("openai", "openai"),
        ("text-completion-openai", "openai"),
        ("anthropic", "anthropic"),
        ("openrouter", "openrouter"),
        ("ollama", "local"),
        ("lemonade", "local"),
        ("bedrock", "bedrock"),
        ("azure", "azure"),
    ] {
        assert_eq!(taken("m", &chat(litellm, "")).provider, ours);
    }
}

#[test]
fn a_model_is_called_as_its_provider_calls_it() {
    for (provider, name, model) in [
        ("openai", "gpt-4o", "gpt-4o"),
        ("openrouter", "openrouter/anthropic/claude-3.5-sonnet", "anthropic/claude-3.5-sonnet"),
        ("ollama", "ollama/llama3", "llama3"),
        ("bedrock", "bedrock/us-east-1/anthropic.claude-v2", "us-east-1/anthropic.claude-v2"),
        ("openai", "openrouter/gpt", "openrouter/gpt"),
    ] {
        assert_eq!(taken(name, &chat(provider, "")).model, model);
    }
}

#[test]
fn larger_calls_have_a_price_of_their_own() {
    let fields = r#", "cache_read_input_token_cost": 5e-08,
        "input_cost_per_token_above_200k_tokens": 3e-07, "cache_read_input_token_cost_above_200k_tokens": 1e-07,
        "output_cost_per_token_above_1000k_tokens": 9e-07, "input_cost_per_token_above_200k_tokens_batches": 1,
        "input_cost_per_token_above_9999999k_tokens": 1"#;
    let tiers = taken("m", &chat("openai", fields)).tiers;
    let read: Vec<_> = tiers
        .iter()
        .map(|tier| {
            let price = tier.price;
            let cached = price.cached.map(|cached| cached.to_string());
            (tier.from_input_tokens, price.input.to_string(), price.output.to_string(), cached)
        })
        .collect();
    let due = |from, input: &str, output: &str, cached: &str| {
        (from, input.to_owned(), output.to_owned(), Some(cached.to_owned()))
    };
    assert_eq!(
        read,
        [
            due(0, "0.00000015", "0.0000006", "0.00000005"),
            due(200_001, "0.0000003", "0.0000006", "0.0000001"),
            due(1_000_001, "0.0000003", "0.0000009", "0.0000001"),
        ]
    );
}

#[test]
fn a_size_is_read_however_it_is_spelled_and_what_is_not_read_is_left_out() {
    for size in ["200k", "200K", "200000"] {
        let fields = format!(r#", "input_cost_per_token_above_{size}_tokens": 3e-07"#);
        let tiers = taken("m", &chat("openai", &fields)).tiers;
        let read: Vec<_> =
            tiers.iter().map(|tier| (tier.from_input_tokens, tier.price.input.to_string())).collect();
        assert_eq!(read, [(0, "0.00000015".to_owned()), (200_001, "0.0000003".to_owned())], "{size}");
    }
    let million = taken("m", &chat("openai", r#", "output_cost_per_token_above_1m_tokens": 3e-06"#));
    assert_eq!(million.tiers[1].from_input_tokens, 1_000_001);
    for field in [
        "input_cost_per_token_above_many_tokens",
        "input_cost_per_token_above_200k",
        "output_cost_per_token_over_128k_tokens",
        "cache_read_input_token_cost_tier_2",
        "input_cost_per_token_up_to_128k_tokens",
        "input_cost_per_token_above_1.5k_tokens",
    ] {
        let fields = format!(r#", "{field}": 3e-07"#);
        assert_eq!(reason("m", &chat("openai", &fields)), LeftOut::OtherTiers, "{field}");
    }
    // Of another class, and of tokens written to the cache: reported, not taken.
    let told = r#", "input_cost_per_token_above_272k_tokens_ultrafast": 1, "output_cost_per_token_decisions": 1,
        "input_cost_per_token_weekend": 1, "cache_creation_input_token_cost_above_200000_tokens": 1,
        "off_peak_pricing": {"input_cost_per_token": 1}, "fedramp_uplift_multiplier": 1.1,
        "input_dbu_cost_per_token": 1"#;
    let kinds: Vec<_> = one("m", &chat("openai", told)).in_part.into_keys().collect();
    assert_eq!(kinds, [NotHeld::CacheWrites, NotHeld::ServiceClasses]);
}

#[test]
fn another_name_of_an_entry_has_its_price_or_a_reason() {
    let list = list(&format!(
        r#"{{"x/latest": {{"alias_of": "x/one"}}, "x/one": {}, "free": {{"alias_of": "x/one", "output_cost_per_token": 0}},
            "gone": {{"alias_of": "x/none"}}, "again": {{"alias_of": "x/latest"}}, "odd": {{"alias_of": 7}},
            "picture": {{"alias_of": "draw"}}, "draw": {{"litellm_provider": "x", "mode": "image_generation"}}}}"#,
        chat("x", "")
    ));
    let prices: Vec<_> = list
        .taken
        .iter()
        .map(|taken| (taken.provider.as_str(), taken.model.as_str(), taken.tiers[0].price.output.to_string()))
        .collect();
    let due = |model, output: &str| ("x", model, output.to_owned());
    assert_eq!(prices, [due("latest", "0.0000006"), due("one", "0.0000006"), due("free", "0")]);
    let left_out = [
        ("gone", LeftOut::Alias),
        ("again", LeftOut::Alias),
        ("odd", LeftOut::Alias),
        ("picture", LeftOut::OtherUnit),
        ("draw", LeftOut::OtherUnit),
    ];
    assert_eq!(list.left_out, left_out.map(|(name, reason)| (name.to_owned(), reason)));
}

#[test]
fn what_is_left_out_has_a_reason() {
    let with = |fields: &str| chat("openai", fields);
    for (entry, due) in [
        ("[]", LeftOut::Malformed),
        ("7", LeftOut::Malformed),
        (r#"{"mode": "chat", "input_cost_per_token": 1}"#, LeftOut::NoProvider),
        (r#"{"litellm_provider": " ", "mode": "chat"}"#, LeftOut::NoProvider),
        (r#"{"litellm_provider": 5, "mode": "chat"}"#, LeftOut::NoProvider),
        (r#"{"litellm_provider": "x", "input_cost_per_token": 1}"#, LeftOut::UnknownMode),
        (r#"{"litellm_provider": "x", "mode": "dreaming"}"#, LeftOut::UnknownMode),
        (
            r#"{"litellm_provider": "x", "mode": "image_generation", "input_cost_per_token": 1}"#,
            LeftOut::OtherUnit,
        ),
        (
            r#"{"litellm_provider": "x", "mode": "chat", "input_cost_per_character": 1}"#,
            LeftOut::NoTokenPrice,
        ),
        (r#"{"litellm_provider": "x", "mode": "chat", "input_cost_per_token": null}"#, LeftOut::NoTokenPrice),
        (r#"{"litellm_provider": "x", "mode": "chat", "input_cost_per_token": 1}"#, LeftOut::NoOutputPrice),
        (&with(r#", "tiered_pricing": [{"range": [0, 1]}]"#), LeftOut::OtherTiers),
        (&with(r#", "cache_read_input_token_cost": "1""#), LeftOut::BadNumber),
        (&with(r#", "cache_read_input_token_cost": -1"#), LeftOut::BadNumber),
        (&with(r#", "cache_read_input_token_cost": 1e-30"#), LeftOut::BadNumber),
        (&with(r#", "input_cost_per_token_above_200k_tokens": []"#), LeftOut::BadNumber),
    ] {
        assert_eq!(reason("m", entry), due, "{entry}");
    }
    assert_eq!(reason("sample_spec", &with("")), LeftOut::Example);
}

#[test]
fn a_mode_without_output_needs_no_price_of_it() {
    for mode in ["embedding", "rerank", "moderation"] {
        let entry = format!(r#"{{"litellm_provider": "x", "mode": "{mode}", "input_cost_per_token": 1e-8}}"#);
        assert_eq!(taken("m", &entry).tiers[0].price.output.to_string(), "0");
    }
}

#[test]
fn one_model_under_two_names_is_taken_once() {
    let (first, other) = (chat("openai", ""), chat("openai", r#", "cache_read_input_token_cost": 1e-9"#));
    let list = list(&format!(
        r#"{{"gpt": {first}, "openai/gpt": {first}, "text": {first}, "openai/text": {other}}}"#
    ));
    let names: Vec<_> = list.taken.iter().map(|price| price.model.as_str()).collect();
    assert_eq!(names, ["gpt", "text"]);
    let due = [("openai/gpt".into(), LeftOut::SameModel), ("openai/text".into(), LeftOut::Contradiction)];
    assert_eq!(list.left_out, due);
}

#[test]
fn prices_that_are_not_held_are_told() {
    let fields = r#", "cache_creation_input_token_cost": 1e-6, "input_cost_per_token_batches": 1e-8,
        "output_cost_per_token_priority": 1e-5, "input_cost_per_audio_token": 1e-5,
        "output_cost_per_reasoning_token": 6e-7, "search_context_cost_per_query": {"low": 0.1},
        "output_cost_per_image": 0.0, "input_cost_per_request": null, "max_tokens": 5"#;
    let list = one("m", &chat("openai", fields));
    let told: Vec<_> = list.in_part.into_iter().collect();
    let due = [NotHeld::CacheWrites, NotHeld::ServiceClasses, NotHeld::OtherMedia, NotHeld::Fees];
    assert_eq!(told, due.map(|kind| (kind, 1)));
    let dearer = chat("openai", r#", "output_cost_per_reasoning_token": 7e-7"#);
    assert_eq!(one("m", &dearer).in_part.into_keys().collect::<Vec<_>>(), [NotHeld::Reasoning]);
}

#[test]
fn what_is_no_object_is_no_list() {
    for text in ["", "[]", "{", "null", "{\"a\": }", "{\"a\": 1} x"] {
        assert!(read(text).is_err(), "{text}");
    }
    assert_eq!(list("{}"), PriceList::default());
}

proptest! {
    #[test]
    fn every_entry_is_taken_or_left_out(
        entries in prop::collection::vec((0..6_u8, 0..4_u8, prop::option::of("[-0-9.e]{1,6}")), 0..12),
    ) {
        let members: Vec<String> = entries.iter().map(|(name, mode, number)| {
            let mode = ["chat", "embedding", "ocr", "none"][usize::from(*mode)];
            let number = number.as_deref().and_then(|text| serde_json::from_str::<f64>(text).ok().map(|_| text));
            let number = number.unwrap_or("null");
            format!(r#""m{name}": {{"litellm_provider": "x", "mode": "{mode}", "input_cost_per_token": {number}}}"#)
        }).collect();
        let list = read(&format!("{{{}}}", members.join(", "))).expect("a list");
        prop_assert_eq!(list.entries, members.len());
        prop_assert_eq!(list.taken.len() + list.left_out.len(), list.entries);
    }
}
