//! Compares docs/errors.md with the table of reasons: every reason has its line there, and every line its
//! reason; and all reasons are different. The keys of DETAIL that a line names are in the code.

use awgp_core::reason::Reason;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The beginning of the line of one reason, as the page must have it: name, SQLSTATE and meaning. What DETAIL
/// has and what helps follow.
fn line(reason: Reason) -> String {
    format!("| `{}` | {} | {} | ", reason.name(), reason.family().sqlstate(), reason.meaning())
}

/// The lines of reasons.
fn lines(page: &str) -> Vec<&str> {
    let (_, reasons) = page.split_once("\n## Reasons\n").expect("the page has the reasons");
    reasons.lines().filter(|line| line.starts_with("| `")).collect()
}

fn page() -> String {
    fs::read_to_string(format!("{ROOT}/docs/errors.md")).expect("docs/errors.md is readable")
}

/// Every source below a folder, in one text.
fn sources(folder: &Path) -> String {
    let entries =
        fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path());
    let text = |path: std::path::PathBuf| match path.is_dir() {
        true => sources(&path),
        false => fs::read_to_string(path).expect("a source is UTF-8"),
    };
    entries.map(text).collect()
}

#[test]
fn errors_page_lists_every_reason_once_and_nothing_else() {
    let page = page();
    let there = lines(&page);
    let due: Vec<String> = Reason::ALL.iter().map(|&reason| line(reason)).collect();

    let missing: Vec<&String> = due
        .iter()
        .filter(|due| there.iter().filter(|line| line.starts_with(due.as_str())).count() != 1)
        .collect();
    let unknown: Vec<&&str> =
        there.iter().filter(|line| !due.iter().any(|due| line.starts_with(due))).collect();

    assert!(missing.is_empty(), "each of these begins one line of docs/errors.md:\n{missing:#?}");
    assert!(unknown.is_empty(), "remove from the tables of docs/errors.md:\n{unknown:#?}");
}

#[test]
fn each_line_says_what_detail_has_and_what_helps() {
    let code: String =
        ["awgp_core/src", "awgp_ext/src"].map(|folder| sources(&Path::new(ROOT).join(folder))).concat();
    for line in lines(&page()) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, _, detail, helps] = cells[..] else { panic!("not five cells: {line}") };
        assert!(!detail.is_empty() && !helps.is_empty(), "{line}");
        for key in detail.split('`').skip(1).step_by(2) {
            assert!(code.contains(&format!("\"{key}\"")), "no refusal has the key {key}: {line}");
        }
    }
}

#[test]
fn no_two_reasons_have_one_name() {
    let names: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(names.len(), Reason::ALL.len());
}
