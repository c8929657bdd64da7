//! The price list that the LiteLLM project publishes, `model_prices_and_context_window.json`.
//!
//! One JSON object with one member per model, named as LiteLLM names it, with its provider, its mode and its
//! prices in dollars. Prices are read from the text, digit by digit. Prices per token are taken; every other
//! entry is left out, with a reason. A model may also have a price of a kind that AWGP does not store
//! (writing to the cache, batches at half price, seconds of audio). These are reported too, because the cost
//! of such a call, by its tokens only, is too low or too high.

use super::price::{PerToken, Price};
use crate::json_members::Members;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The longest name in characters, as in the constraint of model_prices.
const NAME_MAX: usize = 300;

/// The example at the beginning of the list.
const EXAMPLE: &str = "sample_spec";

/// Providers with other names in LiteLLM than in AWGP. Every other provider keeps LiteLLM's name.
const PROVIDERS: &[(&str, &str)] = &[
    ("text-completion-openai", "openai"),
    ("docker_model_runner", "local"),
    ("hosted_vllm", "local"),
    ("lemonade", "local"),
    ("llamafile", "local"),
    ("lm_studio", "local"),
    ("ollama", "local"),
    ("ollama_chat", "local"),
    ("oobabooga", "local"),
    ("vllm", "local"),
    ("xinference", "local"),
];

/// Modes with prices per token of text; whether their calls have output.
const BY_TOKENS: &[(&str, bool)] = &[
    ("chat", true),
    ("completion", true),
    ("responses", true),
    ("embedding", false),
    ("moderation", false),
    ("rerank", false),
];

/// Modes with prices per image, second, page or search, even if they have token prices too.
const BY_OTHER_UNITS: &[&str] = &[
    "audio_speech",
    "audio_transcription",
    "image_edit",
    "image_generation",
    "ocr",
    "realtime",
    "search",
    "vector_store",
    "video_generation",
];

const INPUT: &str = "input_cost_per_token";
const OUTPUT: &str = "output_cost_per_token";
const CACHED: &str = "cache_read_input_token_cost";
/// An older name of [`CACHED`].
const CACHED_BEFORE: &str = "input_cost_per_token_cache_hit";
/// The prices of a token that are taken.
const TAKEN: [&str; 4] = [INPUT, OUTPUT, CACHED, CACHED_BEFORE];
/// The only member of an entry that is an alias: the name of the entry it refers to.
const ALIAS: &str = "alias_of";

/// Suffixes of prices of another class of service.
const CLASSES: &[&str] = &["_batches", "_priority", "_flex", "_balanced", "_ultrafast", "_decisions"];

/// The list, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// The number of entries.
    pub entries: usize,
    /// The prices taken.
    pub taken: Vec<ModelPrice>,
    /// The names of entries that were left out, each with the reason.
    pub left_out: Vec<(String, LeftOut)>,
    /// How many of the models taken have a further price of this kind.
    pub in_part: BTreeMap<NotHeld, usize>,
}

/// The prices of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPrice {
    /// The provider.
    pub provider: String,
    /// Its name, as the provider calls it.
    pub model: String,
    /// The prices by the size of the call, the one from zero on first.
    pub tiers: Vec<Tier>,
}

/// The price of calls from a size on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The least number of tokens sent.
    pub from_input_tokens: i32,
    /// The price of all their tokens.
    pub price: Price,
}

/// Why an entry was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// It is the list's own example.
    Example,
    /// It is not a JSON object.
    Malformed,
    /// It names no provider.
    NoProvider,
    /// The name of its provider or its model is blank, too long, or has control characters.
    BadName,
    /// It names no mode, or an unknown one.
    UnknownMode,
    /// Its mode has prices per image, second, page or search.
    OtherUnit,
    /// It has no price per input token.
    NoTokenPrice,
    /// Its mode has output, and it has no price per output token.
    NoOutputPrice,
    /// Its prices by the size of the call have an unknown form.
    OtherTiers,
    /// It is an alias of an entry that does not exist, or of another alias.
    Alias,
    /// A price is not a number, is negative, or cannot be stored exactly.
    BadNumber,
    /// An entry before it is the same model at the same price.
    SameModel,
    /// An entry before it is the same model at another price.
    Contradiction,
}

impl LeftOut {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Example => "example",
            Self::Malformed => "malformed",
            Self::NoProvider => "no_provider",
            Self::BadName => "bad_name",
            Self::UnknownMode => "unknown_mode",
            Self::OtherUnit => "other_unit",
            Self::NoTokenPrice => "no_token_price",
            Self::NoOutputPrice => "no_output_price",
            Self::OtherTiers => "other_tiers",
            Self::Alias => "alias",
            Self::BadNumber => "bad_number",
            Self::SameModel => "same_model",
            Self::Contradiction => "contradiction",
        }
    }

    /// The same for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Example => "the list's own example",
            Self::Malformed => "not a JSON object",
            Self::NoProvider => "no provider",
            Self::BadName => "a name that is blank, too long or has control characters",
            Self::UnknownMode => "no mode, or an unknown one",
            Self::OtherUnit => "priced per image, second, page or search",
            Self::NoTokenPrice => "no price per input token",
            Self::NoOutputPrice => "no price per output token",
            Self::OtherTiers => "prices by size in an unknown form",
            Self::Alias => "an alias of an entry that does not exist",
            Self::BadNumber => "a price that is not a number, is negative, or cannot be stored exactly",
            Self::SameModel => "the same model and price as an entry before it",
            Self::Contradiction => "the same model as an entry before it, at another price",
        }
    }
}

/// A kind of price that AWGP does not store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotHeld {
    /// Writing tokens to the cache.
    CacheWrites,
    /// Batches, priority, flex, off-peak hours, regions: another class of service.
    ServiceClasses,
    /// Tokens, seconds or pieces of audio, image and video.
    OtherMedia,
    /// Reasoning tokens at another price than other output.
    Reasoning,
    /// A fee per call, search or session.
    Fees,
}

impl NotHeld {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::CacheWrites => "cache_writes",
            Self::ServiceClasses => "service_classes",
            Self::OtherMedia => "other_media",
            Self::Reasoning => "reasoning",
            Self::Fees => "fees",
        }
    }

    /// The same for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::CacheWrites => "tokens written to the cache",
            Self::ServiceClasses => "batches, priority, flex, hours and regions",
            Self::OtherMedia => "audio, images and video",
            Self::Reasoning => "reasoning at its own price",
            Self::Fees => "fees per call, search or session",
        }
    }

    /// The kind of price of a field; None for the prices that are taken and for fields that are not prices.
    fn of_field(name: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if is_class(name) || has(&["off_peak", "_uplift_multiplier"]) {
            return Some(Self::ServiceClasses);
        }
        // The same price per token, in another unit of account.
        if !name.contains("cost") || TAKEN.contains(&name) || has(&["_dbu_"]) || threshold(name).is_some() {
            return None;
        }
        // Any other suffix of the name of a price that is taken.
        if TAKEN.iter().any(|price| name.strip_prefix(price).is_some_and(|rest| rest.starts_with('_'))) {
            return Some(Self::ServiceClasses);
        }
        Some(if has(&["cache_creation", "cache_read"]) && !has(&["audio", "image"]) {
            Self::CacheWrites
        } else if has(&["reasoning"]) {
            Self::Reasoning
        } else if has(&["audio", "image", "video", "second", "pixel", "character"]) {
            Self::OtherMedia
        } else {
            Self::Fees
        })
    }
}

/// Why a text is not a price list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a price list of LiteLLM: {0}")]
pub struct NoPriceList(pub String);

/// Reads a list. Only a text that is not a JSON object is refused as a whole.
pub fn read(json: &str) -> Result<PriceList, NoPriceList> {
    let Members(entries) = serde_json::from_str(json).map_err(|error| NoPriceList(error.to_string()))?;
    let mut list = PriceList { entries: entries.len(), ..PriceList::default() };
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let by_name: HashMap<&str, &RawValue> =
        entries.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    for (name, value) in &entries {
        let name = name.clone();
        match entry(&name, value, &by_name) {
            Err(reason) => list.left_out.push((name, reason)),
            Ok((price, not_held)) => {
                let place = *places
                    .entry((price.provider.clone(), price.model.clone()))
                    .or_insert_with(|| list.taken.len());
                match list.taken.get(place) {
                    Some(first) if *first == price => list.left_out.push((name, LeftOut::SameModel)),
                    Some(_) => list.left_out.push((name, LeftOut::Contradiction)),
                    None => {
                        not_held.iter().for_each(|kind| *list.in_part.entry(*kind).or_default() += 1);
                        list.taken.push(price);
                    }
                }
            }
        }
    }
    Ok(list)
}

/// One entry, and the kinds of price in it that AWGP does not store.
fn entry(
    name: &str,
    value: &RawValue,
    by_name: &HashMap<&str, &RawValue>,
) -> Result<(ModelPrice, BTreeSet<NotHeld>), LeftOut> {
    if name == EXAMPLE {
        return Err(LeftOut::Example);
    }
    let entry = of_alias(members(value)?, by_name)?;
    let provider = entry.text("litellm_provider").filter(|text| !text.trim().is_empty());
    let provider = provider.ok_or(LeftOut::NoProvider)?;
    let mode = entry.text("mode").unwrap_or_default();
    if BY_OTHER_UNITS.contains(&mode.as_str()) {
        return Err(LeftOut::OtherUnit);
    }
    let has_output =
        BY_TOKENS.iter().find(|known| known.0 == mode).map(|known| known.1).ok_or(LeftOut::UnknownMode)?;
    if entry.0.iter().any(|(name, value)| is_other_tier(name) && value.get() != "null") {
        return Err(LeftOut::OtherTiers);
    }
    let input = price_of(&entry, INPUT)?.ok_or(LeftOut::NoTokenPrice)?;
    let output = match price_of(&entry, OUTPUT)? {
        Some(output) => output,
        None if has_output => return Err(LeftOut::NoOutputPrice),
        None => PerToken::default(),
    };
    let cached = price_of(&entry, CACHED)?.or(price_of(&entry, CACHED_BEFORE)?);
    let base = Price { input, output, cached };
    let known = PROVIDERS.iter().find(|known| known.0 == provider).map(|known| known.1);
    let model = name.strip_prefix(&format!("{provider}/")).unwrap_or(name).to_owned();
    if !is_name(&provider) || !is_name(&model) {
        return Err(LeftOut::BadName);
    }
    let tiers = tiers(&entry, base)?;
    let not_held = not_held(&entry, base);
    Ok((ModelPrice { provider: known.unwrap_or(&provider).to_owned(), model, tiers }, not_held))
}

/// A name that fits the table of prices: not blank, not too long, no control characters.
fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(char::is_control)
}

fn members(value: &RawValue) -> Result<Members<'_>, LeftOut> {
    serde_json::from_str(value.get()).map_err(|_| LeftOut::Malformed)
}

/// The entry that an alias refers to, with the alias's own members.
fn of_alias<'a>(entry: Members<'a>, by_name: &HashMap<&str, &'a RawValue>) -> Result<Members<'a>, LeftOut> {
    if entry.get(ALIAS).is_none() {
        return Ok(entry);
    }
    let target = entry.text(ALIAS).and_then(|target| by_name.get(target.as_str()).copied());
    let mut target = members(target.ok_or(LeftOut::Alias)?)?;
    if target.get(ALIAS).is_some() {
        return Err(LeftOut::Alias);
    }
    target.0.extend(entry.0);
    Ok(target)
}

/// Whether a field is a price of another class of service.
fn is_class(field: &str) -> bool {
    field.contains("cost") && CLASSES.iter().any(|end| field.ends_with(end))
}

/// Whether a field is a price by the size of the call in an unknown form. The base price would be wrong for
/// some of these calls.
fn is_other_tier(field: &str) -> bool {
    let words = ["above", "below", "over", "under", "up_to", "tier", "range"];
    let is_size = |rest: &str| {
        rest.starts_with('_')
            && (rest.bytes().any(|byte| byte.is_ascii_digit())
                || words.iter().any(|word| rest.contains(word)))
    };
    let is_price_by_size = || TAKEN.iter().any(|price| field.strip_prefix(price).is_some_and(is_size));
    field == "tiered_pricing" || (is_price_by_size() && !is_class(field) && size_above(field).is_none())
}

/// The base price, and those for larger calls: `input_cost_per_token_above_200k_tokens`. What a tier does not
/// set is as in the tier below.
fn tiers(entry: &Members, base: Price) -> Result<Vec<Tier>, LeftOut> {
    let named = || entry.0.iter().filter_map(|(name, _)| threshold(name).map(|size| (size, name)));
    let sizes: BTreeSet<i32> = named().map(|(size, _)| size).collect();
    let mut tiers = vec![Tier { from_input_tokens: 0, price: base }];
    let mut price = base;
    for size in sizes {
        let above = |price: &str| -> Result<Option<PerToken>, LeftOut> {
            let of_price =
                |name: &str| name.strip_prefix(price).is_some_and(|rest| rest.starts_with("_above_"));
            let name = named().rfind(|(of, name)| *of == size && of_price(name));
            name.map_or(Ok(None), |(_, name)| price_of(entry, name))
        };
        price = Price {
            input: above(INPUT)?.unwrap_or(price.input),
            output: above(OUTPUT)?.unwrap_or(price.output),
            cached: above(CACHED)?.or(above(CACHED_BEFORE)?).or(price.cached),
        };
        tiers.push(Tier { from_input_tokens: size + 1, price });
    }
    Ok(tiers)
}

/// The size above which a field is the price per token; None for any other field, and for a size that no call
/// has.
fn threshold(field: &str) -> Option<i32> {
    size_above(field).and_then(|size| i32::try_from(size).ok()).filter(|size| (1..i32::MAX).contains(size))
}

/// The same for a size in any form: `_above_200k_tokens`, `_above_200000_tokens`, `_above_1m_tokens`.
fn size_above(field: &str) -> Option<i64> {
    let (price, size) = field.strip_suffix("_tokens")?.split_once("_above_")?;
    let unit = |letters: [char; 2], worth: i64| size.strip_suffix(letters).map(|digits| (digits, worth));
    let (digits, worth) = unit(['k', 'K'], 1_000).or(unit(['m', 'M'], 1_000_000)).unwrap_or((size, 1));
    let is_read = TAKEN.contains(&price) && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_read.then(|| digits.parse::<i64>().ok()?.checked_mul(worth))?
}

fn not_held(entry: &Members, base: Price) -> BTreeSet<NotHeld> {
    let counts = |name: &str, kind: NotHeld, value: &RawValue| {
        let price: Option<PerToken> = value.get().parse().ok();
        match kind {
            NotHeld::Reasoning => price != Some(base.output),
            _ => value.get() != "null" && price != Some(PerToken::default()) && !name.is_empty(),
        }
    };
    let kinds = entry
        .0
        .iter()
        .filter_map(|(name, value)| NotHeld::of_field(name).filter(|kind| counts(name, *kind, value)));
    kinds.collect()
}

fn price_of(entry: &Members<'_>, name: &str) -> Result<Option<PerToken>, LeftOut> {
    entry.get(name).map(|value| value.get().parse().map_err(|_| LeftOut::BadNumber)).transpose()
}

/// One tier of one model, as `awgp.import_prices()` takes it.
pub struct ImportRow<'a> {
    /// The model.
    pub of: &'a ModelPrice,
    /// The tier.
    pub tier: &'a Tier,
}

impl PriceList {
    /// The prices taken, as rows for `awgp.import_prices()`.
    pub fn rows(&self) -> impl Iterator<Item = ImportRow<'_>> {
        self.taken.iter().flat_map(|of| of.tiers.iter().map(move |tier| ImportRow { of, tier }))
    }
}

impl Serialize for ImportRow<'_> {
    /// Prices as text, so that no reader turns them into floats.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Price { input, output, cached } = self.tier.price;
        let mut row = serializer.serialize_map(Some(6))?;
        row.serialize_entry("provider", &self.of.provider)?;
        row.serialize_entry("model", &self.of.model)?;
        row.serialize_entry("from_input_tokens", &self.tier.from_input_tokens)?;
        row.serialize_entry("input_price", &input.to_string())?;
        row.serialize_entry("output_price", &output.to_string())?;
        row.serialize_entry("cached_price", &cached.map(|price| price.to_string()))?;
        row.end()
    }
}
