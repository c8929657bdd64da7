//! `awgp console` and `awgp mcp`: hand over to a program of its own, which is beside this one or on PATH.

use crate::opt::{Format, Global, Handed};
use awgp_client::{Exit, Failure};
use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

/// A program that has commands of its own.
pub struct Program {
    name: &'static str,
    /// The command that hands over to it.
    command: &'static str,
    /// Whether it has --user and --token-file, and --verbose for itself.
    has_user: bool,
    /// Why it has no --output.
    speaks: &'static str,
}

/// The console: its readers sign in by themselves.
pub const CONSOLE: Program = Program {
    name: "awgp-console",
    command: "awgp console",
    has_user: false,
    speaks: "the console answers browsers",
};

/// The door for agents.
pub const MCP: Program = Program {
    name: "awgp-mcp",
    command: "awgp mcp",
    has_user: true,
    speaks: "it speaks the Model Context Protocol",
};

/// Becomes the other program. What it returns is why that is not possible.
pub fn run(program: &Program, handed: &Handed, global: &Global) -> Failure {
    let handed_on = match handed_on(program, global) {
        Ok(handed_on) => handed_on,
        Err(failure) => return failure,
    };
    let name = program.name;
    let error = Command::new(place(name)).args(handed_on).args(&handed.arguments).exec();
    if error.kind() == ErrorKind::NotFound {
        return Failure::new(Exit::Unexpected, format!("{name} is not installed")).hint(format!(
            "install it beside `awgp` or on PATH; the packages of AWGP that have awgp have {name} too"
        ));
    }
    Failure::new(Exit::Unexpected, format!("{name} cannot be run: {error}"))
}

/// Beside this program; on PATH where it is not there.
fn place(name: &str) -> PathBuf {
    let beside = env::current_exe().ok().map(|own| own.with_file_name(name)).filter(|path| path.is_file());
    beside.unwrap_or_else(|| name.into())
}

/// The options of every command that the program has too.
fn handed_on(program: &Program, global: &Global) -> Result<Vec<OsString>, Failure> {
    let Global {
        database_url,
        profile,
        fleet,
        member,
        tenant,
        user,
        token_file,
        password,
        no_password,
        verbose,
        utc,
        iso,
        output,
        // It prints no lists.
        no_pager: _,
    } = global;
    for (is_refused, option, instead) in [
        (user.is_some() && !program.has_user, "--user", "for a try, --as USER makes every reader this user"),
        (
            token_file.is_some() && !program.has_user,
            "--token-file",
            "readers sign in by themselves: --issuer, or --bearer",
        ),
        (*password || *no_password, "--password and --no-password", "put the password into ~/.pgpass"),
        (fleet.is_some() || member.is_some(), "--fleet", "it has one database; give that of the member"),
        (*verbose, "--verbose", "`awgp config` shows the connection that is in force"),
        (*utc || *iso, "--utc and --iso", "its readers see times in their own way"),
        (*output != Format::Table, "--output", program.speaks),
    ] {
        if is_refused {
            let text = format!("{} has no {option}", program.command);
            return Err(Failure::new(Exit::Usage, text).hint(instead));
        }
    }
    let given = [
        ("--database-url", database_url.as_ref().map(|url| url.expose().into())),
        ("--profile", profile.as_ref().map(Into::into)),
        ("--tenant", tenant.as_ref().map(Into::into)),
        ("--user", user.as_ref().map(Into::into)),
        ("--token-file", token_file.as_ref().map(Into::into)),
    ];
    let pairs = given
        .into_iter()
        .filter_map(|(option, value): (_, Option<OsString>)| Some([OsString::from(option), value?]));
    Ok(pairs.flatten().collect())
}
