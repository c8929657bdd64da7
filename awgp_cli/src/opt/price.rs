//! The arguments of `awgp price`.

use super::{Limit, Narrow};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Prices of models.
#[derive(Debug, Subcommand)]
pub enum Price {
    /// Import the price list that the LiteLLM project publishes. Needs the role awgp_admin.
    ///
    /// Prices that differ from those in force are added; the others stay as they are, so a second import of
    /// the same list adds nothing. Entries that are left out are counted, by reason.
    #[command(after_help = examples!(
        "awgp price import model_prices_and_context_window.json --provider openai"
    ))]
    Import(PriceImport),
    /// Add one price by hand: for a model of your own, or one that is not on the list. Needs the role
    /// awgp_admin.
    #[command(after_help = examples!("awgp price set local llama-3 --input-price 0 --output-price 0"))]
    Set(PriceSet),
    /// List the prices in force.
    #[command(after_help = examples!("awgp price list --provider openai --model gpt"))]
    List(PriceList),
    /// Show every price of a model, the newest first.
    #[command(after_help = examples!("awgp price show openai gpt-4o"))]
    Show(PriceShow),
}

/// A price list.
#[derive(Args, Debug)]
pub struct PriceImport {
    /// LiteLLM's model_prices_and_context_window.json.
    pub file: PathBuf,
    /// Since when the prices are in force, such as 2026-03-01T00:00:00Z [default: now].
    #[arg(long, value_name = "TIME")]
    pub valid_from: Option<String>,
    /// Only this provider; repeat the option for several [default: all].
    #[arg(long, value_name = "PROVIDER")]
    pub provider: Vec<String>,
    /// The source of the list [default: the file's name].
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Also name each entry that was left out.
    #[arg(long)]
    pub names: bool,
}

/// One price.
#[derive(Args, Debug)]
pub struct PriceSet {
    /// The provider: openai, anthropic, openrouter, local, or any other name.
    pub provider: String,
    /// The model, as its provider names it.
    pub model: String,
    /// Price of one token sent, an exact decimal such as 0.00000015 or 1.5e-07.
    #[arg(long, value_name = "AMOUNT")]
    pub input_price: String,
    /// Price of one token received.
    #[arg(long, value_name = "AMOUNT")]
    pub output_price: String,
    /// Price of one token sent that the provider had in its cache [default: the same as any token sent].
    #[arg(long, value_name = "AMOUNT")]
    pub cached_price: Option<String>,
    /// Since when it is in force [default: now].
    #[arg(long, value_name = "TIME")]
    pub valid_from: Option<String>,
    /// The source of the price.
    #[arg(long, value_name = "TEXT", default_value = "entered by hand")]
    pub source: String,
}

/// Which prices to list.
#[derive(Args, Debug)]
pub struct PriceList {
    /// Only this provider.
    #[arg(long)]
    pub provider: Option<String>,
    /// Only models whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    pub model: Option<String>,
    /// In force at this moment [default: now].
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which model.
#[derive(Args, Debug)]
pub struct PriceShow {
    /// The provider.
    pub provider: String,
    /// The model, as its provider names it.
    pub model: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}
