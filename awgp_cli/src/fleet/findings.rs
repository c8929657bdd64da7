//! What is wrong with a fleet: what stands twice, what differs, what is full. Pure: it is given what the
//! members have said.

use super::file::Member;
use awgp_client::{Failure, Row, secret};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a member has said.
#[derive(Debug, Default)]
pub struct Seen {
    /// Of itself: version, server, bytes, install_id.
    pub itself: Row,
    /// Its tenants: id, slug, family.
    pub tenants: Vec<Row>,
    /// The subjects of its users: subject, tenant.
    pub subjects: Vec<Row>,
    /// The digests of reference data.
    pub digests: Vec<(String, String)>,
}

impl Seen {
    /// The digest of a kind of reference data.
    pub fn digest(&self, of: &str) -> Option<&str> {
        self.digests.iter().find(|(kind, _)| kind == of).map(|(_, digest)| digest.as_str())
    }

    /// The families, by the id of their first tenant.
    pub fn families(&self) -> BTreeMap<String, Vec<&Row>> {
        let mut families: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
        for tenant in &self.tenants {
            families.entry(tenant.text("family").unwrap_or_default()).or_default().push(tenant);
        }
        families
    }
}

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// error or warning.
    pub severity: &'static str,
    /// Its name.
    pub code: &'static str,
    /// What it is about.
    pub object: String,
    /// One line.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Finding {
    /// A member did not answer.
    pub fn unreachable(member: &str, failure: &Failure) -> Self {
        let hint = failure.noted("hint").unwrap_or("start it, or take it out of the fleet file");
        Self::new("error", "member_unreachable", member, &secret::redact(&failure.message), hint)
    }

    /// A member of role replica takes writes.
    pub fn no_standby(member: &str) -> Self {
        let hint = "correct its role in the fleet file, and write the proxy's configuration anew";
        Self::new(
            "error",
            "member_is_no_standby",
            member,
            "it is a replica in the fleet file, and no standby",
            hint,
        )
    }

    fn new(severity: &'static str, code: &'static str, object: &str, message: &str, hint: &str) -> Self {
        let [object, message, hint] = [object, message, hint].map(str::to_owned);
        Self { severity, code, object, message, hint }
    }
}

/// A member above so many hundredths of its capacity is reported.
const FULL_PERCENT: u64 = 90;

/// The findings of members that answered.
pub fn of(seen: &[(&Member, Seen)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let once = |code, what: &str, hint: &str, names: Vec<(String, &str)>, findings: &mut Vec<Finding>| {
        for (name, members) in twice(names) {
            let message = format!("{what} stands on {}", members.join(" and "));
            findings.push(Finding::new("error", code, &name, &message, hint));
        }
    };
    let all = |of: fn(&Seen) -> &[Row], column: &'static str| {
        seen.iter()
            .flat_map(|(member, seen)| {
                of(seen).iter().filter_map(|row| Some((row.text(column)?, member.name.as_str())))
            })
            .collect::<Vec<_>>()
    };
    let installs = seen
        .iter()
        .filter_map(|(member, seen)| Some((seen.itself.text("install_id")?, member.name.as_str())))
        .collect();
    let hint = "two members are one database, or one is a copy: give the copy an identity of its own with \
                `awgp installation adopt`, or correct the fleet file";
    once("installation_twice", "the installation", hint, installs, &mut findings);
    let hint = "a move has not ended: complete it, or remove the copy that nobody writes to";
    once("tenant_twice", "the tenant", hint, all(|seen| &seen.tenants, "id"), &mut findings);
    let hint = "a slug names one tenant: reach both by their ids until one has another";
    once("slug_twice", "the slug", hint, all(|seen| &seen.tenants, "slug"), &mut findings);
    let hint = "a subject is one user: deactivate the one that is wrong";
    once("subject_twice", "the subject", hint, all(|seen| &seen.subjects, "subject"), &mut findings);
    for (code, what, hint, of) in DIFFERS {
        let values: Vec<(&str, String)> =
            seen.iter().filter_map(|(member, seen)| Some((member.name.as_str(), of(seen)?))).collect();
        if values.iter().any(|(_, value)| Some(value) != values.first().map(|(_, value)| value)) {
            let said: Vec<String> =
                values.iter().map(|(member, value)| format!("{member}: {value}")).collect();
            findings.push(Finding::new("warning", code, what, &said.join(", "), hint));
        }
    }
    for (member, seen) in seen {
        let bytes = seen.itself.text("bytes").and_then(|bytes| bytes.parse::<u64>().ok()).unwrap_or(0);
        let Some(capacity) = member.capacity_bytes else { continue };
        let percent = bytes.saturating_mul(100) / capacity.max(1);
        if percent >= FULL_PERCENT {
            let message = format!("it has {percent} % of its capacity");
            let hint = "awgp fleet plan proposes what to move; new_families = false keeps new ones away";
            findings.push(Finding::new("warning", "member_full", &member.name, &message, hint));
        }
    }
    findings
}

type Of = fn(&Seen) -> Option<String>;

const SYNC: &str = "awgp fleet sync --from MEMBER --dry-run shows what differs";
const DIFFERS: [(&str, &str, &str, Of); 4] = [
    ("version_differs", "the extension", "install the same files, then awgp fleet migrate", |seen| {
        seen.itself.text("version")
    }),
    ("templates_differ", "templates", SYNC, |seen| seen.digest("templates").map(str::to_owned)),
    ("prices_differ", "prices", SYNC, |seen| seen.digest("prices").map(str::to_owned)),
    ("providers_differ", "identity providers", SYNC, |seen| seen.digest("providers").map(str::to_owned)),
];

/// What is on more than one member.
fn twice(names: Vec<(String, &str)>) -> Vec<(String, Vec<&str>)> {
    let mut holders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, member) in names {
        let members = holders.entry(name).or_default();
        if !members.contains(&member) {
            members.push(member);
        }
    }
    holders.into_iter().filter(|(_, members)| members.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_on_two_members_is_found_once_and_what_stands_twice_on_one_is_not() {
        let names = |pairs: &[(&str, &'static str)]| {
            twice(pairs.iter().map(|(name, member)| ((*name).to_owned(), *member)).collect())
        };
        assert_eq!(names(&[("x", "a"), ("x", "a"), ("y", "b")]), []);
        assert_eq!(names(&[("x", "a"), ("x", "b"), ("x", "b")]), [("x".to_owned(), vec!["a", "b"])]);
    }

    #[test]
    fn families_are_by_their_first_tenant() {
        let row = |text: &str| Row::from_json(text).expect("a row");
        let seen = Seen {
            tenants: vec![
                row(r#"{"id":"1","slug":"h","family":"1"}"#),
                row(r#"{"id":"2","slug":"n","family":"1"}"#),
                row(r#"{"id":"3","slug":"o","family":"3"}"#),
            ],
            ..Seen::default()
        };
        let sizes: Vec<_> = seen.families().into_iter().map(|(id, rows)| (id, rows.len())).collect();
        assert_eq!(sizes, [("1".to_owned(), 2), ("3".to_owned(), 1)]);
    }
}
