//! Evidence packs: made by ordinary logins, verified by the command and by plain Python, and changed by
//! somebody who does not want to be found.

mod outsider;
mod packs;
mod page;
pub mod stage;
mod tampering;
