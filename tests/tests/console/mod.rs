//! The console: what readers see and may, what it refuses. Each test runs the real `awgp-console` on a
//! database of its own, as the login of an application, and reads it over HTTP.

mod assistants;
mod audit;
mod browser;
mod deciding;
mod doctor;
mod door;
mod handing_over;
mod messages;
mod money;
mod people;
mod proofs;
mod scenery;
mod signing_in;
mod stops;
