//! The audit trail's bytes: how a row is written, chained, verified, exported and masked.
//!
//! `docs/audit_format.md` is the specification. The test vectors in `tests/vectors/audit_v1.json` hold this
//! code, the extension, the command line and an independent verifier to it.
//!
//! | file | concept |
//! |---|---|
//! | [`position`] | the position of a row: tenant, lane, number |
//! | [`row`] | one row of `audit_logs`, borrowed or owned |
//! | [`canonical`] | the bytes that are hashed |
//! | [`chain`] | digests, the genesis value, the link, and plain verification of a chain |
//! | [`finding`] | the findings of verification |
//! | [`lane_facts`] | what is known about a lane besides its rows |
//! | [`lineage`] | the installs that a trail has belonged to |
//! | [`lane`] | one lane, row by row; yields suspicions |
//! | [`suspicion`] | what needs other lanes to decide |
//! | [`reconcile`] | from the suspicions of all lanes to findings: each tampering once, with its name |
//! | [`verify`] | a whole log in one pass: lanes, then reconciliation |
//! | [`heap_order`] | rows in the order of the heap: all lanes at once, without a sort |
//! | [`integrity`] | the sealed partition: root over its lane heads, and the check of its integrity row |
//! | [`escape`] | escapes strings in JSON in pieces |
//! | [`export`], [`file`] | the lines of the exported log, and its verification |
//! | [`appended`], [`order`], [`subtrees`] | the order of the leaves in an exported log, and its roots |
//! | [`streamed`] | the events of a stream, and whether a copy of them is whole |
//! | `ranges` | ranges of numbers of a lane |
//! | [`stretch`], [`witness`] | what the rows of files are, and what signed notes prove of them |
//! | [`spelled`] | the one spelling of a uuid in files |
//! | [`tree`] | rows as leaves of a Merkle tree, its tiles and its proofs |
//! | [`checkpoint`], [`group`], [`rekey`] | the texts that an auditor signs |
//! | [`note`] | the signed note |
//! | [`cosigner`], [`quorum`] | the witnesses of a note, and how many must have cosigned it |
//! | [`succession`] | the keys of an auditor, one after the other |
//! | [`proof`] | the proof of one row, for anyone who has the public key |
//! | [`receipt`] | the receipt of an action: its events with their proofs, and whether they belong together |
//! | [`mask`] | secrets that must not enter the log |
//! | [`tracked`] | what is recorded for each column of an application's own table |
//! | [`entity`] | the id of a row whose key is not a uuid |
//! | [`erasable`] | commitments in place of values that can be erased |
//! | [`evidence`] | evidence packs: what they have, and what follows from it |

pub mod appended;
pub mod canonical;
pub mod chain;
pub mod checkpoint;
pub mod cosigner;
pub mod entity;
pub mod erasable;
pub mod escape;
pub mod evidence;
pub mod export;
pub mod file;
pub mod finding;
pub mod group;
pub mod heap_order;
pub mod integrity;
pub mod lane;
pub mod lane_facts;
pub mod lineage;
pub mod manifest;
pub mod mask;
pub mod note;
pub mod order;
pub mod position;
pub mod proof;
pub mod quorum;
pub(crate) mod ranges;
pub mod receipt;
pub mod reconcile;
pub mod rekey;
pub mod row;
pub mod spelled;
pub mod streamed;
pub mod stretch;
pub mod subtrees;
pub mod succession;
pub mod suspicion;
pub mod tracked;
pub mod tree;
pub mod verify;
pub mod witness;
