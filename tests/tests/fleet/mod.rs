//! `awgp` over three members without a proxy: three databases, each an installation of its own.

mod dead;
mod finding;
mod merged;
mod moves;
mod placing;
mod proxy;
mod stage;
mod status;
mod syncing;
