//! The keys of an auditor, one after the other, as the notes of their rotation say.
//!
//! Known is one key. Each note that it and another key have both signed leads on: forward to the key that
//! follows, back to the one before. So a folder of notes survives the rotation of its key, and needs one
//! public key, an old one or the newest. Each key signs its own time alone: after a theft, or a loss, the old
//! one is worth nothing for what is larger.

use super::group::Member;
use super::note::{self, Refused, Statement};
use super::rekey::Rekey;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The smallest and the largest size that notes of rotation name for each tenant.
type Turn = BTreeMap<Uuid, (u64, u64)>;

/// Keys that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    known: String,
    /// In the order of their time.
    keys: Vec<String>,
    /// Between each key and the next.
    turns: Vec<Turn>,
}

/// The rotation that a note says, where it is one. Both keys must have signed it.
pub fn rotation(note: &str) -> Result<Option<Rekey>, Refused> {
    // What is no note at all is refused where it is opened.
    let Ok(text) = note::unverified_text(note) else { return Ok(None) };
    if !Rekey::is_meant(&text) {
        return Ok(None);
    }
    let rekey = Rekey::parse(&text)?;
    for key in [&rekey.from, &rekey.to] {
        note::text_of(note, key)?;
    }
    Ok(Some(rekey))
}

impl Succession {
    /// The keys that rotations lead to from a known one.
    pub fn of(known: &str, rotations: &[Rekey]) -> Result<Self, Refused> {
        let known = known.trim().to_owned();
        note::key_name(&known)?;
        let mut keys = vec![known.clone()];
        while let Some(next) = only(&keys, rotations, keys.last(), |rekey| (&rekey.from, &rekey.to))? {
            keys.push(next);
        }
        while let Some(before) = only(&keys, rotations, keys.first(), |rekey| (&rekey.to, &rekey.from))? {
            keys.insert(0, before);
        }
        let turns = keys.windows(2).map(|pair| turn(rotations, &pair[0], &pair[1])).collect();
        Ok(Self { known, keys, turns })
    }

    /// The keys in the order of their time.
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The key that signs now.
    pub fn newest(&self) -> &str {
        self.keys.last().unwrap_or(&self.known)
    }

    /// The content of a note that one of the keys has signed in its time, and that key.
    pub fn open(&self, note: &str) -> Result<(Statement, &str), Refused> {
        for (place, key) in self.keys.iter().enumerate() {
            match note::open(note, key) {
                Err(Refused::WrongKey(_)) => {}
                Err(refused) => return Err(refused),
                Ok(statement) => {
                    for tree in statement.trees() {
                        self.check_turn(place, tree)?;
                    }
                    return Ok((statement, key));
                }
            }
        }
        Err(Refused::WrongKey(note::key_name(&self.known)?))
    }

    /// Refuses a tree that is larger than the last of this key, or smaller than its first.
    fn check_turn(&self, place: usize, Member { tenant_id, size, .. }: Member) -> Result<(), Refused> {
        let ended = self
            .turns
            .get(place)
            .is_some_and(|turn| turn.get(&tenant_id).is_none_or(|(_, last)| size > *last));
        let before = place.checked_sub(1).and_then(|place| self.turns.get(place)?.get(&tenant_id));
        if ended || before.is_some_and(|(first, _)| size < *first) {
            return Err(Refused::OutOfTurn { key: note::key_name(&self.keys[place])?, tenant_id, size });
        }
        Ok(())
    }
}

/// The one key on the other side of the rotations that have this end on theirs; two are refused, and so is
/// one that was there already.
fn only(
    keys: &[String],
    rotations: &[Rekey],
    end: Option<&String>,
    sides: fn(&Rekey) -> (&String, &String),
) -> Result<Option<String>, Refused> {
    let mut found: Option<&String> = None;
    for (this, other) in rotations.iter().map(sides).filter(|(this, _)| Some(*this) == end) {
        if keys.contains(other) || found.is_some_and(|before| before != other) {
            return Err(Refused::Forked(note::key_name(this)?));
        }
        found = Some(other);
    }
    Ok(found.cloned())
}

fn turn(rotations: &[Rekey], from: &str, to: &str) -> Turn {
    let mut turn = Turn::new();
    let between = rotations.iter().filter(|rekey| rekey.from == from && rekey.to == to);
    for Member { tenant_id, size, .. } in between.flat_map(|rekey| &rekey.trees) {
        let (first, last) = turn.entry(*tenant_id).or_insert((*size, *size));
        (*first, *last) = ((*first).min(*size), (*last).max(*size));
    }
    turn
}
