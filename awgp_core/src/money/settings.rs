//! The keys of a tenant's settings that the ledger reads.

use super::amount::Amount;
use super::period::Zone;
use crate::setting_error::SettingError;
use serde_json::Value;

/// `time_zone`: a zone of the IANA database.
pub fn validate_time_zone(value: &Value) -> Result<(), SettingError> {
    let known = value.as_str().is_some_and(|name| Zone::named(name).is_ok());
    let problem = "it must be the name of an IANA time zone, such as Europe/Berlin";
    if known { Ok(()) } else { Err(SettingError::at("", problem)) }
}

/// `holding_monthly_cost_limit`: an amount, as a number or as text; null for no limit.
pub fn validate_limit(value: &Value) -> Result<(), SettingError> {
    if value.is_null() || limit(value).is_some() {
        return Ok(());
    }
    Err(SettingError::at("", "it must be an amount with at most six decimals that is not negative, or null"))
}

/// The amount of a setting; None for anything else.
pub fn limit(value: &Value) -> Option<Amount> {
    let amount = match value {
        Value::String(text) => Amount::parse(text),
        Value::Number(number) => Amount::parse(&number.to_string()),
        _ => None,
    };
    amount.filter(|amount| !amount.is_negative())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_zone_is_one_of_the_database() {
        assert!(validate_time_zone(&json!("Europe/Berlin")).is_ok());
        for value in [json!("Mars/Olympus"), json!(1), json!(null), json!("")] {
            assert!(validate_time_zone(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_limit_is_an_amount() {
        for value in [json!(100), json!(100.5), json!("0.000001"), json!(0), json!(null)] {
            assert!(validate_limit(&value).is_ok(), "{value}");
        }
        for value in [json!(-1), json!("many"), json!("0.0000001"), json!(true), json!({})] {
            assert!(validate_limit(&value).is_err(), "{value}");
        }
    }
}
