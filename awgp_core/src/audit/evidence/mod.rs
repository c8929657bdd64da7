//! Evidence packs: what a pack must have, and what its files say together (docs/evidence.md).
//!
//! A pack is the trail of one tenant over a time, with notes, receipts and proofs beside it, and an index of
//! sentences. Its records and its sentences follow from the other files, so that a reader makes them again
//! and compares.
//!
//! | file | concept |
//! |---|---|
//! | [`mapping`] | which sentences there are, what each is counted by, and which articles it is about |
//! | [`reading`] | the trail of a pack, row by row: records, counts, and where each lane begins and ends |
//! | [`index`] | the sentences of a pack, and its manifest |
//! | [`window`] | whether the trail has all rows of the time |

pub mod index;
pub mod mapping;
pub mod reading;
pub mod window;

/// The format that this code writes and reads.
pub const FORMAT: u32 = 1;
/// The trail.
pub const TRAIL: &str = "trail/trail.jsonl";
/// The folder of the signed notes.
pub const NOTES: &str = "trail/notes/";
/// The public key of the notes.
pub const KEY: &str = "trail/public_key.txt";
/// The folder of receipts.
pub const RECEIPTS: &str = "receipts/";
/// The folder of proofs of what was in force before.
pub const BEFORE: &str = "before/";
/// The folder of manifests of exported months.
pub const MONTHS: &str = "months/";
/// The folder of the server's answers.
pub const ANSWERS: &str = "answers/";
/// The server's word about rows that are in months of their own.
pub const ANCHORS: &str = "answers/anchors.json";
/// The index.
pub const INDEX: &str = "index.json";
/// The index as a page.
pub const PAGE: &str = "index.html";
/// What a reader reads first.
pub const README: &str = "README.txt";
/// The digests of all other files.
pub const MANIFEST: &str = "MANIFEST.json";
/// The scripts that verify a pack.
pub const SCRIPTS: &str = "verify/";
