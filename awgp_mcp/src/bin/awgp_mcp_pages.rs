//! `awgp-mcp-pages FOLDER`: the man pages and completions of `awgp-mcp`, under the folders of a prefix such
//! as /usr. `man awgp mcp guard` finds them too.

use awgp_mcp::opt::Opt;
use clap::CommandFactory;

fn main() -> std::io::Result<()> {
    awgp_program::manual::run(Opt::command(), &[])
}
