//! A copy of the trail in an auditor's own database, by logical replication: it receives every row once, with
//! its chain, verifies there, and nobody else writes it.

mod attacks;
mod plain;
mod receiving;
mod stage;
