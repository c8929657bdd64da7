//! What may be different when an assistant is made from a template.

use super::{Content, TemplateError, patch};
use serde_json::Value;
use serde_json::value::RawValue;

/// The keys that overrides may have.
pub const KEYS: [&str; 6] =
    ["description", "capabilities", "configuration", "model_config", "risk_tier", "max_cost_per_day"];

/// Most capabilities of an assistant made from a template, and longest name of one, in bytes.
const CAPABILITIES_MAX: usize = 256;
const CAPABILITY_BYTES_MAX: usize = 200;

/// The content with the overrides applied: `configuration` and `model_config` are patched as [`patch::merge`]
/// does, the others replace the template's. An error names a key that is unknown or cannot be used.
pub fn apply(content: &Content, overrides: &str) -> Result<Content, TemplateError> {
    let overrides =
        patch::object(overrides).ok_or_else(|| TemplateError::new("overrides", "is a JSON object"))?;
    let mut applied = content.clone();
    for (key, value) in &overrides {
        let path = format!("overrides.{key}");
        match key.as_str() {
            "description" => applied.description = description(path, value)?,
            "capabilities" => applied.capabilities = Some(capabilities(&path, value)?),
            "configuration" => applied.configuration = patched(path, &content.configuration, value)?,
            "model_config" => applied.model_config = patched(path, &content.model_config, value)?,
            "risk_tier" => {
                let tier = value.get().parse::<i32>().ok().filter(|tier| (0..=5).contains(tier));
                applied.risk_tier =
                    tier.ok_or_else(|| TemplateError::new(path, "is a whole number, 0 to 5"))?;
            }
            "max_cost_per_day" => applied.max_cost_per_day = amount(path, value)?,
            _ => {
                let rule = format!("is not a key that can be overridden: {}", KEYS.join(", "));
                return Err(TemplateError::new(path, rule));
            }
        }
    }
    Ok(applied)
}

fn parsed(value: &RawValue) -> Value {
    serde_json::from_str(value.get()).unwrap_or_default()
}

fn description(path: String, value: &RawValue) -> Result<Option<String>, TemplateError> {
    match parsed(value) {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(TemplateError::new(path, "is a text or null")),
    }
}

fn capabilities(path: &str, value: &RawValue) -> Result<Vec<String>, TemplateError> {
    let Value::Array(listed) = parsed(value) else {
        return Err(TemplateError::new(path, "is an array of names, which replaces the template's"));
    };
    if listed.len() > CAPABILITIES_MAX {
        return Err(TemplateError::new(path, format!("has at most {CAPABILITIES_MAX} names")));
    }
    let mut names: Vec<String> = Vec::new();
    for (index, value) in listed.iter().enumerate() {
        let name =
            value.as_str().filter(|name| !name.trim().is_empty() && name.len() <= CAPABILITY_BYTES_MAX);
        match name {
            Some(name) if !names.iter().any(|known| known == name) => names.push(name.to_owned()),
            _ => {
                let rule = format!("is a name of 1 to {CAPABILITY_BYTES_MAX} bytes that occurs once");
                return Err(TemplateError::new(format!("{path}[{index}]"), rule));
            }
        }
    }
    Ok(names)
}

fn patched(path: String, content: &RawValue, value: &RawValue) -> Result<Box<RawValue>, TemplateError> {
    if patch::object(value.get()).is_none() {
        return Err(TemplateError::new(path, "is a JSON object"));
    }
    Ok(patch::merge(content, value))
}

/// A decimal that is not negative, with its digits as written: a number, or a string with a number.
fn amount(path: String, value: &RawValue) -> Result<String, TemplateError> {
    let text = match parsed(value) {
        Value::String(text) => text,
        Value::Number(_) => value.get().to_owned(),
        _ => String::new(),
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=12).contains(&whole.len()) && part.len() <= 6 && digits(whole) && digits(part);
    if fits {
        Ok(text)
    } else {
        Err(TemplateError::new(path, "is a decimal of at most 12 digits and 6 decimals, not negative"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content {
            description: Some("d".to_owned()),
            kind: "custom".to_owned(),
            capabilities: Some(vec!["a".to_owned()]),
            configuration: patch::raw(r#"{"a": {"b": 1.10, "c": 2}}"#),
            model_config: patch::raw(r#"{"provider": "local"}"#),
            risk_tier: 1,
            max_cost_per_day: "10.000000".to_owned(),
        }
    }

    #[test]
    fn without_overrides_the_template_stands() {
        let applied = apply(&content(), "{}").expect("nothing to refuse");
        assert_eq!(format!("{applied:?}"), format!("{:?}", content()));
    }

    #[test]
    fn objects_are_patched_and_the_rest_replaced() {
        let overrides = r#"{"configuration": {"a": {"c": null, "d": 0.50}}, "capabilities": ["x", "y"], "risk_tier": 0,
                            "max_cost_per_day": 2.50, "description": null, "model_config": {"model": "m"}}"#;
        let applied = apply(&content(), overrides).expect("good overrides");
        assert_eq!(applied.configuration.get(), r#"{"a":{"b":1.10,"d":0.50}}"#);
        assert_eq!(applied.model_config.get(), r#"{"model":"m","provider":"local"}"#);
        assert_eq!(applied.capabilities, Some(vec!["x".to_owned(), "y".to_owned()]));
        assert_eq!((applied.description, applied.risk_tier), (None, 0));
        assert_eq!(applied.max_cost_per_day, "2.50");
    }

    #[test]
    fn what_cannot_be_overridden_is_named() {
        for (overrides, key) in [
            ("[]", "overrides"),
            ("null", "overrides"),
            (r#"{"type": "custom"}"#, "overrides.type"),
            (r#"{"risk_teir": 1}"#, "overrides.risk_teir"),
            (r#"{"risk_tier": 6}"#, "overrides.risk_tier"),
            (r#"{"risk_tier": 1.0}"#, "overrides.risk_tier"),
            (r#"{"risk_tier": null}"#, "overrides.risk_tier"),
            (r#"{"capabilities": "a"}"#, "overrides.capabilities"),
            (r#"{"capabilities": ["a", "a"]}"#, "overrides.capabilities[1]"),
            (r#"{"capabilities": [" "]}"#, "overrides.capabilities[0]"),
            (r#"{"configuration": []}"#, "overrides.configuration"),
            (r#"{"model_config": null}"#, "overrides.model_config"),
            (r#"{"max_cost_per_day": -1}"#, "overrides.max_cost_per_day"),
            (r#"{"max_cost_per_day": 1e3}"#, "overrides.max_cost_per_day"),
            (r#"{"max_cost_per_day": "1.1234567"}"#, "overrides.max_cost_per_day"),
            (r#"{"description": 1}"#, "overrides.description"),
        ] {
            assert_eq!(apply(&content(), overrides).expect_err("refused").key, key, "{overrides}");
        }
    }
}
