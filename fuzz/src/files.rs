//! The exported log and its manifest.

use crate::input::text;
use awgp_core::audit::chain::{Digest, Link};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::export::{FileVerifier, Line, Mark};
use awgp_core::audit::finding::Severity;
use awgp_core::audit::manifest::{Anchor, FORMAT, FileSum, Manifest};
use awgp_core::audit::note::Statement;
use awgp_core::audit::row::AuditRow;
use awgp_core::audit::streamed::format::Format;
use awgp_core::audit::streamed::{Event, found};
use awgp_core::audit::tree::{Frontier, Leaves};
use awgp_core::audit::witness::{asked, witness as witnessed};
use awgp_core::stop::proof::Proofs;
use awgp_core::stop::verdict::State;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// A log of the vectors that holds, with the manifest that its maker would have written.
struct Honest {
    rows: Vec<AuditRow>,
    manifest: Manifest,
}

static HONEST: LazyLock<Honest> = LazyLock::new(|| {
    let file: Value = serde_json::from_str(include_str!("../../tests/vectors/audit_v1.json")).expect("JSON");
    let logs = file["logs"].as_array().expect("logs");
    let honest = logs.iter().find(|log| log["name"] == "honest").expect("an honest log");
    let lines: Vec<&str> =
        honest["lines"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
    let Ok(Line::Mark(Mark::Header { install_id, .. })) = Line::parse(lines[0]) else { panic!("a header") };
    let (rows, sum) = read(lines.iter().copied(), install_id).expect("it holds");
    let seal = sum.seal();
    let anchors = sum.lanes.iter().map(|(lane, first_seq, last)| Anchor {
        tenant_id: lane.tenant_id,
        chain_lane: lane.chain_lane,
        first_seq: *first_seq,
        last_seq: last.seq,
        last_hash: last.hash,
    });
    let manifest = Manifest {
        format: FORMAT,
        partition_name: "audit_logs_2026_02".to_owned(),
        install_id,
        file: "audit_logs_2026_02.jsonl.zst".to_owned(),
        file_sha256: Digest::of(b""),
        file_bytes: 0,
        rows: sum.rows,
        last_sequence_number: seal.last_sequence_number,
        cumulative_hash: seal.cumulative_hash,
        anchors: anchors.collect(),
        checkpoints: Vec::new(),
    };
    Honest { rows, manifest }
});

/// The rows of a file that verifies, and their sum.
fn read<'a>(lines: impl Iterator<Item = &'a str>, install_id: Uuid) -> Option<(Vec<AuditRow>, FileSum)> {
    let mut verifier = FileVerifier::new(Some(install_id));
    let mut rows = Vec::new();
    for line in lines {
        verifier.line(line).ok()?;
        if let Ok(Line::Row(row)) = Line::parse(line) {
            rows.push(*row);
        }
    }
    let (sum, findings) = verifier.finish_with_sum().ok()?;
    assert_eq!(sum.rows, rows.len() as u64);
    findings.is_empty().then_some((rows, sum))
}

/// A line is read back as it was, and has one spelling.
pub fn export_line(data: &[u8]) {
    let Some(Ok(line)) = text(data).map(Line::parse) else { return };
    let printed = match &line {
        Line::Mark(mark) => mark.to_line(),
        Line::Row(row) => row.to_line(),
    };
    let again = Line::parse(&printed).expect("what is printed is read");
    assert_eq!(again, line);
}

/// A file that verifies and fits the manifest of the honest one has its rows, all and no other.
pub fn export_file(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Some((rows, sum)) = read(text.lines(), HONEST.manifest.install_id) else { return };
    if HONEST.manifest.check(&sum).is_empty() {
        assert_eq!(rows, HONEST.rows);
    }
}

/// A manifest is read back, and one that fits the honest file says what the honest one says.
pub fn manifest(data: &[u8]) {
    let Some(Ok(manifest)) = text(data).map(serde_json::from_str::<Manifest>) else { return };
    let printed = serde_json::to_string(&manifest).expect("a manifest can be printed");
    assert_eq!(serde_json::from_str::<Manifest>(&printed).ok().as_ref(), Some(&manifest));
    let sum = HONEST.rows.iter().fold(FileSum::default(), |mut sum, row| {
        let hash = Digest::from_hex(row.integrity_hash.as_bytes()).expect("a hash");
        let link = Link { seq: row.chain_seq, hash };
        sum.add(row.borrowed().position().lane(), row.id, link);
        sum
    });
    if manifest.check(&sum).is_empty() {
        let says = |of: &Manifest| (of.rows, of.last_sequence_number, of.cumulative_hash, of.anchors.clone());
        assert_eq!(says(&manifest), says(&HONEST.manifest));
    }
}

/// The honest rows in format 2, all of them leaves, and what an auditor signs of each tenant.
struct Signed {
    statements: Vec<Statement>,
    rows: Vec<AuditRow>,
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let (install_id, rows) = (HONEST.manifest.install_id, HONEST.rows.clone());
    let mut tenants: Vec<Uuid> = rows.iter().map(|row| row.tenant_id).collect();
    tenants.dedup();
    let tree = |tenant_id: Uuid| {
        let (mut tree, mut hasher) = (Frontier::default(), Leaves::default());
        let mut lanes: BTreeMap<i16, Link> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.tenant_id == tenant_id) {
            tree.push(hasher.leaf(&row.borrowed()).expect("a leaf"));
            let hash = Digest::from_hex(row.integrity_hash.as_bytes()).expect("a hash");
            lanes.insert(row.chain_lane, Link { seq: row.chain_seq, hash });
        }
        let (size, root, lanes) = (tree.size(), tree.root(), lanes.into_iter().collect());
        Statement::Tree(Checkpoint { install_id, tenant_id, size, root, lanes })
    };
    Signed { statements: tenants.into_iter().map(tree).collect(), rows: HONEST.rows.clone() }
});

/// Whatever a file says of stops: one that holds has an event, and nothing against it.
fn judge_stops(mut stops: Proofs, text: &str) {
    text.lines().filter_map(|line| Line::parse(line).ok()).for_each(|line| stops.judge_line(&line));
    for verdict in stops.finish() {
        let holds = verdict.state(true) == State::Holds;
        assert_eq!(holds, verdict.found.is_empty());
        assert!(!holds || !verdict.said.is_empty());
        assert!(!verdict.sentence(true, None).is_empty());
    }
}

/// A file of which every row is proved by the notes, with nothing found, has the rows that were signed.
pub fn witness(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Signed { statements, rows } = &*SIGNED;
    let mut verifier = FileVerifier::new(None).asking(asked(statements));
    let (mut read, mut stops) = (Vec::new(), Proofs::default());
    for line in text.lines() {
        if verifier.line_seen(line, &mut |row| stops.learn(row)).is_err() {
            return;
        }
        if let Ok(Line::Row(row)) = Line::parse(line) {
            read.push(*row);
        }
    }
    let Ok((contents, findings)) = verifier.finish_with_contents() else { return };
    judge_stops(stops, text);
    let notes: Vec<_> = statements.iter().map(|statement| ("a note".to_owned(), statement)).collect();
    let seen = witnessed(&[contents], &notes, false, findings);
    if seen.findings.iter().all(|finding| finding.severity == Severity::Warning) {
        let signed: u64 = seen.proved.iter().map(|proved| proved.tree_size).sum();
        assert_eq!(seen.proved.iter().map(|proved| proved.rows).sum::<u64>(), signed);
        assert!(rows.iter().all(|row| read.contains(row)), "what was signed is there");
        assert!(read.len() == rows.len() || !seen.own_word.is_empty(), "what was not signed is told");
    }
}

/// What is found in a line of a receiver's copy is an event, which reads back, and is found in every form.
pub fn stream_line(data: &[u8]) {
    let Some(Ok(found)) = text(data).map(found::events) else { return };
    for event in &found {
        assert_eq!(Event::parse(&event.to_text()).ok().as_ref(), Some(event));
    }
    for (form, format) in Format::ALL {
        let written = format.write(&found, "0.1.0");
        let again: Vec<Event> =
            written.lines().flat_map(|line| found::events(line).expect("what is written is found")).collect();
        assert_eq!(again, found, "{form}");
    }
}
