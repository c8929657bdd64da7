//! The audit trail's bytes: how a row is written down, chained, verified, exported and masked.
//!
//! `docs/audit_format.md` is the specification; the test vectors in `tests/vectors/audit_v1.json` bind this
//! code, the extension, the command line and an independent verifier to it.
//!
//! | file | concept |
//! |---|---|
//! | [`position`] | where a row stands: tenant, lane, place |
//! | [`row`] | one row of `audit_logs`, borrowed or owned |
//! | [`canonical`] | the bytes that are hashed |
//! | [`chain`] | digests, the genesis value, the link, and plain verification of a chain |
//! | [`finding`] | what verification reports |
//! | [`lane_facts`] | what is known of a lane besides its rows |
//! | [`lane`] | one lane, row by row, to suspicions |
//! | [`suspicion`] | what one lane cannot settle |
//! | [`reconcile`] | suspicions of all lanes to findings: every tampering once, and by its name |
//! | [`verify`] | a whole log in one pass: lanes, then reconciliation |
//! | [`integrity`] | the sealed partition: root over its lane heads, and the check of its integrity row |
//! | [`escape`] | strings in JSON, a stretch at a time |
//! | [`export`] | the JSON Lines file |
//! | [`tree`] | rows as leaves of a Merkle tree, its tiles and its proofs |
//! | [`checkpoint`], [`group`] | the texts that an auditor signs |
//! | [`note`] | the signed note |
//! | [`proof`] | one row, proved to whoever has the public key |
//! | [`mask`] | secrets that must not enter the log |
//! | [`tracked`] | what is recorded of each column of an application's own table |
//! | [`entity`] | the id of a row whose key is no uuid |

pub mod canonical;
pub mod chain;
pub mod checkpoint;
pub mod entity;
pub mod escape;
pub mod export;
pub mod finding;
pub mod group;
pub mod integrity;
pub mod lane;
pub mod lane_facts;
pub mod manifest;
pub mod mask;
pub mod note;
pub mod position;
pub mod proof;
pub mod reconcile;
pub mod row;
pub mod suspicion;
pub mod tracked;
pub mod tree;
pub mod verify;
