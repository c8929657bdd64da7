//! Commands that need no server: their help offers no options for one.

use clap::Command;

/// The commands, each with its path.
const OFFLINE: [&[&str]; 5] = [
    &["audit", "check-proof"],
    &["audit", "keygen"],
    &["audit", "rekey"],
    &["audit", "evidence", "verify"],
    &["audit", "stream", "verify"],
];

/// The options of every command that say which server, and who.
const OF_A_SERVER: [&str; 9] =
    ["database_url", "profile", "fleet", "member", "tenant", "user", "token_file", "password", "no_password"];

/// The command line, built, with what each command needs.
pub fn trimmed(mut command: Command) -> Command {
    // From here on each command has the options of every command too.
    command.build();
    for path in OFFLINE {
        let found = path.iter().try_fold(&mut command, |found, name| found.find_subcommand_mut(name));
        if let Some(found) = found {
            // In its place: the order of commands stays.
            *found = without_server(std::mem::take(found));
        }
    }
    command
}

fn without_server(command: Command) -> Command {
    command.mut_args(|arg| {
        let hides = OF_A_SERVER.contains(&arg.get_id().as_str()) || arg.get_id() == "verbose";
        arg.hide(hides)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opt::Opt;
    use clap::CommandFactory;

    fn command() -> Command {
        trimmed(Opt::command())
    }

    #[test]
    fn the_help_of_what_needs_no_server_offers_none() {
        for path in OFFLINE {
            let help = command().try_get_matches_from([&["awgp"], path, &["--help"]].concat());
            let help = help.expect_err("the help").to_string();
            assert!(help.contains("--output") && help.contains("Examples"), "{help}");
            for option in
                ["--database-url", "--profile", "--tenant", "--token-file", "--password", "--verbose"]
            {
                assert!(!help.contains(option), "{option}: {help}");
            }
        }
        let verify = command().try_get_matches_from(["awgp", "audit", "verify", "--help"]);
        assert!(verify.expect_err("the help").to_string().contains("--database-url"));
        // They are taken all the same: an alias may give them to every command.
        let given = ["awgp", "audit", "keygen", "--tenant", "north", "--name", "x", "--out", "x.key"];
        let error = command().try_get_matches_from(given).err().map(|error| error.to_string());
        assert!(!error.unwrap_or_default().contains("--tenant"));
    }
}
