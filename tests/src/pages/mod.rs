//! Pages of docs/ that are made of the installed catalog, so that they say what is there.

pub mod django;
pub mod examples;
pub mod functions;
pub mod models;
pub mod prisma;
pub mod schema;

use awgp_core::reason::Reason;
use std::path::PathBuf;

/// A page: its path below docs/, and its text.
pub struct Page {
    /// Its path below docs/.
    pub path: String,
    /// Its text.
    pub text: String,
}

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// Asserts that the pages of docs/ are these. With `UPDATE_GOLDEN=1`, writes them instead.
pub fn assert_written(pages: &[Page]) {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut stale = Vec::new();
    for page in pages {
        let path = docs().join(&page.path);
        if update {
            std::fs::write(&path, &page.text).expect("the page can be written");
        } else if std::fs::read_to_string(&path).unwrap_or_default() != page.text {
            stale.push(&page.path);
        }
    }
    assert!(stale.is_empty(), "not what the catalog says; UPDATE_GOLDEN=1 writes them: {stale:?}");
}

/// Asserts that a folder of docs/ has these pages and no other.
pub fn assert_complete(folder: &str, pages: &[Page]) {
    for file in std::fs::read_dir(docs().join(folder)).expect("the folder is there") {
        let file = file.expect("a file");
        // Python keeps what it has compiled in a folder.
        if file.path().is_dir() {
            continue;
        }
        let name = file.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        assert!(pages.iter().any(|page| page.path == path), "{path}: nothing of this name is installed");
    }
}

/// A table of Markdown; nothing where it has no rows.
fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | ").replace('\n', " "));
    let mut text = line(headings.iter().map(|&heading| heading.to_owned()).collect());
    text += &["|", &"---|".repeat(headings.len()), "\n"].concat();
    for row in rows {
        text += &line(row.iter().map(|cell| cell.replace('|', "\\|")).collect());
    }
    text
}

/// A section with a heading; nothing where it says nothing.
fn section(heading: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n## {heading}\n\n{text}") }
}

/// Text as code; nothing of nothing.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// The text with links for the pages that it names as `docs/PAGE.md`; `to_docs` leads from the page to docs/.
fn linked(text: &str, to_docs: &str) -> String {
    let word = |word: &str| {
        let Some((before, rest)) = word.split_once("docs/") else { return word.to_owned() };
        let Some((page, after)) = rest.split_once(".md") else { return word.to_owned() };
        let name = page.rsplit('/').next().unwrap_or(page);
        let page = if to_docs.is_empty() { page } else { page.strip_prefix("schema/").unwrap_or(page) };
        let to_docs = if rest.starts_with("schema/") { "" } else { to_docs };
        format!("{before}[{name}.md]({to_docs}{page}.md){after}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The text with names in it (`role_not_sufficient`) as code.
fn with_names_as_code(text: &str) -> String {
    let mut begins_item = true;
    let word = |word: &str| {
        let name = word.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let is_name = name.contains('_')
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        // A reason of one word is a reason where an item of the list begins: after a SQLSTATE or a comma.
        let is_reason = begins_item && Reason::ALL.iter().any(|reason| reason.name() == name);
        let is_state = name.len() == 5 && name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        begins_item = is_state || word.ends_with([',', ';']);
        if is_name || is_reason { word.replacen(name, &code(name), 1) } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A paragraph, wrapped at 100 columns.
fn wrapped(text: &str) -> String {
    wrapped_after("", text)
}

/// An item of a list, wrapped at 100 columns.
fn item(text: &str) -> String {
    wrapped_after("- ", text)
}

/// Words after this on the first line, and as far from the margin on the others.
fn wrapped_after(first: &str, text: &str) -> String {
    let mut lines = vec![first.to_owned()];
    for (place, word) in text.split_whitespace().enumerate() {
        let line = lines.last_mut().expect("there is one");
        if place > 0 && line.chars().count() + 1 + word.chars().count() > 100 {
            lines.push(" ".repeat(first.len()) + word);
        } else {
            let space = if line.trim_end() == line && place > 0 { " " } else { "" };
            *line += space;
            *line += word;
        }
    }
    lines.join("\n") + "\n"
}
