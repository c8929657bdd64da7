//! A communication policy: whether it applies to a message, and which policies are valid.

use super::content::ContentRules;
use super::error::PolicyError;
use super::settings::MessagingSettings;
use super::window::LIMIT_MAX;
use std::sync::Arc;
use uuid::Uuid;

/// The types of assistant, as in the CHECK of `assistants.type`.
pub const ASSISTANT_TYPES: [&str; 12] = [
    "executive_cos",
    "shared_finance",
    "shared_hr",
    "shared_it",
    "shared_legal",
    "company_operations",
    "company_finance",
    "company_marketing",
    "company_customer",
    "company_product",
    "company_compliance",
    "custom",
];

/// Which messages a policy's limit counts together, as in the CHECK of `rate_limit_scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All that the policy allows.
    Policy,
    /// Each sender's separately.
    Sender,
    /// Each pair of sender and receiver separately.
    Pair,
}

impl Scope {
    /// From `rate_limit_scope`; the strictest for an unknown name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "sender" => Self::Sender,
            "pair" => Self::Pair,
            _ => Self::Policy,
        }
    }

    /// The window that counts a message: sender and receiver, where the scope separates them.
    pub fn key(self, from: Uuid, to: Uuid) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Policy => (None, None),
            Self::Sender => (Some(from), None),
            Self::Pair => (Some(from), Some(to)),
        }
    }
}

/// A list of a policy; None matches anything.
pub type Wildcard = Option<Vec<String>>;

/// An active policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its id.
    pub id: Uuid,
    /// Its name for people.
    pub name: String,
    /// `from_assistant_types`.
    pub from_types: Wildcard,
    /// `to_assistant_types`.
    pub to_types: Wildcard,
    /// `allowed_channels`.
    pub channels: Wildcard,
    /// `content_rules`.
    pub content: Arc<ContentRules>,
    /// `rate_limit_per_hour`.
    pub limit: u32,
    /// `rate_limit_scope`.
    pub scope: Scope,
}

fn includes(list: &Wildcard, name: &str) -> bool {
    list.as_ref().is_none_or(|names| names.iter().any(|listed| listed == name))
}

impl Policy {
    /// Whether it applies to messages between these types.
    pub fn fits_types(&self, from: &str, to: &str) -> bool {
        includes(&self.from_types, from) && includes(&self.to_types, to)
    }

    /// Whether it allows the channel.
    pub fn fits_channel(&self, channel: &str) -> bool {
        includes(&self.channels, channel)
    }
}

/// The lists and numbers of a policy as they are written; their elements may still be NULL.
pub struct Draft<'a> {
    /// `from_assistant_types`.
    pub from_types: Option<&'a [Option<String>]>,
    /// `to_assistant_types`.
    pub to_types: Option<&'a [Option<String>]>,
    /// `allowed_channels`.
    pub channels: Option<&'a [Option<String>]>,
    /// `rate_limit_per_hour`.
    pub limit: i64,
}

/// Checks whether a policy is valid; the error names what is wrong.
pub fn check(draft: &Draft<'_>, settings: &MessagingSettings) -> Result<(), PolicyError> {
    let is_type = |name: &str| ASSISTANT_TYPES.contains(&name);
    let type_rule = "is one of the twelve types of assistant";
    check_list("from_assistant_types", draft.from_types, is_type, type_rule)?;
    check_list("to_assistant_types", draft.to_types, is_type, type_rule)?;
    let has = |name: &str| settings.has_channel(name);
    let channel_rule = "is telegram, slack, email, internal or a channel of settings.messaging.channels";
    check_list("allowed_channels", draft.channels, has, channel_rule)?;
    if !(0..=i64::from(LIMIT_MAX)).contains(&draft.limit) {
        return Err(PolicyError::new("rate_limit_per_hour", format!("is 0 to {LIMIT_MAX}")));
    }
    Ok(())
}

fn check_list(
    key: &str,
    list: Option<&[Option<String>]>,
    allowed: impl Fn(&str) -> bool,
    rule: &str,
) -> Result<(), PolicyError> {
    let Some(list) = list else { return Ok(()) };
    if list.is_empty() {
        return Err(PolicyError::new(
            key,
            "is NULL for any, or has an element: an empty array matches nothing",
        ));
    }
    match list.iter().position(|name| !name.as_deref().is_some_and(&allowed)) {
        // PostgreSQL counts the elements of an array from 1.
        Some(index) => Err(PolicyError::new(format!("{key}[{}]", index + 1), rule)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> Vec<Option<String>> {
        names.iter().map(|name| (!name.is_empty()).then(|| (*name).to_owned())).collect()
    }

    #[test]
    fn what_is_wrong_is_named_by_column_and_element() {
        let settings = MessagingSettings { channels: vec!["pager".to_owned()], ..Default::default() };
        let check = |from: &[&str], channels: &[&str], limit| {
            let (from, channels) = (list(from), list(channels));
            let draft = Draft { from_types: Some(&from), to_types: None, channels: Some(&channels), limit };
            check(&draft, &settings).map_err(|error| error.key)
        };
        assert_eq!(check(&["custom"], &["slack", "pager"], 100), Ok(()));
        assert_eq!(check(&[], &["slack"], 1), Err("from_assistant_types".to_owned()));
        assert_eq!(check(&["custom", "robot"], &["slack"], 1), Err("from_assistant_types[2]".to_owned()));
        assert_eq!(check(&[""], &["slack"], 1), Err("from_assistant_types[1]".to_owned()));
        assert_eq!(check(&["custom"], &["fax"], 1), Err("allowed_channels[1]".to_owned()));
        assert_eq!(check(&["custom"], &["slack"], 1_000_001), Err("rate_limit_per_hour".to_owned()));
        assert_eq!(check(&["custom"], &["slack"], -1), Err("rate_limit_per_hour".to_owned()));
    }
}
