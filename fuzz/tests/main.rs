//! Every file of the corpus, and small changes of it, keep what the targets assert; and no parser is without
//! a target.

use awgp_fuzz::TARGETS;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How often a file is changed.
const CHANGES: u64 = 60;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn files(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = folder("corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("it can be read"))).collect()
}

/// Numbers that are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % below.max(1)
    }
}

/// A byte changed, removed, doubled or inserted, or a piece of another file put in.
fn changed(bytes: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    const MARKS: &[u8] = b"\"\\{}[]:,.-+0159eE \n\0/@%\xff";
    let mut bytes = bytes.to_vec();
    for _ in 0..=numbers.next(3) {
        let at = numbers.next(bytes.len());
        match numbers.next(5) {
            0 if !bytes.is_empty() => bytes[at] = MARKS[numbers.next(MARKS.len())],
            1 if !bytes.is_empty() => drop(bytes.remove(at)),
            2 if !bytes.is_empty() => bytes.insert(at, bytes[at]),
            3 => bytes.insert(at, MARKS[numbers.next(MARKS.len())]),
            _ => {
                let from = numbers.next(other.len());
                let to = (from + 1 + numbers.next(24)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
    bytes
}

#[test]
fn the_corpus_and_small_changes_of_it_break_no_target() {
    for target in TARGETS {
        let corpus = files(target.name);
        assert!(!corpus.is_empty(), "{} has no corpus", target.name);
        let mut numbers = Numbers(1);
        for (path, bytes) in &corpus {
            eprintln!("{}", path.display());
            (target.run)(bytes);
            for _ in 0..CHANGES {
                let other = &corpus[numbers.next(corpus.len())].1;
                (target.run)(&changed(bytes, other, &mut numbers));
            }
        }
    }
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let folders = fs::read_dir(folder("corpus")).expect("the corpus");
    let folders: BTreeSet<String> =
        folders.map(|entry| entry.expect("a folder").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(folders, names);
}

/// The public functions of a file that take text, bytes or JSON, but for those that only make an error of it.
fn takers(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for (at, _) in source.match_indices("pub fn ") {
        let declared = &source[at + "pub fn ".len()..];
        let Some((name, rest)) = declared.split_once(['(', '<']) else { continue };
        let end = rest.find(['{', ';']).unwrap_or(rest.len());
        let declared = rest[..end].split_whitespace().collect::<Vec<_>>().join(" ");
        let takes = ["str", "[u8]", "Value", "RawValue", "Map<", "String"];
        let (arguments, result) = declared.rsplit_once("->").unwrap_or((&declared, ""));
        if result.trim() != "Refusal" && takes.iter().any(|kind| arguments.contains(kind)) {
            found.push(name.to_owned());
        }
    }
    found
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("links_tests.rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_function_that_takes_text_from_outside_has_a_target_or_a_reason_for_none() {
    let root = folder("../awgp_core/src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let mut there = BTreeSet::new();
    for path in paths {
        let name = path.strip_prefix(&root).expect("below").display().to_string();
        let source = fs::read_to_string(&path).expect("it can be read");
        there.extend(takers(&source).into_iter().map(|function| format!("{name} {function}")));
    }
    let table = fs::read_to_string(folder("parsers.txt")).expect("the table");
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let listed: BTreeMap<String, &str> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, by)| (name.to_owned(), by)).collect();
    let names: BTreeSet<String> = listed.keys().cloned().collect();
    let (missing, gone) = (&there - &names, &names - &there);
    assert!(missing.is_empty(), "add to parsers.txt, with a target or `none, because …`: {missing:#?}");
    assert!(gone.is_empty(), "no such function any more: {gone:#?}");
    for (name, by) in listed {
        let is_told = by.starts_with("none, because ");
        assert!(is_told || by.split(", ").all(|target| awgp_fuzz::target(target).is_some()), "{name}: {by}");
    }
}
