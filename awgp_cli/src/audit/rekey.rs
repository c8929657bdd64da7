//! `awgp audit rekey`: a new key follows the old one, in the folder of notes that both go on with.
//!
//! No server is asked: what the notes say of the last trees is what the old key has signed. Running it again
//! writes the same note again.

use super::notes::Notes;
use super::signing::Signing;
use crate::opt::{AuditRekey, Output};
use crate::render;
use awgp_client::{Exit, Failure, Row};
use awgp_core::audit::group::Member;
use awgp_core::audit::note;
use awgp_core::audit::rekey::Rekey;
use awgp_core::reason::Reason;
use serde_json::json;
use std::collections::BTreeMap;

/// A note may have a million bytes, and a tenant has about a hundred.
const TENANTS_MAX: usize = 5_000;

const COLUMNS: [&str; 4] = ["from", "to", "tenants", "note"];

/// Signs with both keys, and lists the notes of it.
pub fn rekey(options: &AuditRekey, output: Output) -> Result<String, Failure> {
    let (old, new) = (Signing::of(&options.by)?, Signing::of(&(&options.new).into())?);
    if old.public_key == new.public_key {
        return Err(Failure::new(Exit::Usage, "the new key is the old one")
            .hint("make a new one with: awgp audit keygen --out FILE"));
    }
    let mut notes = Notes::in_folder(&options.out, &old.public_key)?;
    let keys = notes.keys.keys();
    let place = keys.iter().position(|key| *key == old.public_key).unwrap_or_default();
    // The new key may be there already: an interrupted run is finished.
    let after = &keys[place + 1..];
    if after.len() > 1 || after.first().is_some_and(|next| *next != new.public_key) {
        return Err(replaced(&old.public_key, notes.keys.newest()));
    }
    if keys[..place].contains(&new.public_key) {
        return Err(replaced(&new.public_key, notes.keys.newest()));
    }
    if let Some(split) = notes.split_views().first() {
        return Err(Failure::of_reason(
            Reason::CheckpointNotExtended,
            format!("nothing was signed: the folder holds two histories: {}", split.detail),
        )
        .hint("find out which is true: awgp audit verify --checkpoint DIR --public-key KEY"));
    }
    let Some(install_id) = notes.install_id()? else {
        return Err(Failure::of_reason(
            Reason::NoteMalformed,
            format!("{} has no note of the old key, so nothing is to be carried on", options.out.display()),
        )
        .hint("name the folder of the old key's notes, or begin with the new key in a new folder"));
    };
    let trees = last_trees(&notes, &new.public_key);
    let chunks: Vec<&[Member]> = trees.chunks(TENANTS_MAX).collect();
    let id = new.public_key.split('+').nth(1).unwrap_or_default();
    let mut rows = Vec::new();
    for (number, trees) in chunks.iter().enumerate() {
        let rekey = Rekey {
            install_id,
            from: old.public_key.clone(),
            to: new.public_key.clone(),
            trees: trees.to_vec(),
        };
        let part = if chunks.len() > 1 { format!(".{}", number + 1) } else { String::new() };
        let name = format!("{install_id}.rekey.{id}{part}");
        let signers = [old.signer(), new.signer()];
        let signed = notes.sign(&options.out, &name, &rekey.to_text(), &signers, &old.public_key)?;
        let row = json!({ "from": rekey.from, "to": rekey.to, "tenants": trees.len(), "note": signed.path });
        rows.push(
            Row::from_json(&row.to_string())
                .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?,
        );
    }
    Ok(render::list(&rows, &COLUMNS, output))
}

/// The largest tree of each tenant that is signed by the old key, or one before it.
fn last_trees(notes: &Notes, new: &str) -> Vec<Member> {
    let mut last: BTreeMap<[u8; 16], Member> = BTreeMap::new();
    let old = notes.signed.iter().filter(|signed| signed.signed_by != new);
    for tree in old.flat_map(|signed| signed.statement.trees()) {
        let kept = last.entry(*tree.tenant_id.as_bytes()).or_insert(tree);
        if tree.size > kept.size {
            *kept = tree;
        }
    }
    last.into_values().collect()
}

/// A key that has been replaced signs nothing more.
pub fn replaced(old: &str, newest: &str) -> Failure {
    let named = |public_key: &str| note::key_name(public_key).unwrap_or_else(|_| public_key.to_owned());
    Failure::of_reason(
        Reason::KeyReplaced,
        format!("nothing was signed: the key {} was replaced by {}", named(old), named(newest)),
    )
    .hint("sign with the newest key")
}
