//! A key that follows another: what leads from one to the other, and what each may sign.

use crate::checkpoints::private_key;
use crate::log::{INSTALL, tenant};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::group::{Group, Member};
use awgp_core::audit::note::{self, Refused, Statement};
use awgp_core::audit::rekey::Rekey;
use awgp_core::audit::succession::{Succession, rotation};
use proptest::prelude::*;

fn key(byte: u8) -> (String, String) {
    let private = private_key("example.com/audit", byte);
    let public = note::public_key_of(&private).expect("a key");
    (private, public)
}

fn member(number: u128, size: u64) -> Member {
    Member { tenant_id: tenant(number), size, root: Digest::of(&size.to_be_bytes()) }
}

fn rekey(from: u8, to: u8, trees: &[(u128, u64)]) -> Rekey {
    let trees = trees.iter().map(|(number, size)| member(*number, *size)).collect();
    Rekey { install_id: INSTALL, from: key(from).1, to: key(to).1, trees }
}

/// The trees of some tenants in one note, signed by a key.
fn signed(byte: u8, trees: &[(u128, u64)]) -> String {
    let members = trees.iter().map(|(number, size)| member(*number, *size)).collect();
    let group = Group { install_id: INSTALL, holding_id: tenant(trees[0].0), members };
    note::sign(&group.to_text(), &key(byte).0).expect("it can be signed")
}

fn signed_by_both(rekey: &Rekey, by: [u8; 2]) -> String {
    let signers = by.map(|byte| note::signer(&key(byte).0).expect("a key"));
    note::sign_by(&rekey.to_text(), &[&signers[0], &signers[1]]).expect("it can be signed")
}

fn opens(keys: &Succession, note: &str) -> Result<String, Refused> {
    keys.open(note).map(|(_, key)| key.to_owned())
}

#[test]
fn a_rotation_is_read_back_from_its_text_and_has_one_spelling() {
    let rekey = rekey(7, 8, &[(1, 7), (2, 4)]);
    let text = rekey.to_text();
    assert_eq!(Rekey::parse(&text), Ok(rekey.clone()));
    assert_eq!(Statement::parse(&text), Ok(Statement::Rekey(rekey.clone())));
    let id = key(8).1.split('+').nth(1).expect("an id").to_owned();
    for (what, to) in [
        ("awgp-audit-rekey/", "awgp-audit-rekey//"),
        ("from ", "of "),
        ("\nto ", "\n\nto "),
        (" 7 ", " 07 "),
        (" 7 ", " 0 "),
        (&key(8).1, &key(7).1),
        (&id, &id.to_uppercase()),
        (&tenant(1).to_string(), &tenant(3).to_string()),
        (&INSTALL.to_string(), &INSTALL.to_string().to_uppercase()),
    ] {
        let other = text.replacen(what, to, 1);
        assert_ne!(other, text, "{what}");
        assert!(Rekey::parse(&other).is_err(), "{what} to {to}");
    }
    let without = text.split_inclusive('\n').take(3).collect::<String>();
    for other in ["", "\n", &text[..text.len() - 1], &format!("{text}\n"), &without] {
        assert!(Rekey::parse(other).is_err(), "{other}");
    }
}

#[test]
fn a_rotation_is_signed_by_both_of_its_keys_and_by_nobody_instead() {
    let rekey = rekey(7, 8, &[(1, 7)]);
    assert_eq!(rotation(&signed_by_both(&rekey, [7, 8])), Ok(Some(rekey.clone())));
    assert_eq!(rotation(&signed_by_both(&rekey, [8, 7])), Ok(Some(rekey.clone())));
    for other in [[7, 9], [8, 9], [9, 10]] {
        assert!(matches!(rotation(&signed_by_both(&rekey, other)), Err(Refused::WrongKey(_))), "{other:?}");
    }
    let forged = signed_by_both(&rekey, [7, 8]).replacen(" 7 ", " 9 ", 1);
    assert!(matches!(rotation(&forged), Err(Refused::BadSignature(_))));
    // Other notes are none, and no note is refused elsewhere.
    assert_eq!(rotation(&signed(7, &[(1, 7)])), Ok(None));
    assert_eq!(rotation("no note"), Ok(None));
}

#[test]
fn from_every_key_the_same_line_of_keys_is_found() {
    let rotations = [rekey(8, 9, &[(1, 9)]), rekey(7, 8, &[(1, 7)]), rekey(9, 10, &[(1, 9)])];
    let expected: Vec<String> = (7..=10).map(|byte| key(byte).1).collect();
    for known in 7..=10 {
        let keys = Succession::of(&key(known).1, &rotations).expect("they follow");
        assert_eq!((keys.keys(), keys.newest()), (expected.as_slice(), expected[3].as_str()));
    }
    let stranger = Succession::of(&key(11).1, &rotations).expect("it is alone");
    assert_eq!(stranger.keys(), [key(11).1]);
    assert!(matches!(opens(&stranger, &signed(7, &[(1, 7)])), Err(Refused::WrongKey(_))));
    assert!(matches!(Succession::of(&key(7).0, &[]), Err(Refused::PrivateKey)));
}

#[test]
fn two_successors_two_predecessors_and_circles_are_refused() {
    let (one, two) = (rekey(7, 8, &[(1, 7)]), rekey(7, 9, &[(1, 7)]));
    for rotations in [
        vec![one.clone(), two],
        vec![one.clone(), rekey(6, 8, &[(1, 7)])],
        vec![one.clone(), rekey(8, 7, &[(1, 7)])],
        vec![one.clone(), rekey(8, 9, &[(1, 7)]), rekey(9, 7, &[(1, 7)])],
    ] {
        let refused = [7, 8].map(|known| Succession::of(&key(known).1, &rotations).err());
        assert!(refused.iter().any(|refused| matches!(refused, Some(Refused::Forked(_)))), "{refused:?}");
    }
    // One rotation may have several notes, each with some of the tenants, or of another folder.
    let parts = [one, rekey(7, 8, &[(1, 9), (2, 3)])];
    let keys = Succession::of(&key(7).1, &parts).expect("one rotation");
    for (byte, trees, is_good) in [
        (7, vec![(1, 9), (2, 3)], true),
        (7, vec![(1, 10)], false),
        (7, vec![(2, 4)], false),
        (8, vec![(1, 7)], true),
        (8, vec![(1, 6)], false),
        (8, vec![(2, 2)], false),
    ] {
        assert_eq!(opens(&keys, &signed(byte, &trees)).is_ok(), is_good, "{byte} {trees:?}");
    }
}

#[test]
fn each_key_signs_its_own_time_alone() {
    let rotations = [rekey(7, 8, &[(1, 7), (2, 4)]), rekey(8, 9, &[(1, 9), (2, 4)])];
    let keys = Succession::of(&key(8).1, &rotations).expect("they follow");
    for (byte, trees) in [(7, [(1, 1), (2, 4)]), (8, [(1, 7), (2, 4)]), (9, [(1, 9), (2, 40)])] {
        assert_eq!(opens(&keys, &signed(byte, &trees)), Ok(key(byte).1), "{byte} {trees:?}");
    }
    // A tenant of whom the old key never spoke is the new one's from the first row on.
    assert_eq!(opens(&keys, &signed(9, &[(3, 1)])), Ok(key(9).1));
    for (byte, trees) in [
        (7, vec![(1, 8)]),
        (7, vec![(1, 7), (2, 5)]),
        (7, vec![(3, 1)]),
        (8, vec![(1, 6)]),
        (8, vec![(1, 10)]),
        (8, vec![(3, 1)]),
        (9, vec![(1, 8)]),
    ] {
        let refused = opens(&keys, &signed(byte, &trees));
        assert!(matches!(refused, Err(Refused::OutOfTurn { .. })), "{byte} {trees:?}: {refused:?}");
    }
    // The notes of the rotations are of their time, too.
    for (note, by) in [(signed_by_both(&rotations[0], [7, 8]), 7), (signed_by_both(&rotations[1], [8, 9]), 8)]
    {
        assert_eq!(opens(&keys, &note), Ok(key(by).1));
    }
}

#[test]
fn the_example_of_the_page_is_a_rotation() {
    let page = include_str!("../../../docs/audit_format.md");
    let text = page.split("```\n").find(|block| Rekey::is_meant(block)).expect("an example");
    let rekey = Rekey::parse(text).expect("it is one");
    assert_eq!((rekey.from, rekey.to), (key(7).1, key(8).1));
    assert_eq!(rekey.trees.iter().map(|tree| tree.size).collect::<Vec<_>>(), [7, 4]);
}

proptest! {
    /// At most one of the two keys is good for a size, except at the size of the rotation itself.
    #[test]
    fn a_size_has_one_key(at in 1_u64..1_000, size in 1_u64..2_000) {
        let keys = Succession::of(&key(7).1, &[rekey(7, 8, &[(1, at)])]).expect("they follow");
        let good = [7, 8].map(|byte| opens(&keys, &signed(byte, &[(1, size)])).is_ok());
        prop_assert_eq!(good, [size <= at, size >= at]);
    }
}
