//! The tree against RFC 6962: the vectors of the reference implementation of Certificate Transparency, and
//! every size and leaf of small trees.

use awgp_core::audit::chain::Digest;
use awgp_core::audit::tree::{Frontier, Place, Stored, TILE_WIDTH, Tree, extends, includes, node};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// The entries of the reference implementation's tests, and the roots of its trees of 1 to 8 of them.
pub const ENTRIES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
pub const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const A: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const B: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const C: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const D: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const E: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const F: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
/// A path: the numbers that it is about, and its hashes.
type Path = (u64, u64, &'static [&'static str]);
/// Leaf, size, path.
pub const INCLUSION: [Path; 5] = [
    (0, 1, &[]),
    (0, 8, &[A, B, C]),
    (5, 8, &[D, E, ROOTS[3]]),
    (2, 3, &[ROOTS[1]]),
    (1, 5, &[ROOTS[0], B, D]),
];
/// Old size, size, path.
pub const CONSISTENCY: [Path; 4] =
    [(1, 1, &[]), (1, 8, &[A, B, C]), (6, 8, &[F, E, ROOTS[3]]), (2, 5, &[B, D])];

fn digest(hex: &str) -> Digest {
    Digest::from_hex(hex.as_bytes()).expect("hex")
}

fn entry(bytes: &[u8]) -> Digest {
    Digest(Sha256::new_with_prefix([0]).chain_update(bytes).finalize().into())
}

fn reference() -> Vec<Digest> {
    ENTRIES.map(|hex| entry(&hex::decode(hex).expect("hex"))).to_vec()
}

/// The tree, and the tiles that a database would hold.
struct Built {
    tree: Tree,
    tiles: HashMap<Place, Vec<Digest>>,
    /// Hashes written; a tile written again counts again.
    written: usize,
}

impl Built {
    fn new() -> Self {
        Self { tree: Tree::default(), tiles: HashMap::new(), written: 0 }
    }

    /// Appends all at once, as a checkpoint does, from the stored tiles only.
    fn append(&mut self, leaves: &[Digest]) {
        let stored = |place| self.tiles.get(&place).cloned();
        self.tree = Tree::resume(self.tree.size(), stored).expect("its tiles are there");
        let mut full = Vec::new();
        leaves.iter().for_each(|leaf| self.tree.push(*leaf, &mut full));
        full.extend(self.tree.open_tiles().map(|(place, hashes)| (place, hashes.to_vec())));
        for (place, hashes) in full {
            self.written += hashes.len();
            self.tiles.insert(place, hashes);
        }
    }

    fn stored(&self) -> Stored<impl Fn(Place) -> Option<Vec<Digest>> + '_> {
        Stored::new(|place| self.tiles.get(&place).cloned())
    }
}

/// The definition of RFC 6962, section 2.1.
fn root_by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node(root_by_definition(left), root_by_definition(right))
        }
    }
}

fn numbered(count: usize) -> Vec<Digest> {
    (0..count).map(|number| entry(&number.to_be_bytes())).collect()
}

#[test]
fn the_roots_are_those_of_the_reference_implementation() {
    assert_eq!(
        Tree::default().root(),
        digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    );
    let (mut built, mut frontier) = (Built::new(), Frontier::default());
    for (leaf, root) in reference().into_iter().zip(ROOTS) {
        built.append(&[leaf]);
        frontier.push(leaf);
        assert_eq!((built.tree.root(), frontier.root()), (digest(root), digest(root)));
    }
}

#[test]
fn the_paths_are_those_of_the_reference_implementation() {
    let mut built = Built::new();
    built.append(&reference());
    let stored = built.stored();
    for (index, size, path) in INCLUSION {
        let expected: Vec<Digest> = path.iter().map(|hex| digest(hex)).collect();
        assert_eq!(stored.inclusion(size, index).expect("a path"), expected, "{index} of {size}");
    }
    for (old, size, path) in CONSISTENCY {
        let expected: Vec<Digest> = path.iter().map(|hex| digest(hex)).collect();
        assert_eq!(stored.consistency(size, old).expect("a path"), expected, "{old} to {size}");
    }
}

#[test]
fn every_leaf_of_every_small_tree_is_proved_and_no_other_is() {
    let leaves = numbered(70);
    let mut built = Built::new();
    built.append(&leaves);
    let stored = built.stored();
    for size in 1..=leaves.len() {
        let root = root_by_definition(&leaves[..size]);
        let size = size as u64;
        for index in 0..size {
            let leaf = leaves[usize::try_from(index).expect("small")];
            let path = stored.inclusion(size, index).expect("a path");
            assert!(includes(root, size, index, leaf, &path));
            assert!(!includes(root, size, index, entry(b"other"), &path));
            assert!(size == 1 || !includes(root, size, (index + 1) % size, leaf, &path));
            assert!(!includes(root, size, index, leaf, &[path.clone(), vec![root]].concat()));
            assert!(path.is_empty() || !includes(root, size, index, leaf, &path[1..]));
        }
    }
}

#[test]
fn every_small_tree_is_extended_by_every_later_one_and_by_no_other() {
    let leaves = numbered(40);
    let mut built = Built::new();
    built.append(&leaves);
    let stored = built.stored();
    let root = |size: u64| root_by_definition(&leaves[..usize::try_from(size).expect("small")]);
    for size in 1..=40 {
        for old in 1..=size {
            let path = stored.consistency(size, old).expect("a path");
            assert!(extends(root(size), size, root(old), old, &path), "{old} to {size}");
            assert!(!extends(root(size), size, entry(b"other"), old, &path));
            assert!(!extends(entry(b"other"), size, root(old), old, &path));
        }
        assert!(!extends(root(size), size, root(size), size + 1, &[]));
        assert!(!extends(root(size), size, root(size), 0, &[]));
    }
}

#[test]
fn absurd_sizes_and_paths_are_refused_not_panicked_on() {
    let root = entry(b"root");
    let long = vec![root; 100_000];
    for size in [0, 1, u64::MAX, 1 << 63, i64::MAX.unsigned_abs()] {
        for index in [0, 1, u64::MAX, size.wrapping_sub(1)] {
            for path in [&[][..], &long[..1], &long[..63], &long[..]] {
                assert!(!includes(root, size, index, entry(b"leaf"), path));
                // The same tree of the same size is its own extension, with nothing to prove.
                let same = size == index && path.is_empty() && (1..1 << 63).contains(&size);
                assert_eq!(extends(root, size, root, index, path), same, "{size} {index}");
            }
        }
    }
}

#[test]
fn appending_writes_as_many_hashes_as_there_are_new_leaves_and_little_more() {
    let mut built = Built::new();
    built.append(&numbered(200_000));
    for added in [1, 10, 1_000] {
        built.written = 0;
        built.append(&numbered(added));
        // A 255th for the levels above, and the partial tiles, which are written again.
        let bound = added + added / 255 + 3 * TILE_WIDTH;
        assert!(built.written <= bound, "{added} leaves, {} hashes", built.written);
    }
}

#[test]
fn a_proof_in_a_large_tree_reads_a_few_tiles() {
    let mut built = Built::new();
    built.append(&numbered(200_000));
    for index in [0, 77_777, 199_999] {
        let stored = built.stored();
        let path = stored.inclusion(200_000, index).expect("a path");
        assert!(path.len() <= 18 && stored.tiles_read() <= 9, "{} {}", path.len(), stored.tiles_read());
    }
}

#[test]
fn a_tree_whose_tiles_are_missing_or_too_narrow_is_not_resumed() {
    let mut built = Built::new();
    built.append(&numbered(300));
    assert!(Tree::resume(300, |place| built.tiles.get(&place).cloned()).is_some());
    assert!(Tree::resume(300, |_| None).is_none());
    assert!(Tree::resume(300, |_| Some(numbered(3))).is_none());
    assert!(Frontier::of_roots(300, numbered(3)).is_none());
}

proptest! {
    #[test]
    fn however_it_is_cut_into_checkpoints_the_tree_is_the_same(
        cuts in proptest::collection::vec(1_usize..700, 1..6),
    ) {
        let leaves = numbered(cuts.iter().sum());
        let (mut built, mut frontier, mut from) = (Built::new(), Frontier::default(), 0);
        for cut in cuts {
            built.append(&leaves[from..from + cut]);
            leaves[from..from + cut].iter().for_each(|leaf| frontier.push(*leaf));
            from += cut;
            let root = root_by_definition(&leaves[..from]);
            prop_assert_eq!(built.tree.root(), root);
            prop_assert_eq!(frontier.root(), root);
            let stored = built.stored();
            prop_assert_eq!(stored.frontier(from as u64), Some(frontier.clone()));
            prop_assert!(includes(root, from as u64, 0, leaves[0], &stored.inclusion(from as u64, 0).expect("a path")));
        }
    }
}
