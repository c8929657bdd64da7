//! `awgp-pages FOLDER`: the man pages and completions of `awgp`, under the folders of a prefix such as /usr.
//!
//! Both are made from the arguments themselves, so they say what `awgp --help` says.

use awgp_cli::opt::Opt;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where each shell looks below a prefix.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "share/bash-completion/completions/awgp"),
    (Shell::Zsh, "share/zsh/site-functions/_awgp"),
    (Shell::Fish, "share/fish/vendor_completions.d/awgp.fish"),
];

fn main() -> Result<()> {
    let prefix =
        env::args_os().nth(1).map(PathBuf::from).ok_or_else(|| Error::other("usage: awgp-pages FOLDER"))?;
    for (shell, path) in COMPLETIONS {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Opt::command(), "awgp", &mut text);
        write(&prefix.join(path), &text)?;
    }
    let mut command = Opt::command().disable_help_subcommand(true);
    command.build();
    manual(&command, &prefix.join("share/man/man1"))
}

/// A page for a command, and one for each of its own.
fn manual(command: &Command, folder: &Path) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let page = clap_mangen::Man::new(command.clone())
        .manual("AWGP")
        .source(format!("awgp {}", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    page.render(&mut text)?;
    write(&folder.join(format!("{name}.1")), &text)?;
    command.get_subcommands().filter(|sub| !sub.is_hide_set()).try_for_each(|sub| manual(sub, folder))
}

fn write(path: &Path, text: &[u8]) -> Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}
