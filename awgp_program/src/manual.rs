//! The man pages and completions of a program. Both are made from its arguments, so they say what `--help`
//! says.

use clap::Command;
use clap_complete::Shell;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Writes them below the prefix, such as /usr, that the first argument of this program names. A command of
/// `others` has pages of its own program.
pub fn run(command: Command, others: &[&str]) -> Result<()> {
    let prefix = env::args_os().nth(1).map(PathBuf::from);
    let prefix = prefix.ok_or_else(|| Error::other("usage: give the folder, such as /usr"))?;
    let program = command.get_name().to_owned();
    // Where each shell looks below a prefix.
    for (shell, path) in [
        (Shell::Bash, format!("share/bash-completion/completions/{program}")),
        (Shell::Zsh, format!("share/zsh/site-functions/_{program}")),
        (Shell::Fish, format!("share/fish/vendor_completions.d/{program}.fish")),
    ] {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command.clone().bin_name(&program), &program, &mut text);
        write(&prefix.join(path), &text)?;
    }
    let mut command = command.disable_help_subcommand(true);
    command.build();
    pages(&command, others, &prefix.join("share/man/man1"))
}

/// A page for a command, and one for each of its own.
fn pages(command: &Command, others: &[&str], folder: &Path) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let page = clap_mangen::Man::new(command.clone())
        .manual("AWGP")
        .source(format!("awgp {}", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    page.render(&mut text)?;
    write(&folder.join(format!("{name}.1")), with_sections(&text).as_bytes())?;
    let is_own = |sub: &&Command| !sub.is_hide_set() && !others.contains(&sub.get_name());
    command.get_subcommands().filter(is_own).try_for_each(|sub| pages(sub, others, folder))
}

/// What follows the options has a section of its own name, as manuals have it, and keeps its lines.
fn with_sections(page: &[u8]) -> String {
    String::from_utf8_lossy(page)
        .replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n")
        .replace(".SH EXTRA\nExit codes:\n", ".SH \"EXIT STATUS\"\n.nf\n")
}

fn write(path: &Path, text: &[u8]) -> Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}
