//! The arguments of `awgp report`.

use clap::Args;
use std::path::PathBuf;

/// What the report is about, and where it goes.
#[derive(Args, Debug)]
pub struct Report {
    /// The file to write: one HTML page that needs nothing else. It is complete or not there at all.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The month, such as 2026-11 [default: the current month].
    #[arg(long, value_name = "MONTH")]
    pub month: Option<String>,
    /// What stands beside amounts, such as EUR. AWGP stores no currency.
    #[arg(long, value_name = "CURRENCY", value_parser = currency)]
    pub currency: Option<String>,
}

fn currency(text: &str) -> Result<String, String> {
    let is_short = (1..=8).contains(&text.chars().count());
    let is_plain = text.chars().all(|c| c.is_alphabetic() || "€$£¥₹".contains(c));
    if is_short && is_plain { Ok(text.to_owned()) } else { Err("a currency is like EUR or €".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_a_short_word_or_sign() {
        assert!(["EUR", "€", "USD", "Fr"].iter().all(|text| currency(text).is_ok()));
        assert!(["", "E U R", "<b>", "123456789", "\u{202e}EUR"].iter().all(|text| currency(text).is_err()));
    }
}
