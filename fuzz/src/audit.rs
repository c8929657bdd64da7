//! Proofs, notes, checkpoints, and the bytes that are hashed.

use crate::input::text;
use awgp_core::audit::canonical::{self, HEADER, NULL_LENGTH};
use awgp_core::audit::chain::{Digest, Position};
use awgp_core::audit::cosigner::Cosigner;
use awgp_core::audit::entity::entity_id;
use awgp_core::audit::escape::{as_jsonb, text_of_jsonb};
use awgp_core::audit::export::Line;
use awgp_core::audit::note::{self, Statement};
use awgp_core::audit::proof::Proof;
use awgp_core::audit::quorum::{Policy, Witness};
use awgp_core::audit::receipt::Receipt;
use awgp_core::audit::row::{AuditRow, RowRef};
use awgp_core::audit::succession::{self, Succession};
use awgp_core::audit::tracked::{Column, Pinned};
use awgp_core::audit::{checkpoint, group, rekey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use uuid::Uuid;

/// The vectors of the tests: what an honest maker made, and the key that signed it.
struct Made {
    public_key: String,
    proofs: Vec<Proof>,
    texts: Vec<String>,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let file: Value =
        serde_json::from_str(include_str!("../../tests/vectors/checkpoint_v1.json")).expect("JSON");
    let public_key = file["public_key"].as_str().expect("a key").to_owned();
    let listed = |key: &str| file[key].as_array().expect("a list").iter();
    let proofs = listed("proofs").filter_map(|made| Proof::parse(&made["proof"].to_string()).ok());
    let proofs: Vec<Proof> = proofs.filter(|proof| proof.check(&public_key).is_ok()).collect();
    let notes = listed("notes")
        .filter_map(|made| made["note"].as_str())
        .chain(proofs.iter().map(|proof| &*proof.note));
    let texts: Vec<String> = notes.filter_map(|note| note::text_of(note, &public_key).ok()).collect();
    assert!(!proofs.is_empty() && !texts.is_empty(), "the vectors hold");
    Made { public_key, proofs, texts }
});

/// A proof that is accepted is one that was made.
pub fn proof(data: &[u8]) {
    let Some(Ok(proof)) = text(data).map(Proof::parse) else { return };
    let printed = serde_json::to_string(&proof).expect("a proof can be printed");
    assert_eq!(Proof::parse(&printed).expect("it is read back"), proof);
    if proof.check(&MADE.public_key).is_ok() {
        let is_same = |made: &Proof| {
            made.row == proof.row && made.leaf_index == proof.leaf_index && made.path == proof.path
        };
        assert!(MADE.proofs.iter().any(is_same), "nobody made this proof");
    }
}

/// The receipt of an action that was approved and paid for, and the key that signed its note.
const RECEIPT: &str = include_str!("../corpus/receipt/made");
const RECEIPT_KEY: &str = "awgp-auditor+9be8ba6c+ARlzqtsZQFZtXOAhXKKATJaFl3pRv4tpJ/cEwcwvOerc";

/// A receipt that is accepted says what the one says that was made.
pub fn receipt(data: &[u8]) {
    let Some(Ok(receipt)) = text(data).map(Receipt::parse) else { return };
    let printed = serde_json::to_string(&receipt).expect("a receipt can be printed");
    assert_eq!(Receipt::parse(&printed).expect("it is read back"), receipt);
    if receipt.check(RECEIPT_KEY).is_ok() {
        let made = Receipt::parse(RECEIPT).expect("it was made");
        assert_eq!(receipt.summary, made.summary, "nobody made this receipt");
    }
    // What its events say together, whoever signed them.
    let Receipt { action_id, tenant_id, parts, note, .. } = receipt;
    if let Ok(statement) = note::open(&note, RECEIPT_KEY) {
        let _ = Receipt::made(action_id, tenant_id, parts, note, &statement);
    }
}

/// A note that opens has a text that was signed.
pub fn note(data: &[u8]) {
    let Some(note) = text(data) else { return };
    assert!(!matches!(succession::rotation(note), Ok(Some(_))), "nobody signed a rotation");
    let Ok(signed) = note::text_of(note, &MADE.public_key) else { return };
    assert!(MADE.texts.contains(&signed), "nobody signed this text");
    assert_eq!(note::unverified_text(note), Ok(signed.clone()));
    let alone = Succession::of(&MADE.public_key, &[]).expect("a key");
    let opened = alone.open(note).map(|(statement, _)| statement);
    assert_eq!(opened, note::open(note, &MADE.public_key));
    if let Ok(statement) = opened {
        assert_eq!(printed(&statement), signed);
    }
}

fn printed(statement: &Statement) -> String {
    match statement {
        Statement::Tree(checkpoint) => checkpoint.to_text(),
        Statement::Group(group) => group.to_text(),
        Statement::Rekey(rekey) => rekey.to_text(),
    }
}

/// A text that is a statement is the text that is printed for it.
pub fn statement(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(statement) = Statement::parse(text) {
        assert_eq!(printed(&statement), text);
        for tree in statement.trees() {
            assert!(tree.size > 0 && statement.tree_of(tree.tenant_id).is_some());
        }
    }
    if let Ok(checkpoint) = checkpoint::Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_text(), text);
    }
    if let Ok(group) = group::Group::parse(text) {
        assert_eq!(group.to_text(), text);
    }
    if let Ok(rekey) = rekey::Rekey::parse(text) {
        assert_eq!(rekey.to_text(), text);
        // Nobody needs more than one of the two keys, whichever it is.
        for known in [&rekey.from, &rekey.to] {
            let keys = Succession::of(known, std::slice::from_ref(&rekey)).expect("two keys");
            assert_eq!(keys.keys(), [rekey.from.clone(), rekey.to.clone()]);
        }
    }
}

/// What a private key signs, the public key that belongs to it verifies.
pub fn note_key(data: &[u8]) {
    const SIGNED: &str = "awgp\n";
    let Some(key) = text(data) else { return };
    if note::key_name(key).is_ok() {
        assert!(!key.contains(note::PRIVATE), "a private key is taken for a public one");
    }
    let Ok(public) = note::public_key_of(key) else { return };
    let signed = note::sign(SIGNED, key).expect("a key that is read signs");
    assert_eq!(note::text_of(&signed, &public), Ok(SIGNED.to_owned()));
    assert!(public.starts_with(&note::key_name(&public).expect("a public key has a name")));
    let seed = key.trim().rsplit('+').next().and_then(|seed| STANDARD.decode(seed).ok());
    assert!(
        seed.is_none_or(|seed| !public.contains(&STANDARD.encode(&seed[1..]))),
        "the public key has the private one"
    );
}

/// More witnesses are never less.
pub fn policy_of_witnesses(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(cosigner) = Cosigner::parse(text) {
        assert!(text.starts_with(&cosigner.name_and_id()));
    }
    let Ok(policy) = Policy::parse(text) else { return };
    let mut cosigned = BTreeSet::new();
    let mut is_met = policy.is_met(&cosigned);
    for Witness { name, cosigner, .. } in &policy.witnesses {
        assert_eq!(cosigner.cosigned(&MADE.proofs[0].note), Ok(None), "it has not cosigned");
        cosigned.insert(name.clone());
        assert!(!is_met || policy.is_met(&cosigned), "{name} is one too many");
        is_met = policy.is_met(&cosigned);
    }
    assert!(is_met, "all of them are not enough");
}

/// Canonical bytes are read in one way only, and one row has one text of them.
pub fn canonical(data: &[u8]) {
    if let Some(row) = decoded(data) {
        let mut written = Vec::new();
        canonical::write(&mut written, &row);
        assert_eq!(written, data);
        let mut pieces = Vec::new();
        canonical::pieces(&row, &mut |piece| pieces.extend_from_slice(piece));
        assert_eq!(pieces, data);
    }
    let Some(Ok(Line::Row(row))) = text(data).map(Line::parse) else { return };
    let mut written = Vec::new();
    canonical::write(&mut written, &row.borrowed());
    let read = decoded(&written).expect("what is written is read");
    assert_eq!(AuditRow::from(&read), AuditRow { integrity_hash: String::new(), ..(*row).clone() });
    let other = Position { chain_seq: row.chain_seq.wrapping_add(1), ..row.borrowed().position() };
    canonical::set_position(&mut written, other);
    assert_eq!(decoded(&written).map(|row| row.position()), Some(other));
}

/// The reader that docs/audit_format.md lets an outsider write.
fn decoded(data: &[u8]) -> Option<RowRef<'_>> {
    fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
        let (taken, after) = rest.split_at_checked(length)?;
        *rest = after;
        Some(taken)
    }
    fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
        take(rest, N)?.try_into().ok()
    }
    fn field<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
        match u32::from_be_bytes(array(rest)?) {
            NULL_LENGTH => Some(None),
            length => Some(Some(take(rest, length as usize)?)),
        }
    }
    fn id(rest: &mut &[u8]) -> Option<Option<Uuid>> {
        field(rest)?.map_or(Some(None), |bytes| Uuid::from_slice(bytes).ok().map(Some))
    }
    let rest = &mut data.strip_prefix(&HEADER)?;
    let tenant_id = Uuid::from_bytes(array(rest)?);
    let chain_lane = i16::from_be_bytes(array(rest)?);
    let chain_seq = i64::from_be_bytes(array(rest)?);
    let (row_id, timestamp_us) = (i64::from_be_bytes(array(rest)?), i64::from_be_bytes(array(rest)?));
    let (actor_type, actor_id) = (field(rest)??, id(rest)?);
    let (action, entity_type, entity_id) = (field(rest)??, field(rest)??, id(rest)?);
    let (before_state, after_state, metadata) = (field(rest)?, field(rest)?, field(rest)?);
    rest.is_empty().then_some(RowRef {
        id: row_id,
        timestamp_us,
        tenant_id,
        actor_type,
        actor_id,
        action,
        entity_type,
        entity_id,
        before_state,
        after_state,
        metadata,
        chain_lane,
        chain_seq,
        integrity_hash: b"",
        updated: false,
        spooled: None,
    })
}

/// A digest has one spelling.
pub fn digest(data: &[u8]) {
    if let Some(digest) = Digest::from_hex(data) {
        assert_eq!(digest.to_hex().as_slice(), data);
        assert_eq!(hex::encode(digest.0).as_bytes(), data);
    }
    if let Some(Ok(digest)) = text(data).map(serde_json::from_str::<Digest>) {
        assert_eq!(
            serde_json::from_str::<Digest>(&serde_json::to_string(&digest).expect("JSON")).ok(),
            Some(digest)
        );
    }
}

/// Another key has another id, and a uuid is itself.
pub fn entity(data: &[u8]) {
    let Some(keys) = text(data) else { return };
    let (one, other) = keys.split_once('\n').unwrap_or((keys, ""));
    let parts = |key: &str| key.split('\0').map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (parts(one), parts(other));
    let uuid = |key: &[String]| match key {
        [only] if only.len() == 36 => Uuid::parse_str(only).ok(),
        _ => None,
    };
    match (uuid(&one), uuid(&other)) {
        (Some(id), _) => assert_eq!(entity_id(&one), id),
        (None, None) => assert_eq!(entity_id(&one) == entity_id(&other), one == other),
        (None, Some(_)) => assert_eq!(entity_id(&one).get_version_num(), 8),
    }
}

/// What is escaped in pieces is what serde_json escapes.
pub fn escape(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut escaped = vec![b'"'];
    as_jsonb(text.as_bytes(), &mut escaped);
    escaped.push(b'"');
    let escaped = String::from_utf8(escaped).expect("UTF-8");
    assert_eq!(serde_json::from_str::<String>(&escaped).ok().as_deref(), Some(text));
    let mut again = vec![b'"'];
    text_of_jsonb(escaped.as_bytes(), &mut again);
    again.push(b'"');
    assert_eq!(serde_json::from_slice::<String>(&again).ok(), Some(escaped));
}

/// The argument of a tracked table is read back, in ASCII; and no column is shown that was to be hidden.
pub fn tracked(data: &[u8]) {
    let Some(Some(pinned)) = text(data).map(Pinned::parse) else { return };
    let printed = pinned.to_argument();
    assert!(printed.is_ascii());
    assert_eq!(Pinned::parse(&printed).as_ref(), Some(&pinned));
    let columns: Vec<Column> = pinned
        .columns
        .iter()
        .map(|pinned| pinned.column.clone())
        .filter(|column| column.number > 0)
        .collect();
    let is_secret = |name: &str| name.contains("secret");
    for relation in [pinned.relation, pinned.relation.wrapping_add(1)] {
        let treatments = pinned.treatments(relation, &columns, is_secret);
        assert_eq!(treatments.len(), columns.len());
        for (column, treatment) in columns.iter().zip(&treatments) {
            let asked = pinned.columns.iter().filter(|pinned| pinned.column == *column);
            assert!(asked.map(|pinned| pinned.treatment).min().is_none_or(|asked| *treatment >= asked));
        }
        if let Some(again) = pinned.again(relation, &columns, is_secret) {
            assert_eq!(again.relation, relation);
            assert_eq!(Pinned::parse(&again.to_argument()).as_ref(), Some(&again));
        }
    }
}
