//! Compares docs/errors.md with the table of reasons: every reason has its line there, and every line its
//! reason; and all reasons are different.

use awgp_core::reason::Reason;
use std::collections::BTreeSet;
use std::fs;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");

/// The line of one reason, as the page must have it.
fn line(reason: Reason) -> String {
    format!("| `{}` | {} | {} |", reason.name(), reason.family().sqlstate(), reason.meaning())
}

#[test]
fn errors_page_lists_every_reason_and_nothing_else() {
    let page = fs::read_to_string(PAGE).expect("docs/errors.md is readable");
    let there: BTreeSet<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let due: Vec<String> = Reason::ALL.iter().map(|&reason| line(reason)).collect();

    let missing: Vec<&str> = due.iter().map(String::as_str).filter(|line| !there.contains(line)).collect();
    let known: BTreeSet<&str> = due.iter().map(String::as_str).collect();
    let unknown: Vec<&&str> = there.difference(&known).collect();

    assert!(missing.is_empty(), "add to the table of docs/errors.md:\n{}", missing.join("\n"));
    assert!(unknown.is_empty(), "remove from the table of docs/errors.md:\n{unknown:#?}");
}

#[test]
fn no_two_reasons_have_one_name() {
    let names: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
}
