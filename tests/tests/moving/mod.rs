//! A family moves to another installation: it works in one place at any moment, nothing of it is lost, and
//! its trail verifies there from the first row on.

mod archives;
mod erasable;
mod interrupted;
mod killed;
mod numbers;
mod refusals;
mod restored;
mod same_ids;
mod sealed;
mod servers;
mod stage;
mod tables;
mod whole;
