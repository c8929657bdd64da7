//! The server's own client programs, run beside a test.

use crate::{Database, Login};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A client program of the server's version: from the folder of `AWGP_PG_CONFIG` where that is set, from PATH
/// otherwise.
pub fn program(name: &str) -> Command {
    let path = match std::env::var_os("AWGP_PG_CONFIG") {
        Some(pg_config) => {
            let output = Command::new(pg_config).arg("--bindir").output().expect("pg_config runs");
            PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join(name)
        }
        None => PathBuf::from(name),
    };
    Command::new(path)
}

/// Runs a client program on a database as the superuser, with nothing on its standard input, and returns what
/// it wrote. Fails where the program fails.
pub fn run(name: &str, database: &Database, arguments: &[&str]) -> String {
    let output = program(name)
        .arg("--dbname")
        .arg(database.url(Login::Superuser))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{name} is not here: {error}; set AWGP_PG_CONFIG"));
    assert!(output.status.success(), "{name} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// Restores a dump with two jobs: first every row, then what guards them. At once, pg_restore may make the
/// guard of the trail, a trigger of a partitioned table, while another job loads a month.
pub fn restore_in_parallel(database: &Database, file: &str) {
    for sections in [&["--section=pre-data", "--section=data"][..], &["--section=post-data"]] {
        run("pg_restore", database, &[sections, &["--jobs=2", "--exit-on-error", file]].concat());
    }
}

/// What a command says, with nothing on its standard input. Fails where the command fails.
pub fn output_of(command: &mut Command) -> String {
    let output = finished(command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        shortened(&output.stdout),
        shortened(&output.stderr)
    );
    said
}

/// A program may print a line of itself that is a whole library.
fn shortened(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    said.lines().map(|line| line.chars().take(300).chain(['\n']).collect::<String>()).collect()
}

/// What a command says that has to fail.
pub fn failure_of(command: &mut Command) -> String {
    let output = finished(command);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!output.status.success(), "{command:?} has to fail: {said}");
    said
}

fn finished(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/setup"))
}

/// A folder of a test's own; gone when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it, named after the database.
    pub fn new(database: &Database) -> Self {
        let path = std::env::temp_dir().join(&database.name);
        std::fs::create_dir_all(&path).expect("a folder can be made");
        Self(path)
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind in the system's temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
