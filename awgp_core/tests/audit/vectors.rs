//! The vectors of tests/vectors/audit_v1.json, which core, extension, command line and Python all read.
//!
//! `UPDATE_VECTORS=1 cargo test -p awgp_core vectors` writes the file again. The format is frozen: a change
//! of any value in it is a new version, not an update.

use crate::log::{INSTALL, Log, hash, lane, row, tenant};
use awgp_core::audit::canonical::write;
use awgp_core::audit::chain::{Digest, Lane, Link, PlainVerifier, genesis, genesis_bytes};
use awgp_core::audit::export::{ExportError, FORMAT, FileVerifier, Mark};
use awgp_core::audit::finding::Kind;
use awgp_core::audit::lane_facts::{Head, LaneFacts};
use awgp_core::audit::lineage::{Point, adoption_bytes};
use awgp_core::audit::row::AuditRow;
use serde_json::{Value, json};
use uuid::Uuid;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/audit_v1.json");

type Edit = fn(&mut AuditRow);

/// Rows that are easy to get wrong: name, and what differs from the base row.
const ROWS: [(&str, Edit); 34] = [
    ("base", |_| {}),
    ("boundary: action a|b, entity_type c", |r| (r.action, r.entity_type) = ("a|b".into(), "c".into())),
    ("boundary: action a, entity_type b|c", |r| (r.action, r.entity_type) = ("a".into(), "b|c".into())),
    ("metadata is NULL", |r| r.metadata = None),
    ("metadata is the empty object", |r| r.metadata = Some("{}".into())),
    ("metadata is json null", |r| r.metadata = Some("null".into())),
    ("metadata is the empty json string", |r| r.metadata = Some("\"\"".into())),
    ("metadata is the empty text, which jsonb never prints", |r| r.metadata = Some(String::new())),
    ("key present and null", |r| r.after_state = Some("{\"a\": null}".into())),
    ("key absent", |r| r.after_state = Some("{}".into())),
    ("key present and empty", |r| r.after_state = Some("{\"a\": \"\"}".into())),
    ("before only", |r| r.after_state = None),
    ("after only", |r| r.before_state = None),
    ("before and after exchanged", |r| std::mem::swap(&mut r.before_state, &mut r.after_state)),
    ("keys in jsonb's order, shorter first", |r| r.after_state = Some("{\"b\": 1, \"aa\": 2}".into())),
    ("keys in another order are other bytes", |r| r.after_state = Some("{\"aa\": 2, \"b\": 1}".into())),
    ("number 1.1", |r| r.after_state = Some("{\"n\": 1.1}".into())),
    ("number 1.10", |r| r.after_state = Some("{\"n\": 1.10}".into())),
    ("number beyond 64 bits", |r| r.after_state = Some("{\"n\": 123456789012345678901234567890.5}".into())),
    ("non-BMP text", |r| r.action = "🜂 approve 𝔄".into()),
    ("non-BMP text in jsonb", |r| r.after_state = Some("{\"🜂\": \"𝔄\"}".into())),
    ("composed and not", |r| (r.action, r.entity_type) = ("\u{e9}".into(), "e\u{301}".into())),
    ("escapes in jsonb", |r| r.after_state = Some("{\"a\": \"\\\\ \\\" \\n \\u0001\"}".into())),
    ("control characters in text", |r| r.action = "a\nb\tc\u{1}\u{7f}".into()),
    ("empty texts", |r| (r.action, r.entity_type) = (String::new(), String::new())),
    ("no actor id", |r| (r.actor_type, r.actor_id) = ("system".into(), None)),
    ("nil actor id is not NULL", |r| r.actor_id = Some(Uuid::nil())),
    ("no entity id", |r| r.entity_id = None),
    ("the epoch", |r| r.timestamp_us = 0),
    ("a microsecond before the epoch", |r| r.timestamp_us = -1),
    ("PostgreSQL's first moment", |r| r.timestamp_us = -210_866_803_200_000_000),
    ("the last microsecond of year 9999", |r| r.timestamp_us = 253_402_300_799_999_999),
    ("the last moment of 64 bits, highest id, sequence and lane", |r| {
        (r.timestamp_us, r.id, r.chain_seq, r.chain_lane) = (i64::MAX, i64::MAX, i64::MAX, i16::MAX);
    }),
    ("negative id and lane", |r| (r.id, r.chain_lane) = (i64::MIN, i16::MIN)),
];

fn row_vectors() -> Vec<Value> {
    let previous = genesis(INSTALL, lane(1, 0));
    let vector = |(name, edit): &(&str, Edit)| {
        let mut row = row(lane(1, 0), 1, 7);
        row.metadata = Some("{\"request\": \"r-1\"}".into());
        edit(&mut row);
        let mut canonical = Vec::new();
        write(&mut canonical, &row.borrowed());
        let hash = hash(&row, previous).to_string();
        row.integrity_hash.clone_from(&hash);
        json!({
            "name": name, "row": row, "timestamp_us": row.timestamp_us, "previous": previous,
            "canonical": hex::encode(canonical), "integrity_hash": hash,
        })
    };
    ROWS.iter().map(vector).collect()
}

fn genesis_vectors() -> Vec<Value> {
    let lanes = [
        lane(1, 0),
        lane(1, 1),
        lane(2, 0),
        lane(2, i16::MAX),
        Lane { tenant_id: Uuid::nil(), chain_lane: -1 },
    ];
    let vector = |lane: &Lane| {
        json!({
            "install_id": INSTALL, "tenant_id": lane.tenant_id, "chain_lane": lane.chain_lane,
            "bytes": hex::encode(genesis_bytes(INSTALL, *lane)), "hash": genesis(INSTALL, *lane),
        })
    };
    lanes.iter().map(vector).collect()
}

fn adoption_vectors() -> Vec<Value> {
    let next = Uuid::from_u128(0x1b2b_3c4d_2222_4333_8444_5555_6666_7777);
    let last = Link { seq: 41, hash: genesis(INSTALL, lane(1, 0)) };
    let vector = |of: Lane| {
        let point = Point { previous_id: INSTALL, install_id: next, last };
        let link = point.adoption_link(of);
        json!({
            "install_id": next, "tenant_id": of.tenant_id, "chain_lane": of.chain_lane,
            "last_seq": last.seq, "last_hash": last.hash, "bytes": hex::encode(adoption_bytes(next, of, last)),
            "adopted_seq": link.seq, "adopted_hash": link.hash,
        })
    };
    [lane(1, 0), lane(2, i16::MAX)].map(vector).to_vec()
}

type Tampering = fn(&mut Log);

const LOGS: [(&str, Tampering); 14] = [
    ("honest", |_| {}),
    ("A1 a column edited", |log| log.by_id(5).action.push('x')),
    ("A1 the hash edited", |log| log.by_id(5).integrity_hash = "0".repeat(64)),
    ("A1 the hash in capitals", |log| log.by_id(5).integrity_hash.make_ascii_uppercase()),
    ("A2 edited and hashed again", |log| {
        log.by_id(4).action.push('x');
        log.rehash(4, 0);
    }),
    ("A3 the rest hashed again, seen at the head", |log| {
        log.by_id(4).action.push('x');
        log.rehash(4, 99);
    }),
    ("A4 a middle row deleted", |log| drop(log.remove(5))),
    ("A5 the first row deleted", |log| drop(log.remove(1))),
    ("A6 the tail cut", |log| drop(log.remove(8))),
    ("A10 a row inserted", |log| {
        let mut forged = row(lane(1, 0), 5, 99);
        forged.integrity_hash = "1".repeat(64);
        log.rows.push(forged);
    }),
    ("A11 a row duplicated under another id", |log| {
        let mut copy = log.by_id(5).clone();
        copy.id = 99;
        log.rows.push(copy);
    }),
    ("A12 two rows swapped", |log| (log.by_id(3).chain_seq, log.by_id(6).chain_seq) = (6, 3)),
    ("A13 a row moved to another tenant", |log| log.by_id(5).tenant_id = tenant(2)),
    ("a lane that this database never had", |log| {
        let mut other = Log::honest(&[(lane(9, 0), 2)]);
        other.rows.iter_mut().for_each(|row| row.id += 100);
        log.rows.append(&mut other.rows);
    }),
];

/// The lines of a log's export, the lanes with their heads.
fn lines(log: &Log) -> Vec<String> {
    let mut rows = log.rows.clone();
    rows.sort_by_key(|row| (row.tenant_id, row.chain_lane, row.chain_seq, row.id));
    let mut lanes: Vec<Lane> = log.known.keys().copied().collect();
    lanes.extend(rows.iter().map(|row| Lane { tenant_id: row.tenant_id, chain_lane: row.chain_lane }));
    lanes.sort();
    lanes.dedup();
    let mut export = vec![Mark::Header { format: FORMAT, install_id: INSTALL }.to_line()];
    for lane in lanes {
        let nothing = Link { seq: 0, hash: genesis(INSTALL, lane) };
        let Head::Exactly(head) = log.known.get(&lane).map_or(Head::Exactly(nothing), |known| known.head)
        else {
            panic!("vector logs have heads")
        };
        let Lane { tenant_id, chain_lane } = lane;
        let (head_seq, head_hash) = (Some(head.seq), Some(head.hash));
        let mark = Mark::Lane { tenant_id, chain_lane, after_seq: 0, after_hash: None, head_seq, head_hash };
        export.push(mark.to_line());
        let here = |row: &&AuditRow| row.tenant_id == tenant_id && row.chain_lane == chain_lane;
        export.extend(rows.iter().filter(here).map(AuditRow::to_line));
    }
    export.push(Mark::End { rows: rows.len() as u64 }.to_line());
    export
}

/// Where plain verification fails: (tenant, lane, number), a lane's wrong end at the number of its head.
fn breaks(log: &Log) -> Vec<Value> {
    let mut rows = log.rows.clone();
    rows.sort_by_key(|row| (row.tenant_id, row.chain_lane, row.chain_seq, row.id));
    let mut known = log.known.clone();
    for row in &rows {
        let lane = Lane { tenant_id: row.tenant_id, chain_lane: row.chain_lane };
        let nothing = Link { seq: 0, hash: genesis(INSTALL, lane) };
        known.entry(lane).or_insert_with(|| LaneFacts::after(nothing).with_head(Head::Exactly(nothing)));
    }
    let mut breaks = Vec::new();
    for (lane, known) in known {
        let mut plain = PlainVerifier::new(known.start);
        for row in
            rows.iter().filter(|row| row.tenant_id == lane.tenant_id && row.chain_lane == lane.chain_lane)
        {
            if !plain.push(&row.borrowed()) {
                breaks.push(json!([lane.tenant_id, lane.chain_lane, row.chain_seq]));
            }
        }
        if let Head::Exactly(head) = known.head
            && !plain.ends_at(head)
        {
            breaks.push(json!([lane.tenant_id, lane.chain_lane, head.seq]));
        }
    }
    breaks
}

fn log_vectors() -> Vec<Value> {
    let vector = |(name, tamper): &(&str, Tampering)| {
        let mut log = Log::honest(&[(lane(1, 0), 8), (lane(1, 1), 3), (lane(2, 0), 8)]);
        tamper(&mut log);
        let findings: Vec<Value> = log
            .verify()
            .iter()
            .map(|f| {
                json!({"kind": f.kind, "tenant_id": f.tenant_id, "chain_lane": f.chain_lane,
                       "chain_seq": f.chain_seq, "audit_id": f.audit_id})
            })
            .collect();
        json!({"name": name, "lines": lines(&log), "breaks": breaks(&log), "findings": findings})
    };
    LOGS.iter().map(vector).collect()
}

fn vectors() -> Value {
    json!({
        "format": FORMAT, "genesis": genesis_vectors(), "adoptions": adoption_vectors(),
        "rows": row_vectors(), "logs": log_vectors(),
    })
}

fn stored() -> Value {
    serde_json::from_str(&std::fs::read_to_string(FILE).expect("the vectors are in the repository")).unwrap()
}

#[test]
fn the_code_yields_the_vectors() {
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(FILE, format!("{}\n", serde_json::to_string_pretty(&vectors()).unwrap())).unwrap();
    }
    let (actual, stored) = (vectors(), stored());
    for part in ["format", "genesis", "adoptions", "rows", "logs"] {
        assert_eq!(actual[part], stored[part], "{part}");
    }
}

#[test]
fn rows_read_back_from_the_vectors_hash_the_same() {
    for vector in stored()["rows"].as_array().unwrap() {
        let row: AuditRow = serde_json::from_value(vector["row"].clone()).unwrap();
        let previous = Digest::from_hex(vector["previous"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(hash(&row, previous).to_string(), vector["integrity_hash"], "{}", vector["name"]);
    }
}

#[test]
fn exported_lines_give_the_findings_of_the_vectors() {
    for vector in stored()["logs"].as_array().unwrap() {
        let mut file = FileVerifier::new(Some(INSTALL));
        for line in vector["lines"].as_array().unwrap() {
            file.line(line.as_str().unwrap()).unwrap();
        }
        let (_, findings) = file.finish().unwrap();
        let expected: Vec<_> =
            vector["findings"].as_array().unwrap().iter().map(|f| (&f["kind"], &f["audit_id"])).collect();
        let actual: Vec<_> = findings.iter().map(|f| (json!(f.kind), json!(f.audit_id))).collect();
        assert_eq!(
            actual.iter().map(|(kind, id)| (kind, id)).collect::<Vec<_>>(),
            expected,
            "{}",
            vector["name"]
        );
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let log = Log::honest(&[(lane(1, 0), 3)]);
    let lines = lines(&log);
    let read = |lines: &[String]| {
        let mut file = FileVerifier::new(None);
        lines.iter().try_for_each(|line| file.line(line)).and_then(|()| file.finish())
    };
    assert!(matches!(read(&lines), Ok((3, findings)) if findings.is_empty()));
    assert!(read(&lines[1..]).is_err());
    assert!(read(&lines[..lines.len() - 1]).is_err());
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat();
    assert!(read(&without(3)).is_err());
    let lost_field = lines.iter().map(|line| line.replace(",\"metadata\":null", "")).collect::<Vec<_>>();
    assert!(read(&lost_field).is_err());
    let newer = lines.iter().map(|line| line.replace("\"format\":1", "\"format\":3")).collect::<Vec<_>>();
    assert!(read(&newer).is_err());
    // Every row is there, and its chain holds once they are sorted; a reader in constant memory would not see
    // it.
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    assert!(matches!(read(&swapped), Err(ExportError::Misplaced(4))));
}

#[test]
fn the_documents_examples_are_the_vectors_and_its_findings_are_all() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/audit_format.md");
    let page = std::fs::read_to_string(file).unwrap();
    let example = |from: &str| -> (String, String) {
        let block = page.split(from).nth(1).unwrap().split("```\n").nth(1).unwrap();
        let (bytes, digest) = block.split_once("SHA-256").unwrap();
        let bytes = bytes.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
        (bytes, digest.lines().nth(1).unwrap().to_owned())
    };
    let vectors = stored();
    let (bytes, digest) = example("Example, lane 0");
    assert_eq!(
        json!([bytes, digest]),
        json!([vectors["genesis"][0]["bytes"], vectors["genesis"][0]["hash"]])
    );
    let (bytes, digest) = example("Example, the lane of the example above");
    assert_eq!(
        json!([bytes, digest]),
        json!([vectors["adoptions"][0]["bytes"], vectors["adoptions"][0]["adopted_hash"]])
    );
    let (bytes, digest) = example("Example, the row");
    assert_eq!(
        json!([bytes, digest]),
        json!([vectors["rows"][0]["canonical"], vectors["rows"][0]["integrity_hash"]])
    );
    for kind in Kind::ALL {
        let line = format!("| `{}` | {} | {} |", kind.name(), kind.severity().name(), kind.meaning());
        assert!(page.contains(&line), "{line}");
    }
}

#[test]
fn the_documents_export_verifies() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/audit_format.md");
    let page = std::fs::read_to_string(file).unwrap();
    let block = page.split("## The exported log").nth(1).unwrap().split("```\n").nth(1).unwrap();
    let mut file = FileVerifier::new(Some(INSTALL));
    block.lines().for_each(|line| file.line(line).unwrap());
    assert_eq!(file.finish().unwrap(), (1, Vec::new()));
}

#[test]
fn the_commitments_of_erasable_values_are_the_published_ones() {
    use awgp_core::audit::erasable::value_fits;
    let text = include_str!("../../../tests/vectors/erasable_v1.json");
    let vectors: Value = serde_json::from_str(text).expect("JSON");
    let values = vectors["values"].as_array().expect("values");
    assert!(values.len() >= 4);
    for item in values {
        let of = |name: &str| item[name].as_str().expect("a text");
        assert!(value_fits(of("commitment"), of("salt"), of("value")), "{item}");
        assert!(!value_fits(of("commitment"), of("salt"), "\"another\""), "{item}");
    }
}
