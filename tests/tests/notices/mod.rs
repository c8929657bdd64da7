//! Notices: what is written, and how it is delivered.

mod delivery;
mod mail;
mod processes;
mod rights;
mod stage;
mod steps;
mod writing;
