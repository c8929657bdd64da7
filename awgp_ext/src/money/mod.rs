//! Money: what calls cost.

pub mod price;
mod status;
