//! What the packages of clients/ tell a model to do next, by reason: the same words in each, for every reason
//! that an action can be refused for.

use awgp_core::reason::Reason;
use std::collections::{BTreeMap, BTreeSet};

const PYTHON: &str = include_str!("../../../clients/python/src/awgp/next_steps.py");
const TYPESCRIPT: &str = include_str!("../../../clients/typescript/src/nextsteps.ts");
/// Reasons that only the packages give.
const OWN: [&str; 3] = ["already_acted", "tool_failed", "outcome_unknown"];

/// The entries of a table: a reason and its words on each line.
fn table(source: &'static str) -> BTreeMap<&'static str, &'static str> {
    let entry = |line: &'static str| {
        let (reason, words) = line.strip_prefix("  ")?.trim().strip_suffix(',')?.split_once(": ")?;
        let quoted = |quote: char| words.strip_prefix(quote)?.strip_suffix(quote);
        Some((reason.trim_matches('"'), quoted('"').or_else(|| quoted('\''))?))
    };
    source.lines().filter_map(entry).collect()
}

/// The reasons that docs/actions.md and the COMMENTs of the functions say an action may be refused for.
fn documented() -> BTreeSet<&'static str> {
    let page = include_str!("../../../docs/actions.md");
    let (_, helps) = page.split_once("### What helps").expect("the table of denials");
    let rows =
        helps.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    let mut reasons: BTreeSet<&str> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    for sql in [
        include_str!("../../../sql/members/actions.sql"),
        include_str!("../../../sql/functions/request_action_approval.sql"),
    ] {
        for errors in sql.lines().filter(|line| line.starts_with("Errors: ")) {
            let words = errors.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
            reasons.extend(words.filter(|word| Reason::ALL.iter().any(|reason| reason.name() == *word)));
        }
    }
    reasons
}

#[test]
fn both_packages_have_the_same_words_for_every_reason_of_an_action() {
    let (python, typescript) = (table(PYTHON), table(TYPESCRIPT));
    assert_eq!(python, typescript);
    let documented = documented();
    assert!(documented.len() > 20, "{documented:?}");
    for reason in documented.iter().copied().chain(OWN) {
        assert!(python.contains_key(reason), "{reason} has no next step");
    }
    for (reason, words) in python {
        assert!(OWN.contains(&reason) || Reason::ALL.iter().any(|known| known.name() == reason), "{reason}");
        for code in ["awgp", "SELECT", "--", "`", "metadata", "settings."] {
            assert!(!words.contains(code), "{reason}: {words}");
        }
    }
}
