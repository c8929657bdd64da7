//! Values of the trail that can be erased: what stands in their place, and which columns of AWGP's own tables
//! may have them.
//!
//! The trail is never changed, so a value that may have to be erased does not enter it. An event has a
//! commitment to it, `{"erasable": {"hmac": "…"}}`, and `metadata.erasable` names the members that have one.
//! Value and salt stand in `awgp.audit_erasable_values`. `docs/erasure.md` describes both.

use super::chain::Digest;
use crate::permissions::{PermissionError, Role, Verb, check_role_change};
use crate::reason::Reason;
use crate::records::commitment::{Kind, SALT_BYTES, commitment};
use crate::records::conversation::REASON_BYTES_MAX;
use crate::refusal::Refusal;

/// The key of a commitment in an event, and of their names in its metadata.
pub const KEY: &str = "erasable";

/// What stands in a text column of a row whose text was erased.
pub const ERASED_TEXT: &str = "[erased]";
/// What stands in a jsonb column of a row whose value was erased.
pub const ERASED_JSON: &str = "{}";

/// A table of AWGP's own that may have erasable columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnTable {
    /// Its name.
    pub name: &'static str,
    /// The column that has the user whose the values are.
    pub subject: &'static str,
    /// The columns that may be declared erasable.
    pub columns: &'static [OwnColumn],
    /// The columns that the trail never has. They need no declaration.
    pub unrecorded: &'static [OwnColumn],
}

/// A column that may be declared erasable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnColumn {
    /// Its name.
    pub name: &'static str,
    /// True for jsonb, false for text.
    pub is_json: bool,
}

const fn text(name: &'static str) -> OwnColumn {
    OwnColumn { name, is_json: false }
}

const fn json(name: &'static str) -> OwnColumn {
    OwnColumn { name, is_json: true }
}

/// What people write freely, and who it is about or who wrote it.
pub const OWN_TABLES: &[OwnTable] = &[
    OwnTable {
        name: "users",
        subject: "id",
        columns: &[text("email"), text("first_name"), text("last_name"), text("keycloak_id")],
        unrecorded: &[],
    },
    OwnTable {
        name: "work_items",
        subject: "created_by",
        columns: &[
            text("title"),
            text("description"),
            text("closed_reason"),
            json("context"),
            json("result"),
        ],
        unrecorded: &[],
    },
    OwnTable {
        name: "approvals",
        subject: "requested_by",
        columns: &[
            text("title"),
            text("description"),
            text("rejected_reason"),
            text("escalation_reason"),
            json("context"),
        ],
        unrecorded: &[json("arguments"), json("requested_arguments")],
    },
    OwnTable {
        name: "approval_decisions",
        subject: "approver_id",
        columns: &[text("comment")],
        unrecorded: &[],
    },
    OwnTable {
        name: "approval_delegations",
        subject: "delegator_id",
        columns: &[text("reason")],
        unrecorded: &[],
    },
];

/// The table of this name, if it may have erasable columns.
pub fn own_table(name: &str) -> Option<&'static OwnTable> {
    OWN_TABLES.iter().find(|table| table.name == name)
}

impl OwnTable {
    /// The column of this name, if it may be declared.
    pub fn column(&self, name: &str) -> Option<&'static OwnColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The commitment to a value, by the text of its jsonb in UTF-8.
pub fn value_commitment(salt: &[u8], value: &str) -> String {
    commitment(salt, Kind::Erasable, [Some(value)])
}

/// True where salt, in hex, and value give the commitment. A salt of another length gives none: HMAC gives a
/// longer one the same commitment if it only has zeros more.
pub fn value_fits(commitment: &str, salt: &str, value: &str) -> bool {
    hex::decode(salt)
        .is_ok_and(|salt| salt.len() == SALT_BYTES && value_commitment(&salt, value) == commitment)
}

/// What stands in an event in place of a value, as JSON.
pub fn placeholder(commitment: &str) -> String {
    format!(r#"{{"{KEY}": {{"hmac": "{commitment}"}}}}"#)
}

/// The digest by which the event of an erasure names what it erased: of all its commitments of one month, in
/// ascending order.
pub fn erased_digest<'a>(commitments: impl IntoIterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = commitments.into_iter().collect();
    all.sort_unstable();
    String::from_utf8_lossy(&Digest::of(all.concat().as_bytes()).to_hex()).into_owned()
}

/// The address that an erased user has: unique, and of a domain that nobody can own.
pub fn erased_email(user: uuid::Uuid) -> String {
    format!("erased-{user}@erased.invalid")
}

/// Who may erase a user's data: whoever may change the user, from an admin on; never an assistant. `role` is
/// that of the user in context, `of` that of the user whose data it is.
pub fn check_eraser(role: Option<Role>, assistant: bool, is_self: bool, of: Role) -> Result<(), Refusal> {
    if assistant {
        return Err(Refusal::new(
            Reason::HumanNeeded,
            "an assistant may not erase a user's data",
            "Ask an admin of the tenant to do it without an assistant in context.",
        ));
    }
    if let Some(role) = role.filter(|role| *role < Role::Admin) {
        return Err(PermissionError::NotSufficient {
            role,
            table: "users".to_owned(),
            verb: Verb::Update,
            least: Some(Role::Admin),
        }
        .into());
    }
    Ok(check_role_change(role, is_self, Some(of), of)?)
}

/// A reason is not empty, and short.
pub fn check_reason(reason: &str) -> Result<(), Refusal> {
    if !reason.trim().is_empty() && reason.len() <= REASON_BYTES_MAX {
        return Ok(());
    }
    Err(Refusal::new(
        Reason::OutOfRange,
        format!("erasing needs a reason of 1 to {REASON_BYTES_MAX} bytes"),
        "Give a reason that names no person: it stays in the audit trail.",
    )
    .with("argument", "reason"))
}

/// Whose values `erase_subject()` erases is named, and is no user of the tenant.
pub fn bad_subject(is_user: bool) -> Refusal {
    let (message, hint) = if is_user {
        (
            "the subject is a user of this tenant",
            "Erase all that is theirs: awgp.erase_user() or awgp user erase.",
        )
    } else {
        ("subject is not valid", "Name whose values to erase, as the subject column of the table has it.")
    };
    Refusal::new(Reason::OutOfRange, message, hint).with("argument", "subject")
}

/// Only an application's tables have values of somebody who is no user.
pub fn not_an_applications_table() -> Refusal {
    Refusal::new(
        Reason::OutOfRange,
        "table is not valid",
        "Name a tracked table of your own; the values of users are erased by awgp.erase_user().",
    )
    .with("argument", "table")
}

/// There is no such user to erase, active or not.
pub fn unknown_user() -> Refusal {
    Refusal::new(
        Reason::UnknownUser,
        "no such user in this tenant",
        "Check the user's id or e-mail address with: awgp user list --tenant TENANT",
    )
}

/// An erasure must see what others have written until it locked them out.
pub fn old_snapshot() -> Refusal {
    Refusal::new(
        Reason::ErasureIsolation,
        "an erasure cannot run with the snapshot of an earlier moment",
        "Run it in a transaction of its own: BEGIN ISOLATION LEVEL READ COMMITTED;",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_fits_its_salt_and_value_only() {
        let salt: Vec<u8> = (0..32).collect();
        let made = value_commitment(&salt, r#""ada@north.example""#);
        let fits = |salt: &[u8], value| value_fits(&made, &hex::encode(salt), value);
        assert!(fits(&salt, r#""ada@north.example""#));
        assert!(!fits(&salt, r#""bob@north.example""#));
        assert!(!fits(&[7; 32], r#""ada@north.example""#));
        assert!(!value_fits(&made, "no hex", r#""ada@north.example""#));
        let padded = [salt.clone(), vec![0]].concat();
        assert_eq!(value_commitment(&padded, r#""ada@north.example""#), made);
        assert!(!fits(&padded, r#""ada@north.example""#));
    }

    #[test]
    fn a_placeholder_is_json_as_postgresql_prints_it() {
        assert_eq!(placeholder("00ff"), r#"{"erasable": {"hmac": "00ff"}}"#);
    }

    #[test]
    fn the_digest_of_an_erasure_does_not_depend_on_the_order() {
        assert_eq!(erased_digest(["b", "a"]), erased_digest(["a", "b"]));
        assert_ne!(erased_digest(["a"]), erased_digest(["a", "b"]));
        assert_eq!(
            erased_digest(["a", "b"]),
            "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603"
        );
    }

    #[test]
    fn an_admin_or_the_system_erases_and_nobody_above_themselves() {
        let may =
            |role, assistant, of| check_eraser(role, assistant, false, of).map_err(|refusal| refusal.reason);
        assert_eq!(may(None, false, Role::SuperAdmin), Ok(()));
        assert_eq!(may(Some(Role::Admin), false, Role::Viewer), Ok(()));
        assert_eq!(check_eraser(Some(Role::Admin), false, true, Role::Admin).map_err(|r| r.reason), Ok(()));
        assert_eq!(may(Some(Role::Manager), false, Role::Viewer), Err(Reason::RoleNotSufficient));
        assert_eq!(may(Some(Role::Admin), false, Role::SuperAdmin), Err(Reason::RoleGrant));
        for role in [None, Some(Role::SuperAdmin)] {
            assert_eq!(may(role, true, Role::Viewer), Err(Reason::HumanNeeded));
        }
        assert_eq!(check_reason("request 17").map_err(|refusal| refusal.reason), Ok(()));
        for bad in ["", " ", &"x".repeat(501)] {
            assert_eq!(check_reason(bad).map_err(|refusal| refusal.reason), Err(Reason::OutOfRange));
        }
    }

    #[test]
    fn only_listed_columns_of_listed_tables_may_be_erasable() {
        let users = own_table("users").expect("a table with people");
        assert!(users.column("email").is_some_and(|column| !column.is_json));
        assert_eq!(users.column("role"), None);
        assert_eq!(own_table("tenants"), None);
    }
}
