//! `awgp audit`: the trail as people and auditors read it.
//!
//! | file | concept |
//! |---|---|
//! | [`scope`] | whose trail a login reads |
//! | [`log`] | list and show |
//! | [`tail`] | the last events, and each new one |
//! | [`history`], [`diff`] | every version of one thing, and what changed |
//! | [`copy`] | rows exactly as the server stores them |
//! | [`large`], [`spool`] | a row that is longer than the server sends, in pieces |
//! | [`listing`] | events for people and programs, with where they come from |
//! | [`export`] | the JSON Lines file |
//! | [`verify`] | every row read and hashed here |
//! | [`key`] | the keys of an auditor |
//! | [`checkpoint`], [`notes`] | signing how far the trail has come, and the folder of what was signed |
//! | [`walk`] | a tenant's tree computed from its rows |
//! | [`proof`] | one event, proved to whoever has the public key |

pub mod checkpoint;
pub mod copy;
pub mod diff;
pub mod export;
pub mod history;
pub mod key;
pub mod large;
pub mod listing;
pub mod log;
pub mod notes;
pub mod proof;
pub mod scope;
pub mod spool;
pub mod tail;
pub mod verify;
pub mod walk;
