//! Files and notes that Rust and Python verify: what each says of them, and every change of a line.

use crate::checkpoints::private_key;
use awgp_core::audit::export::{FileVerifier, Line, Mark};
use awgp_core::audit::finding::Severity;
use awgp_core::audit::note::{self, Statement};
use awgp_core::audit::witness::{asked, witness};
use awgp_core::stop::proof::Proofs;
use awgp_core::stop::verdict::Verdict;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

fn key() -> String {
    private_key("example.com/audit", 7)
}

/// Files and notes that are verified together.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub files: Vec<Vec<String>>,
    pub notes: Vec<(String, String)>,
    pub is_part: bool,
}

impl Case {
    pub fn of(name: &str, files: Vec<Vec<String>>, texts: &[String]) -> Self {
        let note =
            |(at, text): (usize, &String)| (format!("{at}.note"), note::sign(text, &key()).expect("signed"));
        let notes = texts.iter().enumerate().map(note).collect();
        Self { name: name.to_owned(), files, notes, is_part: false }
    }

    pub fn with(&self, name: &str, at: usize, file: Vec<String>) -> Self {
        let mut case = self.clone();
        case.files[at] = file;
        Self { name: format!("{}: {name}", self.name), ..case }
    }

    /// What the Rust verifier says, in the words of the Python one.
    pub fn answer(&self) -> Value {
        let public = note::public_key_of(&key()).expect("a key");
        let statements: Vec<(String, Statement)> = self
            .notes
            .iter()
            .map(|(name, note)| (name.clone(), note::open(note, &public).expect("a note")))
            .collect();
        let (mut files, mut found, mut stops) = (Vec::new(), Vec::new(), Proofs::default());
        for lines in &self.files {
            let mut file =
                FileVerifier::new(None).asking(asked(statements.iter().map(|(_, statement)| statement)));
            let read = lines
                .iter()
                .try_for_each(|line| file.line_seen(line, &mut |row| stops.learn(row)))
                .and_then(|()| file.finish_with_contents());
            match read {
                Ok((contents, findings)) => {
                    files.push(contents);
                    found.extend(findings);
                }
                Err(_) => return json!({"refused": true}),
            }
        }
        let named: Vec<_> = statements.iter().map(|(name, statement)| (name.clone(), statement)).collect();
        let witness = witness(&files, &named, self.is_part, found);
        let is_found = witness.findings.iter().any(|finding| finding.severity == Severity::Error);
        for line in self.files.iter().flatten() {
            stops.judge_line(&Line::parse(line).expect("read before"));
        }
        for (lane, number) in files.iter().flat_map(|file| &file.rows.adopted) {
            stops.adopted(*lane, *number);
        }
        let told = |stop: &Verdict| {
            let holds = stop.touched_by(&witness.findings).is_empty();
            stop.to_json(holds, (!named.is_empty()).then(|| stop.is_signed(&witness.proved)))
        };
        let stops: Vec<Value> = stops.finish().iter().map(told).collect();
        json!({"found": is_found, "proved": witness.proved, "own_word": witness.own_word, "stops": stops})
    }
}

/// Other values of a field, each of its kind.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![json!(1), json!("00000000-0000-0000-0000-0000000000ff"), json!("0".repeat(64))],
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            vec![
                json!(number + 1),
                json!(number - 1),
                json!(number.to_string()),
                json!(i32::try_from(number).map(f64::from).unwrap_or_default()),
                Value::Null,
            ]
        }
        Value::String(text) => {
            let last = if text.ends_with('0') { "1" } else { "0" };
            let cut = &text[..text.len() - text.chars().last().map_or(0, char::len_utf8)];
            let mut others =
                vec![json!(format!("{cut}{last}")), json!(format!("{text}x")), json!(text.replace('-', ""))];
            others.extend([json!(text.to_uppercase()), json!(cut), Value::Null]);
            others
        }
        Value::Array(items) => {
            let mut reversed = items.clone();
            reversed.reverse();
            let changed = items.iter().skip(1).chain([&json!("0".repeat(64))]).cloned().collect();
            vec![
                Value::Array(items[1..].to_vec()),
                Value::Array(reversed),
                Value::Array(changed),
                Value::Null,
            ]
        }
        _ => Vec::new(),
    }
}

/// Every line cut, doubled, swapped with the next and edited in each of its fields.
pub fn tampered(case: &Case) -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, lines) in case.files.iter().enumerate() {
        let mut add = |name: String, lines: Vec<String>| cases.push(case.with(&name, at, lines));
        for number in 0..lines.len() {
            let mut cut = lines.clone();
            let line = cut.remove(number);
            let kind =
                line.strip_prefix("{\"awgp\":\"").and_then(|rest| rest.split('"').next()).unwrap_or("row");
            let named = format!("line {number} ({kind})");
            add(format!("{named} cut"), cut.clone());
            if !line.starts_with("{\"awgp\"") {
                let last = cut.pop().expect("an end line");
                let rows: u64 = last.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number");
                cut.push(Mark::End { rows: rows - 1 }.to_line());
                add(format!("{named} cut and the rows counted again"), cut);
            }
            let mut doubled = lines.clone();
            doubled.insert(number, line.clone());
            add(format!("{named} doubled"), doubled);
            if number + 1 < lines.len() {
                let mut swapped = lines.clone();
                swapped.swap(number, number + 1);
                add(format!("{named} swapped"), swapped);
            }
            // A line of each kind, and rows here and there.
            let is_edited = line.starts_with("{\"awgp\"") || number % 4 == 0;
            for (field, edited) in is_edited.then(|| edits(&line)).into_iter().flatten() {
                let mut lines = lines.clone();
                lines[number] = edited;
                add(format!("{named} {field}"), lines);
            }
        }
    }
    cases
}

/// A line with each of its fields doubled, removed, and of each other value.
fn edits(line: &str) -> Vec<(String, String)> {
    let Value::Object(members) = serde_json::from_str(line).expect("JSON") else { panic!("an object") };
    let mut edits = Vec::new();
    for (name, value) in &members {
        let written = format!("\"{name}\":{value}");
        assert!(line.contains(&written), "{line} {written}");
        edits.push((format!("{name} doubled"), line.replacen(&written, &format!("{written},{written}"), 1)));
        let lost = line.replacen(&format!(",{written}"), "", 1);
        if lost != line {
            edits.push((format!("{name} lost"), lost));
        }
        for other in others(value).iter().filter(|other| *other != value) {
            let edited = line.replacen(&written, &format!("\"{name}\":{other}"), 1);
            edits.push((format!("{name} to {other}"), edited));
        }
    }
    edits.push(("a further field".to_owned(), line.replacen('}', ",\"further\":1}", 1)));
    edits
}

/// Asserts that Python says the same of these cases.
pub fn assert_same_in_python(cases: &[Case]) {
    // Tests of one process ask at the same time.
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let listed: Vec<Value> = cases
        .iter()
        .map(|case| json!({"name": case.name, "files": case.files, "notes": case.notes, "is_part": case.is_part}))
        .collect();
    let public = note::public_key_of(&key()).expect("a key");
    let name = format!("awgp-cases-{}-{}.json", std::process::id(), ASKED.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, json!({"public_key": public, "cases": listed}).to_string()).expect("written");
    drop(listed);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/verify_audit.py");
    let output =
        Command::new("python3").args(["-B", script, "cases"]).arg(&path).output().expect("python3 runs");
    let _ = std::fs::remove_file(&path);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.lines().count(), cases.len());
    let mut differing = Vec::new();
    for (case, line) in cases.iter().zip(told.lines()) {
        let python: Value = serde_json::from_str(line).expect("JSON");
        let rust = case.answer();
        let expected = match python.get("refused") {
            Some(_) => json!({"refused": true}),
            None => json!({
                "found": python["found"].as_array().is_some_and(|found| !found.is_empty()),
                "proved": python["proved"], "own_word": python["own_word"], "stops": python["stops"],
            }),
        };
        if rust != expected {
            differing.push(format!("{}\n  rust   {rust}\n  python {line}", case.name));
        }
    }
    assert!(
        differing.is_empty(),
        "{} of {}: {:#?}",
        differing.len(),
        cases.len(),
        &differing[..differing.len().min(8)]
    );
}
