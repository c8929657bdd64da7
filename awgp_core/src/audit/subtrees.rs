//! A range of a tree's leaves as the roots of the complete subtrees that make it up, the leftmost first.
//!
//! Ranges that meet are joined by their subtrees. So a root follows from pieces that are hashed in any order:
//! an exported file is sorted by lane, the tree is in the order in which checkpoints appended rows.

use super::chain::Digest;
use super::tree::{Place, TILE_WIDTH, node};

/// A range of leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtrees {
    first: u64,
    end: u64,
    /// Level and root of each subtree.
    roots: Vec<(u32, Digest)>,
}

/// The levels of the subtrees that make up the leaves from `first` to before `end`.
pub fn levels(first: u64, end: u64) -> Vec<u32> {
    let (mut at, mut levels) = (first, Vec::new());
    while at < end {
        let fits = (end - at).ilog2();
        let level = if at == 0 { fits } else { fits.min(at.trailing_zeros()) };
        levels.push(level);
        at += 1 << level;
    }
    levels
}

/// A subtree's root as it is computed from a stored tile: the tile, and which hashes of its bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiled {
    /// The tile.
    pub place: Place,
    /// The first of the hashes.
    pub at: usize,
    /// How many they are.
    pub count: usize,
}

/// Where the stored tiles have the subtrees that make up the leaves from `first` to before `end`.
pub fn tiled(first: u64, end: u64) -> Vec<Tiled> {
    let mut at = first;
    let tile_of = |level: u32| {
        let (tile_level, height) = (level / 8, level % 8);
        let hash = at >> (tile_level * 8);
        at += 1 << level;
        Tiled {
            place: Place {
                level: u8::try_from(tile_level).unwrap_or(u8::MAX),
                tile: hash / TILE_WIDTH as u64,
            },
            at: usize::try_from(hash % TILE_WIDTH as u64).unwrap_or(0),
            count: 1 << height,
        }
    };
    levels(first, end).into_iter().map(tile_of).collect()
}

impl Subtrees {
    /// An empty range that begins at this leaf.
    pub fn at(first: u64) -> Self {
        Self { first, end: first, roots: Vec::new() }
    }

    /// The range of these leaves, from the roots of its subtrees; None where their number is another.
    pub fn of(first: u64, end: u64, roots: &[Digest]) -> Option<Self> {
        let levels = levels(first, end);
        (levels.len() == roots.len() && first < end).then(|| Self {
            first,
            end,
            roots: levels.into_iter().zip(roots.iter().copied()).collect(),
        })
    }

    /// Where it ends: the number of the leaf after it.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The roots of its subtrees.
    pub fn roots(&self) -> impl Iterator<Item = Digest> {
        self.roots.iter().map(|(_, root)| *root)
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Digest) {
        self.append(0, leaf);
    }

    /// Appends the range that begins where this one ends. False where it begins elsewhere.
    pub fn join(&mut self, next: &Self) -> bool {
        if next.first != self.end {
            return false;
        }
        next.roots.iter().for_each(|(level, root)| self.append(*level, *root));
        true
    }

    fn append(&mut self, level: u32, root: Digest) {
        let after = self.end + (1 << level);
        let (mut level, mut root, mut number) = (level, root, self.end >> level);
        while number & 1 == 1
            && let Some((beside, left)) = self.roots.last().copied()
            && beside == level
        {
            self.roots.pop();
            (level, root, number) = (level + 1, node(left, root), number >> 1);
        }
        self.roots.push((level, root));
        self.end = after;
    }

    /// The root of the tree of all leaves up to here; None where the range does not begin with the first.
    pub fn root(&self) -> Option<Digest> {
        let folded =
            self.roots().collect::<Vec<_>>().into_iter().rev().reduce(|right, left| node(left, right));
        folded.filter(|_| self.first == 0)
    }
}
