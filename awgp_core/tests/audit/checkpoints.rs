//! Checkpoints, notes and proofs: what is accepted, what is refused and why, and the vectors of
//! tests/vectors/checkpoint_v1.json, which an independent implementation reads too.
//!
//! `UPDATE_VECTORS=1 cargo test -p awgp_core --test audit checkpoints` writes the file again. The format is
//! frozen, like that of the rows.

use crate::log::{INSTALL, Log, lane, row, tenant};
use crate::tree::{CONSISTENCY, ENTRIES, INCLUSION, ROOTS};
use awgp_core::audit::chain::{Digest, Link};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::finding::Kind;
use awgp_core::audit::group::{Group, Member};
use awgp_core::audit::note::{self, PRIVATE, Refused, Statement, split_views};
use awgp_core::audit::proof::{FORMAT, Kind as ProofKind, Proof, Unproven};
use awgp_core::audit::row::AuditRow;
use awgp_core::audit::tree::{Frontier, Leaves, Place, Stored, Tree};
use awgp_core::reason::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/checkpoint_v1.json");

type Edit = fn(&mut Proof);

/// A key for these tests only: 32 times the same byte.
pub fn private_key(name: &str, byte: u8) -> String {
    let key = ed25519_dalek::SigningKey::from_bytes(&[byte; 32]);
    let public = [&[1], key.verifying_key().to_bytes().as_slice()].concat();
    let id = signed_note::key_id(name, &public);
    format!("{PRIVATE}{name}+{id:08x}+{}", STANDARD.encode([&[1], [byte; 32].as_slice()].concat()))
}

fn auditor() -> (String, String) {
    let private = private_key("example.com/audit", 7);
    let public = note::public_key_of(&private).expect("a key");
    (private, public)
}

/// A tenant's rows in two lanes, with the tree over them in the order of lanes.
struct Trail {
    rows: Vec<AuditRow>,
    checkpoint: Checkpoint,
    tiles: HashMap<Place, Vec<Digest>>,
}

impl Trail {
    fn of(number: u128, lengths: [i64; 2]) -> Self {
        let lanes = [(lane(number, 0), lengths[0]), (lane(number, 1), lengths[1])];
        let mut rows = Log::honest(&lanes).rows;
        rows.sort_by_key(|row| (row.chain_lane, row.chain_seq));
        let (mut tree, mut full, mut leaves) = (Tree::default(), Vec::new(), Leaves::default());
        for row in &rows {
            tree.push(leaves.leaf(&row.borrowed()).expect("a hash"), &mut full);
        }
        let mut tiles: HashMap<_, _> = full.into_iter().collect();
        tiles.extend(tree.open_tiles().map(|(place, hashes)| (place, hashes.to_vec())));
        let last = |chain_lane: i16| {
            let last = rows.iter().rfind(|row| row.chain_lane == chain_lane).expect("a row");
            let hash = Digest::from_hex(last.integrity_hash.as_bytes()).expect("a hash");
            (chain_lane, Link { seq: last.chain_seq, hash })
        };
        let checkpoint = Checkpoint {
            install_id: INSTALL,
            tenant_id: tenant(number),
            size: tree.size(),
            root: tree.root(),
            lanes: vec![last(0), last(1)],
        };
        Self { rows, checkpoint, tiles }
    }

    fn member(&self) -> Member {
        let Checkpoint { tenant_id, size, root, .. } = self.checkpoint;
        Member { tenant_id, size, root }
    }

    fn proof(&self, index: usize, note: &str) -> Proof {
        let stored = Stored::new(|place| self.tiles.get(&place).cloned());
        let leaf_index = u64::try_from(index).expect("small");
        let path = stored.inclusion(self.checkpoint.size, leaf_index).expect("a path");
        let (awgp, row) = (ProofKind::Proof, self.rows[index].clone());
        Proof { awgp, format: FORMAT, row, leaf_index, path, note: note.to_owned() }
    }
}

fn group(trails: &[&Trail]) -> Group {
    let members = trails.iter().map(|trail| trail.member()).collect();
    Group { install_id: INSTALL, holding_id: trails[0].checkpoint.tenant_id, members }
}

fn signed(text: &str) -> String {
    note::sign(text, &auditor().0).expect("it can be signed")
}

#[test]
fn a_checkpoint_is_read_back_from_its_text() {
    let checkpoint = Trail::of(1, [5, 2]).checkpoint;
    let text = checkpoint.to_text();
    assert_eq!(Checkpoint::parse(&text), Ok(checkpoint.clone()));
    assert_eq!(text.lines().next(), Some(format!("awgp-audit/{INSTALL}/{}", tenant(1)).as_str()));
    assert_eq!(checkpoint.lane(1).map(|link| link.seq), Some(2));
    assert_eq!(checkpoint.lane(7), None);
    // The number of an adoption has no row, and so no leaf.
    assert!(Checkpoint::parse(&text.replacen("lane 0 5", "lane 0 6", 1)).is_ok());
}

#[test]
fn a_text_that_is_spelled_in_another_way_is_no_checkpoint() {
    let text = Trail::of(1, [5, 2]).checkpoint.to_text();
    for (what, to) in [
        ("awgp-audit/", "other/"),
        ("\n7\n", "\n07\n"),
        ("\n7\n", "\n8\n"),
        ("lane 0 5", "lane 0 4"),
        ("lane 0 5", "lane 0 +5"),
        ("lane 0", "lane 2"),
        ("lane 1", "lane 0"),
        ("lane 1", "line 1"),
        ("lane 1 2 ", "lane 1 2  "),
        ("\nlane 1", "\n\nlane 1"),
        (&INSTALL.to_string(), &INSTALL.to_string().to_uppercase()),
    ] {
        let other = text.replacen(what, to, 1);
        assert_ne!(other, text, "{what}");
        assert!(Checkpoint::parse(&other).is_err(), "{what} to {to}");
    }
    for other in ["", "\n", &text[..text.len() - 1], &format!("{text}\n"), &format!("{text}x"), "a\n0\nb\n"] {
        assert!(Checkpoint::parse(other).is_err(), "{other}");
    }
}

#[test]
fn a_group_is_read_back_and_its_root_is_computed_not_believed() {
    let (one, two) = (Trail::of(1, [5, 2]), Trail::of(2, [1, 1]));
    let group = group(&[&one, &two]);
    let text = group.to_text();
    assert_eq!(Group::parse(&text), Ok(group.clone()));
    assert_eq!(Statement::parse(&text), Ok(Statement::Group(group.clone())));
    assert_eq!(group.rows(), 9);
    let mut tree = Frontier::default();
    group.members.iter().for_each(|member| tree.push(member.leaf()));
    assert_eq!(group.root(), tree.root());
    let size = format!("{} 7 ", tenant(1));
    for (what, to) in [
        ("2 members", "3 members"),
        (size.as_str(), &format!("{} 8 ", tenant(1))),
        (&tenant(2).to_string(), &tenant(3).to_string()),
        (&tenant(2).to_string(), &tenant(1).to_string()),
        ("tenant ", "member "),
    ] {
        let other = text.replacen(what, to, 1);
        assert_ne!(other, text, "{what}");
        assert!(Group::parse(&other).is_err(), "{what} to {to}");
    }
    let lines: Vec<&str> = text.lines().collect();
    assert!(Group::parse(&(lines[..4].join("\n") + "\n")).is_err(), "a member was left out");
    assert!(Group::parse(&lines[..3].join("\n")).is_err(), "nobody is left");
}

#[test]
fn a_note_opens_with_the_key_that_signed_it_and_with_no_other() {
    let (private, public) = auditor();
    let text = Trail::of(1, [5, 2]).checkpoint.to_text();
    let note = signed(&text);
    assert_eq!(note::text_of(&note, &public).as_deref(), Ok(text.as_str()));
    assert_eq!(note::unverified_text(&note).as_deref(), Ok(text.as_str()));
    let other = note::public_key_of(&private_key("example.com/audit", 8)).expect("a key");
    let renamed = note::public_key_of(&private_key("example.com/other", 7)).expect("a key");
    for key in [&other, &renamed] {
        assert_eq!(note::open(&note, key).map_err(|refused| refused.reason()), Err(Reason::NoteWrongKey));
    }
    assert_eq!(note::open(&note, &private), Err(Refused::PrivateKey));
    let wrong_id = public.replacen(&public[18..26], "00000000", 1);
    for key in ["", "x", "x+y+z", &public[..public.len() - 4], &wrong_id] {
        assert_eq!(
            note::open(&note, key).map_err(|refused| refused.reason()),
            Err(Reason::CheckpointKey),
            "{key}"
        );
    }
}

#[test]
fn a_key_is_named_without_a_part_of_itself() {
    for byte in 0..=u8::MAX {
        let public = note::public_key_of(&private_key("example.com/audit", byte)).expect("a key");
        let name = note::key_name(&public).expect("a key");
        assert_eq!(name.len(), "example.com/audit+00000000".len(), "{public}");
    }
}

#[test]
fn a_note_whose_text_or_signature_was_changed_is_refused() {
    let (_, public) = auditor();
    let note = signed(&Trail::of(1, [5, 2]).checkpoint.to_text());
    let reason = |note: &str| note::open(note, &public).map_err(|refused| refused.reason());
    assert!(reason(&note).is_ok());
    assert_eq!(reason(&note.replacen("\n7\n", "\n8\n", 1)), Err(Reason::NoteBadSignature));
    assert_eq!(reason(&note.replacen("lane 1", "lane 3", 1)), Err(Reason::NoteBadSignature));
    // A byte in the middle of the signature.
    let at = note.len() - 20;
    let byte = if note.as_bytes()[at] == b'A' { "B" } else { "A" };
    assert_eq!(reason(&format!("{}{byte}{}", &note[..at], &note[at + 1..])), Err(Reason::NoteBadSignature));
    for other in
        ["", "\n\n", "text\n", &note[..note.len() - 1], &format!("{note}\n"), &note.replacen("\n\n", "\n", 1)]
    {
        assert_eq!(reason(other), Err(Reason::NoteMalformed), "{other}");
    }
    // Correctly signed, and nothing that AWGP signs.
    assert_eq!(reason(&signed("something else\n")), Err(Reason::NoteMalformed));
}

#[test]
fn a_proof_holds_for_its_row_and_for_nothing_else() {
    let (_, public) = auditor();
    let trail = Trail::of(1, [5, 2]);
    let note = signed(&trail.checkpoint.to_text());
    let proof = trail.proof(3, &note);
    let json = serde_json::to_string(&proof).expect("JSON");
    let read = Proof::parse(&json).expect("it is read back");
    assert_eq!(read, proof);
    assert_eq!(read.check(&public).expect("it holds").size, 7);
    let edits: [(Reason, Edit); 10] = [
        (Reason::ProofMismatch, |p| p.row.action = "delete".into()),
        (Reason::ProofMismatch, |p| p.row.chain_seq += 1),
        (Reason::ProofMismatch, |p| p.row.integrity_hash = Digest([9; 32]).to_string()),
        (Reason::ProofMalformed, |p| p.row.integrity_hash = "x".into()),
        (Reason::ProofMismatch, |p| p.leaf_index = 4),
        (Reason::ProofMismatch, |p| p.leaf_index = u64::MAX),
        (Reason::ProofMismatch, |p| p.path[0] = Digest([9; 32])),
        (Reason::ProofMismatch, |p| p.path.clear()),
        (Reason::ProofOtherLog, |p| p.row.tenant_id = tenant(2)),
        (Reason::NoteBadSignature, |p| p.note = p.note.replacen("\n7\n", "\n6\n", 1)),
    ];
    for (reason, edit) in edits {
        let mut other = proof.clone();
        edit(&mut other);
        assert_eq!(other.check(&public).map_err(|unproven| unproven.reason()), Err(reason));
    }
    assert!(matches!(Proof::parse("{}"), Err(Unproven::Malformed(_))));
    assert!(matches!(
        Proof::parse(&json.replace("\"format\":1", "\"format\":2")),
        Err(Unproven::Malformed(_))
    ));
    assert!(matches!(
        Proof::parse(&json.replace("\"format\":1", "\"format\":1,\"x\":1")),
        Err(Unproven::Malformed(_))
    ));
}

#[test]
fn a_row_is_proved_by_its_holdings_note_too() {
    let (_, public) = auditor();
    let (one, two) = (Trail::of(1, [5, 2]), Trail::of(2, [3, 1]));
    let note = signed(&group(&[&one, &two]).to_text());
    for trail in [&one, &two] {
        assert!(trail.proof(2, &note).check(&public).is_ok());
    }
    let stranger = Trail::of(3, [3, 1]).proof(2, &note).check(&public);
    assert_eq!(stranger.map_err(|unproven| unproven.reason()), Err(Reason::ProofOtherLog));
}

#[test]
fn two_roots_of_one_size_are_a_split_view_and_growth_is_none() {
    let (one, grown) = (Trail::of(1, [5, 2]), Trail::of(1, [6, 2]));
    let mut other = one.checkpoint.clone();
    other.root = Digest([9; 32]);
    let tree = |checkpoint: &Checkpoint| Statement::Tree(checkpoint.clone());
    assert!(split_views(&[tree(&one.checkpoint), tree(&grown.checkpoint), tree(&one.checkpoint)]).is_empty());
    let found = split_views(&[tree(&one.checkpoint), tree(&grown.checkpoint), tree(&other)]);
    let named: Vec<_> = found.iter().map(|finding| (finding.kind, finding.tenant_id)).collect();
    assert_eq!(named, [(Kind::SplitView, Some(tenant(1)))]);
    // A group's note can contradict a tenant's.
    let mut group = group(&[&one]);
    group.members[0].root = Digest([9; 32]);
    assert_eq!(split_views(&[tree(&one.checkpoint), Statement::Group(group)]).len(), 1);
    // Another install's trail is another trail.
    other.install_id = Uuid::from_u128(5);
    assert!(split_views(&[tree(&one.checkpoint), tree(&other)]).is_empty());
}

fn leaf_vectors() -> Vec<Value> {
    let rows = serde_json::from_str::<Value>(include_str!("../../../tests/vectors/audit_v1.json"));
    let rows = rows.expect("JSON")["rows"].as_array().expect("rows").clone();
    let leaf = |item: &Value| {
        let row: AuditRow = serde_json::from_value(item["row"].clone()).expect("a row");
        let leaf = Leaves::default().leaf(&row.borrowed()).expect("a hash");
        json!({ "name": item["name"], "row": row, "leaf": leaf })
    };
    rows.iter().take(8).map(leaf).collect()
}

fn note_vectors(one: &Trail, two: &Trail) -> Vec<Value> {
    let tree = signed(&one.checkpoint.to_text());
    let group = signed(&group(&[one, two]).to_text());
    let foreign =
        note::sign(&one.checkpoint.to_text(), &private_key("example.com/audit", 8)).expect("signed");
    let cosigned = format!("{foreign}{}", tree.rsplit_once("\n\n").expect("signatures").1);
    let (_, public) = auditor();
    [
        ("a tenant's tree", tree.clone()),
        ("a group", group.clone()),
        ("signed by two", cosigned),
        ("signed by another", foreign),
        ("the size was changed", tree.replacen("\n7\n", "\n8\n", 1)),
        ("a member was exchanged", group.replacen(&tenant(2).to_string(), &tenant(3).to_string(), 1)),
    ]
    .map(|(name, note)| {
        let trees = note::open(&note, &public).ok().map(|statement| {
            let trees = statement.trees().into_iter();
            trees.map(|tree| (tree.tenant_id.to_string(), json!([tree.size, tree.root]))).collect::<Value>()
        });
        json!({ "name": name, "note": note, "trees": trees })
    })
    .to_vec()
}

fn proof_vectors(one: &Trail, two: &Trail) -> Vec<Value> {
    let tree = signed(&one.checkpoint.to_text());
    let group = signed(&group(&[one, two]).to_text());
    let mut proofs: Vec<(String, Proof)> =
        (0..one.rows.len()).map(|index| (format!("leaf {index}"), one.proof(index, &tree))).collect();
    proofs.push(("by the group's note".into(), two.proof(1, &group)));
    let mut edited = one.proof(2, &tree);
    edited.row.action = "delete".into();
    proofs.push(("the row was edited".into(), edited));
    let mut moved = one.proof(2, &tree);
    moved.leaf_index = 3;
    proofs.push(("another leaf".into(), moved));
    let mut short = one.proof(2, &tree);
    short.path.pop();
    proofs.push(("the path was cut".into(), short));
    proofs.push(("the note is another tenant's".into(), two.proof(1, &tree)));
    let (_, public) = auditor();
    let told = |(name, proof): (String, Proof)| json!({ "name": name, "holds": proof.check(&public).is_ok(), "proof": proof });
    proofs.into_iter().map(told).collect()
}

#[test]
fn the_checkpoint_vectors_are_those_that_were_published() {
    let (one, two) = (Trail::of(1, [5, 2]), Trail::of(2, [3, 1]));
    let empty = Digest::of(b"").to_string();
    let roots: Vec<&str> = std::iter::once(empty.as_str()).chain(ROOTS).collect();
    let vectors = json!({
        "format": 1,
        "public_key": auditor().1,
        "tree": {
            "entries": ENTRIES,
            "roots": roots,
            "inclusion": INCLUSION.map(|(index, size, path)| json!({ "index": index, "size": size, "path": path })),
            "consistency":
                CONSISTENCY.map(|(old, size, path)| json!({ "old_size": old, "size": size, "path": path })),
        },
        "leaves": leaf_vectors(),
        "notes": note_vectors(&one, &two),
        "proofs": proof_vectors(&one, &two),
    });
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(&vectors).expect("JSON") + "\n";
        std::fs::write(FILE, text).expect("the file can be written");
    }
    let published = std::fs::read_to_string(FILE).expect("the vectors are there");
    let published: Value = serde_json::from_str(&published).expect("JSON");
    assert_eq!(published, vectors);
    // What must be accepted is, and what must not be is not.
    let holds: Vec<bool> =
        published["proofs"].as_array().expect("proofs").iter().map(|proof| proof["holds"] == true).collect();
    assert_eq!(holds, [vec![true; 8], vec![false; 4]].concat());
    let opens: Vec<bool> =
        published["notes"].as_array().expect("notes").iter().map(|note| !note["trees"].is_null()).collect();
    assert_eq!(opens, [true, true, true, false, false, false]);
}

#[test]
fn a_row_without_a_hash_is_no_leaf() {
    assert_eq!(Leaves::default().leaf(&row(lane(1, 0), 1, 1).borrowed()), None);
}

#[test]
fn the_examples_of_the_page_are_among_the_vectors() {
    let page = include_str!("../../../docs/checkpoints.md");
    let (one, two) = (Trail::of(1, [5, 2]), Trail::of(2, [3, 1]));
    let text = one.checkpoint.to_text();
    let base = leaf_vectors()[0]["leaf"].as_str().expect("a leaf").to_owned();
    for example in [&text, &signed(&text), &group(&[&one, &two]).to_text(), &auditor().1, &base] {
        assert!(page.contains(example.as_str()), "docs/checkpoints.md lacks {example}");
    }
}
