//! The audit trail without a server: tampering, properties, and the vectors that every implementation reads.

mod canonical;
mod cases;
mod checkpoints;
mod log;
mod rotation;
mod stops;
mod tampering;
mod tree;
mod vectors;
mod witness;
