//! The examples at the end of every command's help.

/// Examples, a line each. A long one goes on in the next line, after a backslash.
macro_rules! examples {
    ($first:literal $(, $more:literal)*) => { concat!("Examples:\n  ", $first $(, "\n  ", $more)*) };
}

#[cfg(test)]
mod tests {
    use crate::opt::Opt;
    use clap::{Command, CommandFactory, Parser};

    /// Every command that does something by itself, with its path.
    fn runnable<'a>(command: &'a Command, path: &str, found: &mut Vec<(String, &'a Command)>) {
        if !command.is_subcommand_required_set() {
            found.push((path.to_owned(), command));
        }
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            runnable(sub, &format!("{path} {}", sub.get_name()), found);
        }
    }

    /// The examples of a command, each in one line.
    fn examples(command: &Command) -> Vec<String> {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let Some(examples) = text.strip_prefix("Examples:\n") else { return Vec::new() };
        examples.replace("\\\n", "").lines().map(|line| line.trim().to_owned()).collect()
    }

    #[test]
    fn every_command_has_examples_that_are_of_itself_and_that_it_accepts() {
        let root = Opt::command();
        let mut commands = Vec::new();
        runnable(&root, "awgp", &mut commands);
        assert!(commands.len() > 100, "{}", commands.len());
        for (path, command) in commands {
            let examples = examples(command);
            assert!(!examples.is_empty(), "{path} has no examples");
            for example in examples {
                assert!(example == path || example.starts_with(&format!("{path} ")), "{path}: {example}");
                let words = shlex::split(&example).expect("closed quotes");
                if let Err(refused) = Opt::try_parse_from(words) {
                    panic!("{example}: {refused}");
                }
            }
        }
    }

    #[test]
    fn every_command_that_makes_something_can_be_tried_and_repeated() {
        let root = Opt::command();
        let mut commands = Vec::new();
        runnable(&root, "awgp", &mut commands);
        let makes = |path: &str| {
            ["create", "add", "apply", "load"].iter().any(|verb| path.ends_with(&format!(" {verb}")))
        };
        let makers: Vec<_> = commands.iter().filter(|(path, _)| makes(path)).collect();
        assert!(makers.len() >= 14, "{}", makers.len());
        for (path, command) in makers {
            for option in ["dry-run", "if-not-exists"] {
                assert!(
                    command.get_arguments().any(|arg| arg.get_long() == Some(option)),
                    "{path} has no --{option}"
                );
            }
        }
    }

    #[test]
    fn no_line_of_an_example_wraps_in_the_help() {
        let root = Opt::command();
        let mut commands = Vec::new();
        runnable(&root, "awgp", &mut commands);
        for (path, command) in commands {
            let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(text.lines().all(|line| line.len() <= 100), "{path}: {text}");
        }
    }
}
