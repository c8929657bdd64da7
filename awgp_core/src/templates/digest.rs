//! The digest of a template's content: equal exactly where the assistants made from it would be equal.

use super::Content;
use sha2::{Digest, Sha256};

/// The first bytes, so that no other digest of AWGP is over the same bytes.
const DOMAIN: &[u8] = b"awgp/template/v1";

/// Hex of SHA-256 over the fields in the order of [`Content`], each after its length, and one byte that
/// distinguishes absent from empty. Name and slug are not content. JSON is taken as PostgreSQL prints it.
pub fn digest(content: &Content) -> String {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    let mut field = |value: Option<&str>| {
        hash.update([u8::from(value.is_some())]);
        let value = value.unwrap_or_default();
        hash.update((value.len() as u64).to_be_bytes());
        hash.update(value.as_bytes());
    };
    field(content.description.as_deref());
    field(Some(&content.kind));
    field(content.capabilities.as_ref().map(|names| names.len().to_string()).as_deref());
    for name in content.capabilities.iter().flatten() {
        field(Some(name));
    }
    field(Some(content.configuration.get()));
    field(Some(content.model_config.get()));
    field(Some(&content.risk_tier.to_string()));
    field(Some(&content.max_cost_per_day));
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::super::patch::raw;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_field_counts_and_none_runs_into_another() {
        let base = Content {
            description: Some(String::new()),
            kind: "custom".to_owned(),
            capabilities: Some(vec!["a".to_owned(), "b".to_owned()]),
            configuration: raw("{}"),
            model_config: raw(r#"{"a": 1}"#),
            risk_tier: 1,
            max_cost_per_day: "1".to_owned(),
        };
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        let all = [
            base.clone(),
            Content { description: None, ..base.clone() },
            Content { kind: "shared_hr".to_owned(), ..base.clone() },
            Content { capabilities: None, ..base.clone() },
            Content { capabilities: names(&[]), ..base.clone() },
            Content { capabilities: names(&["ab"]), ..base.clone() },
            Content { capabilities: names(&["b", "a"]), ..base.clone() },
            Content { configuration: raw(r#"{"a": 1}"#), model_config: raw("{}"), ..base.clone() },
            Content { risk_tier: 11, max_cost_per_day: String::new(), ..base.clone() },
            Content { max_cost_per_day: "1.0".to_owned(), ..base.clone() },
        ];
        let digests: BTreeSet<String> = all.iter().map(digest).collect();
        assert_eq!(digests.len(), all.len());
        assert!(digests.iter().all(|digest| digest.len() == 64));
    }
}
