//! `awgp-pages FOLDER`: the man pages and completions of `awgp`, under the folders of a prefix such as /usr.

use awgp_cli::opt::{Opt, offline};
use clap::CommandFactory;

fn main() -> std::io::Result<()> {
    // To these programs it hands over; awgp-console-pages and awgp-mcp-pages write their pages.
    awgp_program::manual::run(
        offline::trimmed(Opt::command().disable_help_subcommand(true)),
        &["console", "mcp"],
    )
}
