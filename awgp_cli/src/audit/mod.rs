//! `awgp audit`: the trail as people and auditors read it.
//!
//! | file | concept |
//! |---|---|
//! | [`scope`] | whose trail a login reads |
//! | [`log`] | list and show |
//! | [`tail`] | the last events, and each new one |
//! | [`history`], [`diff`] | every version of one thing, and what changed |
//! | [`copy`] | rows exactly as the server stores them |
//! | [`export`] | the JSON Lines file |
//! | [`verify`] | every row read and hashed here |

pub mod copy;
pub mod diff;
pub mod export;
pub mod history;
pub mod log;
pub mod scope;
pub mod tail;
pub mod verify;
