//! A tenant's audit rows as the leaves of a Merkle tree (RFC 6962), stored in tiles (C2SP tlog-tiles).
//!
//! Only hashes at the bottom of a tile are stored, 256 per tile; the levels between are computed. So
//! appending writes one hash per new leaf and about 1/255 more, and a proof reads a few tiles for a tree of
//! any size. The crate `tlog_tiles` computes the proofs.

use super::canonical;
use super::chain::{Digest, Linker};
use super::row::RowRef;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::collections::HashMap;
use tlog_tiles::{Hash, HashReader, check_record, check_tree, prove_record, prove_tree, sub_tree_index};

/// Levels of the tree in one tile.
const TILE_HEIGHT: u8 = 8;
/// Hashes at the bottom of a full tile.
pub const TILE_WIDTH: usize = 1 << TILE_HEIGHT;
/// No tree has more levels, so no path has more hashes.
const LEVELS_MAX: usize = 63;

/// The hash of a leaf: `SHA-256(00 ‖ canonical bytes ‖ integrity_hash)`. The canonical bytes identify the
/// row, and the hash identifies all rows before it in its lane.
pub fn leaf(canonical: &[u8], integrity_hash: Digest) -> Digest {
    let mut hasher = Sha256::new_with_prefix([0]);
    hasher.update(canonical);
    hasher.update(integrity_hash.0);
    Digest(hasher.finalize().into())
}

/// The leaf of the row that `linker` hashed last.
pub fn leaf_of(linker: &Linker, row: &RowRef<'_>, integrity_hash: Digest) -> Digest {
    if canonical::is_large(row) {
        return large_leaf(row, integrity_hash);
    }
    leaf(linker.canonical(), integrity_hash)
}

/// The same, piece by piece.
fn large_leaf(row: &RowRef<'_>, integrity_hash: Digest) -> Digest {
    let mut hasher = Sha256::new_with_prefix([0]);
    canonical::pieces(row, &mut |piece| hasher.update(piece));
    hasher.update(integrity_hash.0);
    Digest(hasher.finalize().into())
}

/// Hashes rows to leaves through one buffer, so that no row allocates.
#[derive(Debug, Default)]
pub struct Leaves {
    buffer: Vec<u8>,
}

impl Leaves {
    /// The leaf of a row; None where its `integrity_hash` is not a hash.
    pub fn leaf(&mut self, row: &RowRef<'_>) -> Option<Digest> {
        let integrity_hash = Digest::from_hex(row.integrity_hash)?;
        if canonical::is_large(row) {
            return Some(large_leaf(row, integrity_hash));
        }
        self.buffer.clear();
        canonical::write(&mut self.buffer, row);
        Some(leaf(&self.buffer, integrity_hash))
    }
}

/// The hash of an inner node: `SHA-256(01 ‖ left ‖ right)`.
pub fn node(left: Digest, right: Digest) -> Digest {
    Digest(tlog_tiles::node_hash(Hash(left.0), Hash(right.0)).0)
}

/// The root over hashes whose number is a power of two.
pub fn subtree_root(hashes: &[Digest]) -> Digest {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node(pair[0], pair[1])).collect();
    }
    row.first().copied().unwrap_or_else(|| Digest::of(b""))
}

/// The roots of the complete subtrees that make up a tree, the largest first: enough to append to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Digest>,
}

impl Frontier {
    /// The frontier of the tree of `size` leaves; None where the number of roots is not the number of one
    /// bits in `size`.
    pub fn of_roots(size: u64, roots: Vec<Digest>) -> Option<Self> {
        (usize::try_from(size.count_ones()) == Ok(roots.len())).then_some(Self { size, roots })
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: Digest) {
        let mut root = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                root = node(left, root);
            }
        }
        self.roots.push(root);
        self.size += 1;
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        let folded = self.roots.iter().rev().copied().reduce(|right, left| node(left, right));
        folded.unwrap_or_else(|| Digest::of(b""))
    }
}

/// The place of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// 0 for the tiles at whose bottom are the hashes of leaves.
    pub level: u8,
    /// Its number in the level.
    pub tile: u64,
}

/// A tree that is appended to, with its partial tiles.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    size: u64,
    open: Vec<Vec<Digest>>,
}

impl Tree {
    /// The partial tiles of a tree of this size, with their width.
    pub fn open_places(size: u64) -> Vec<(Place, usize)> {
        let mut places = Vec::new();
        let (mut level, mut count) = (0, size);
        while count > 0 {
            let width = usize::try_from(count % TILE_WIDTH as u64).unwrap_or(0);
            count /= TILE_WIDTH as u64;
            if width > 0 {
                places.push((Place { level, tile: count }, width));
            }
            level += 1;
        }
        places
    }

    /// The tree of this size, from its partial tiles. A stored tile may have become wider; what is beyond is
    /// ignored. None where one is missing or too narrow.
    pub fn resume(size: u64, mut stored: impl FnMut(Place) -> Option<Vec<Digest>>) -> Option<Self> {
        let mut open = Vec::new();
        for (place, width) in Self::open_places(size) {
            let mut hashes = stored(place)?;
            if hashes.len() < width {
                return None;
            }
            hashes.truncate(width);
            open.resize_with(usize::from(place.level) + 1, Vec::new);
            open[usize::from(place.level)] = hashes;
        }
        Some(Self { size, open })
    }

    /// Appends a leaf; tiles that it fills are added to `full`.
    pub fn push(&mut self, leaf: Digest, full: &mut Vec<(Place, Vec<Digest>)>) {
        self.size += 1;
        let (mut hash, mut count) = (leaf, self.size);
        for level in 0.. {
            let at = usize::from(level);
            if self.open.len() == at {
                self.open.push(Vec::with_capacity(TILE_WIDTH));
            }
            self.open[at].push(hash);
            if self.open[at].len() < TILE_WIDTH {
                break;
            }
            let tile = std::mem::take(&mut self.open[at]);
            hash = subtree_root(&tile);
            count /= TILE_WIDTH as u64;
            full.push((Place { level, tile: count - 1 }, tile));
        }
    }

    /// The partial tiles.
    pub fn open_tiles(&self) -> impl Iterator<Item = (Place, &[Digest])> {
        let places = Self::open_places(self.size).into_iter();
        places.map(|(place, _)| (place, self.open[usize::from(place.level)].as_slice()))
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        let mut roots = Vec::new();
        for tile in self.open.iter().rev() {
            let mut rest = tile.as_slice();
            for height in (0..TILE_HEIGHT).rev() {
                if tile.len() & (1 << height) != 0 {
                    let (subtree, after) = rest.split_at(1 << height);
                    roots.push(subtree_root(subtree));
                    rest = after;
                }
            }
        }
        Frontier { size: self.size, roots }.root()
    }
}

/// The hashes of a stored tree, read tile by tile and each tile only once.
pub struct Stored<F> {
    tile: F,
    read: RefCell<HashMap<Place, Option<Vec<Digest>>>>,
}

impl<F: Fn(Place) -> Option<Vec<Digest>>> Stored<F> {
    /// A tree of which `tile` reads the tiles; it returns None for a missing tile.
    pub fn new(tile: F) -> Self {
        Self { tile, read: RefCell::default() }
    }

    /// The number of tiles read.
    pub fn tiles_read(&self) -> usize {
        self.read.borrow().len()
    }

    fn hash(&self, index: u64) -> Option<Hash> {
        let (place, at, count) = tile_of(index);
        let mut read = self.read.borrow_mut();
        let tile = read.entry(place).or_insert_with(|| (self.tile)(place));
        let hashes = tile.as_ref()?.get(at..at + count)?;
        Some(Hash(subtree_root(hashes).0))
    }

    /// The path that proves that the leaf `index` is in the tree of `size` leaves.
    pub fn inclusion(&self, size: u64, index: u64) -> Option<Vec<Digest>> {
        prove_record(size, index, self).ok().map(digests)
    }

    /// The path that proves that the tree of `size` leaves extends that of `old_size`.
    pub fn consistency(&self, size: u64, old_size: u64) -> Option<Vec<Digest>> {
        prove_tree(size, old_size, self).ok().map(digests)
    }

    /// The frontier of the tree of `size` leaves.
    pub fn frontier(&self, size: u64) -> Option<Frontier> {
        let hashes = self.read_hashes(&sub_tree_index(0, size, Vec::new())).ok()?;
        Frontier::of_roots(size, digests(hashes))
    }
}

impl<F: Fn(Place) -> Option<Vec<Digest>>> HashReader for Stored<F> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let found = indexes.iter().map(|index| self.hash(*index));
        found.collect::<Option<_>>().ok_or(tlog_tiles::Error::IndexesNotInTree)
    }
}

/// The tile below a stored hash, and which hashes of the tile's bottom it is the root of.
fn tile_of(index: u64) -> (Place, usize, usize) {
    let (level, number) = tlog_tiles::split_stored_hash_index(index);
    let (tile_level, height) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
    let first = number << height;
    let at = usize::try_from(first % TILE_WIDTH as u64).unwrap_or(0);
    (Place { level: tile_level, tile: first / TILE_WIDTH as u64 }, at, 1 << height)
}

/// The tiles from which the frontier of a tree of `size` leaves is read.
pub fn frontier_places(size: u64) -> Vec<Place> {
    let mut places: Vec<Place> =
        sub_tree_index(0, size, Vec::new()).into_iter().map(|index| tile_of(index).0).collect();
    places.dedup();
    places
}

/// Whether `path` proves that the tree of `size` leaves with this root has this leaf at `index`.
pub fn includes(root: Digest, size: u64, index: u64, leaf: Digest, path: &[Digest]) -> bool {
    i64::try_from(size).is_ok()
        && index < size
        && path.len() <= LEVELS_MAX
        && check_record(&hashes(path), size, Hash(root.0), index, Hash(leaf.0)).is_ok()
}

/// Whether `path` proves that the tree of `size` leaves with this root begins with the tree of `old_size` and
/// `old_root`.
pub fn extends(root: Digest, size: u64, old_root: Digest, old_size: u64, path: &[Digest]) -> bool {
    i64::try_from(size).is_ok()
        && (1..=size).contains(&old_size)
        && path.len() <= LEVELS_MAX + 1
        && check_tree(&hashes(path), size, Hash(root.0), old_size, Hash(old_root.0)).is_ok()
}

fn digests(hashes: Vec<Hash>) -> Vec<Digest> {
    hashes.into_iter().map(|hash| Digest(hash.0)).collect()
}

fn hashes(digests: &[Digest]) -> Vec<Hash> {
    digests.iter().map(|digest| Hash(digest.0)).collect()
}
