//! Money: prices and what a call costs by them.

pub mod litellm;
pub mod price;
