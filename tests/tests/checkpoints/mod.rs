//! Checkpoints: what an auditor has signed is held against what the database has become. The login is an
//! auditor's; the superuser plays the one who tampers.

mod deeds;
mod exports;
mod gone;
mod group;
mod keys;
mod making;
mod proofs;
mod rotation;
pub mod stage;
mod stored;
mod times;
mod witnesses;
