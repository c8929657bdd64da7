//! Hostile SQL as the application role: tenant B, in context, tries to reach tenant A.
//!
//! | module | what is tried |
//! |---|---|
//! | [`reading`], [`writing`], [`meddling`] | single statements, each with what must happen |
//! | [`references`], [`approvers`] | every reference of the catalog pointed at A, and arrays of users |
//! | [`oracles`] | what an error may tell |
//! | [`sessions`] | pooled connections, plans, cursors, locks, two-phase commit |
//! | [`family`] | holdings, subsidiaries, siblings, grandchildren |
//! | [`definers`] | every SECURITY DEFINER function and every view of the catalog |
//! | [`unguarded`] | the single statements again with every guard away: each must be seen to succeed |
//!
//! The context is set as an application sets it. In trusted mode whoever may run SQL may also call
//! `set_context()` for another tenant; that is what signed mode is for, and no attack here.

mod approvers;
mod definers;
mod family;
mod meddling;
mod oracles;
mod reading;
mod references;
mod sessions;
mod stage;
mod unguarded;
mod writing;
