//! What an approval is pinned to: SHA-256 over the work item, and the configuration of its assistant, as they
//! were when the approval was requested.
//!
//! docs/approvals.md specifies the bytes; its vectors are tests here. Nothing depends on a setting of the
//! server; each text comes after its length, so no two work items have the same bytes. The version is stored
//! beside the digest: a digest of an earlier version is compared by that version.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The version for new approvals.
pub const VERSION: i32 = 2;
/// The first version, without the assistant's configuration.
pub const ITEM_ALONE: i32 = 1;

/// Tag; the version follows. No other bytes that AWGP hashes begin like this.
const TAG: &[u8; 21] = b"awgp-approval-request";
/// Tag and version of the digest of an assistant's configuration.
const ASSISTANT_HEADER: &[u8; 29] = b"awgp-assistant-configuration\x01";

/// The length that represents NULL.
const NULL_LENGTH: u32 = u32::MAX;

/// What is hashed.
#[derive(Clone, Copy, Debug)]
pub struct Pinned<'a> {
    /// `work_items.tenant_id`.
    pub tenant_id: Uuid,
    /// `work_items.id`.
    pub work_item_id: Uuid,
    /// `work_items.assistant_id`.
    pub assistant_id: Uuid,
    /// `work_items.risk_level`; None where it is not assessed.
    pub risk_level: Option<u8>,
    /// `work_items.title`.
    pub title: &'a str,
    /// `work_items.description`.
    pub description: Option<&'a str>,
    /// `work_items.estimated_cost` with its six decimals.
    pub estimated_cost: Option<&'a str>,
    /// `work_items.context`, as jsonb prints it.
    pub context: &'a str,
    /// The assistant; None in the first version, which did not include it.
    pub assistant: Option<&'a [u8; 32]>,
}

/// The parts of an assistant that determine what it does.
#[derive(Clone, Copy, Debug)]
pub struct Configured<'a> {
    /// `assistants.configuration`, as jsonb prints it.
    pub configuration: &'a str,
    /// `assistants.model_config`, as jsonb prints it.
    pub model_config: &'a str,
    /// `assistants.capabilities`, in their order.
    pub capabilities: Option<&'a [Option<String>]>,
}

/// A digest and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The version.
    pub version: i32,
    /// 64 hexadecimal digits.
    pub digest: String,
}

impl Pin {
    /// True where the present content has the same digest in this pin's version; `says` is None for an
    /// unknown version.
    pub fn fits(&self, says: &dyn Fn(i32) -> Option<String>) -> bool {
        says(self.version).is_some_and(|digest| digest == self.digest)
    }
}

/// The digest of an assistant's configuration.
pub fn assistant_digest(assistant: &Configured<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(ASSISTANT_HEADER);
    put(&mut hash, Some(assistant.configuration));
    put(&mut hash, Some(assistant.model_config));
    match assistant.capabilities {
        None => hash.update(NULL_LENGTH.to_be_bytes()),
        Some(names) => {
            hash.update(u32::try_from(names.len()).unwrap_or(NULL_LENGTH - 1).to_be_bytes());
            names.iter().for_each(|name| put(&mut hash, name.as_deref()));
        }
    }
    hash.finalize().into()
}

/// A text after its length.
fn put(hash: &mut Sha256, text: Option<&str>) {
    match text {
        None => hash.update(NULL_LENGTH.to_be_bytes()),
        Some(text) => {
            // PostgreSQL stores less than 1 GiB in a column.
            hash.update(u32::try_from(text.len()).unwrap_or(NULL_LENGTH - 1).to_be_bytes());
            hash.update(text.as_bytes());
        }
    }
}

/// The digest as in `approvals.request_digest`: 64 hexadecimal digits.
pub fn digest(pinned: &Pinned<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(TAG);
    hash.update(if pinned.assistant.is_some() { [2] } else { [1] });
    for id in [pinned.tenant_id, pinned.work_item_id, pinned.assistant_id] {
        hash.update(id.as_bytes());
    }
    hash.update([pinned.risk_level.unwrap_or(u8::MAX)]);
    for text in [Some(pinned.title), pinned.description, pinned.estimated_cost, Some(pinned.context)] {
        put(&mut hash, text);
    }
    if let Some(assistant) = pinned.assistant {
        hash.update(assistant);
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Pinned<'static> {
        Pinned {
            tenant_id: Uuid::from_u128(1),
            work_item_id: Uuid::from_u128(2),
            assistant_id: Uuid::from_u128(3),
            risk_level: Some(4),
            title: "Pay",
            description: None,
            estimated_cost: Some("4.800000"),
            context: r#"{"invoice": 7}"#,
            assistant: None,
        }
    }

    fn configured() -> Configured<'static> {
        Configured { configuration: "{}", model_config: r#"{"model": "gpt-4"}"#, capabilities: None }
    }

    #[test]
    fn the_documented_vectors_hold() {
        let page = include_str!("../../../docs/approvals.md");
        let names = [Some("pay".to_owned())];
        let assistant = assistant_digest(&Configured { capabilities: Some(&names), ..configured() });
        let second = digest(&Pinned { assistant: Some(&assistant), ..example() });
        for vector in [digest(&example()), hex::encode(assistant), second] {
            assert!(page.contains(&vector), "docs/approvals.md: {vector}");
        }
    }

    #[test]
    fn all_that_an_assistant_is_counts() {
        let base = configured();
        let name = |name: &str| Some(name.to_owned());
        let lists = [
            vec![],
            vec![None],
            vec![name("a")],
            vec![name("a"), name("b")],
            vec![name("b"), name("a")],
            vec![name("ab")],
        ];
        let mut digests: Vec<_> = lists
            .iter()
            .map(|names| Configured { capabilities: Some(names), ..base })
            .chain([
                base,
                Configured { configuration: r#"{"a": 1}"#, ..base },
                Configured { model_config: "{}", ..base },
                Configured { configuration: base.model_config, model_config: base.configuration, ..base },
            ])
            .map(|assistant| assistant_digest(&assistant))
            .collect();
        let all = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), all);
    }

    #[test]
    fn every_field_counts_and_null_is_not_empty() {
        let base = example();
        let others = [
            Pinned { tenant_id: Uuid::from_u128(9), ..base },
            Pinned { work_item_id: Uuid::from_u128(9), ..base },
            Pinned { assistant_id: Uuid::from_u128(9), ..base },
            Pinned { risk_level: Some(5), ..base },
            Pinned { risk_level: None, ..base },
            Pinned { title: "Paid", ..base },
            Pinned { description: Some(""), ..base },
            Pinned { estimated_cost: None, ..base },
            Pinned { estimated_cost: Some("4.800001"), ..base },
            Pinned { context: "{}", ..base },
            Pinned { assistant: Some(&[0; 32]), ..base },
            Pinned { assistant: Some(&[1; 32]), ..base },
            Pinned { title: "Pay4", estimated_cost: Some(".800000"), ..base },
        ];
        let mut digests: Vec<_> = others.iter().chain([&base]).map(digest).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), others.len() + 1);
    }
}
