//! What an approval is pinned to: SHA-256 over the work item as it was when the approval was asked for.
//!
//! docs/approvals.md writes the bytes down; its vector is a test here. Nothing depends on a setting of the
//! server; each text has its length before it, so no two work items have the same bytes.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Tag and version: no other bytes that AWGP hashes begin like this.
pub const HEADER: [u8; 22] = *b"awgp-approval-request\x01";

/// The length that stands for NULL.
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
}

/// The digest as it stands in `approvals.request_digest`: 64 hexadecimal digits.
pub fn digest(pinned: &Pinned<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(HEADER);
    for id in [pinned.tenant_id, pinned.work_item_id, pinned.assistant_id] {
        hash.update(id.as_bytes());
    }
    hash.update([pinned.risk_level.unwrap_or(u8::MAX)]);
    for text in [Some(pinned.title), pinned.description, pinned.estimated_cost, Some(pinned.context)] {
        match text {
            None => hash.update(NULL_LENGTH.to_be_bytes()),
            Some(text) => {
                // PostgreSQL stores less than 1 GiB in a column.
                hash.update(u32::try_from(text.len()).unwrap_or(NULL_LENGTH - 1).to_be_bytes());
                hash.update(text.as_bytes());
            }
        }
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
        }
    }

    #[test]
    fn the_documented_vector_holds() {
        let page = include_str!("../../../docs/approvals.md");
        assert!(page.contains(&digest(&example())), "docs/approvals.md: {}", digest(&example()));
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
            Pinned { title: "Pay4", estimated_cost: Some(".800000"), ..base },
        ];
        let mut digests: Vec<_> = others.iter().chain([&base]).map(digest).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), others.len() + 1);
    }
}
