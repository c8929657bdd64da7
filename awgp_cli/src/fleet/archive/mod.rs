//! A family as one file: `awgp tenant export` and `awgp tenant import`.

mod export;
mod format;
mod import;

pub use export::export;
pub use import::import;
