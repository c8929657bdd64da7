//! Several databases, each with whole families (a holding with its subsidiaries).
//!
//! - [`place`]: where a new family goes
//! - [`plan`]: which moves make the fullest member less full

pub mod place;
pub mod plan;

/// A member: what it holds, and what it may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// How much it holds, such as bytes.
    pub used: u64,
    /// How much it may hold, in the same unit; None: not said.
    pub capacity: Option<u64>,
    /// Whether new families may be placed there.
    pub is_open: bool,
}
