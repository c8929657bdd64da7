//! `awgp-console-pages FOLDER`: the man page and completions of `awgp-console`, under the folders of a prefix
//! such as /usr. `man awgp console` finds the page too.

use awgp_console::opt::Opt;
use clap::CommandFactory;

fn main() -> std::io::Result<()> {
    awgp_program::manual::run(Opt::command(), &[])
}
