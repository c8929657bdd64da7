//! The question before what cannot be undone.
//!
//! A command asks where it destroys something, takes it away for good, or lets something through for others.
//! On a terminal it shows what it is about, and asks; elsewhere it needs `--yes`. What only reports a fact
//! (work is done, a conversation has ended, money is spent) never asks: programs report it.

use crate::opt::Sure;
use awgp_client::{Exit, Failure};
use std::io::{self, BufRead, IsTerminal, Write};

/// A question, and the command that asks it.
#[derive(Debug)]
pub struct Question {
    /// The command.
    pub command: &'static str,
    doing: &'static str,
    look: &'static str,
    /// What is so afterwards; empty where the command itself shows it.
    after: &'static str,
    asks: &'static str,
    undone: &'static str,
}

/// `awgp approval approve`
pub const APPROVE: Question = Question {
    command: "approval approve",
    doing: "approving",
    look: "awgp approval show ID",
    after: "",
    asks: "approve this?",
    undone: "not approved",
};
/// `awgp approval break-glass`
pub const BREAK_GLASS: Question = Question {
    command: "approval break-glass",
    doing: "breaking glass",
    look: "awgp approval show ID",
    after: "",
    asks: "approve this alone?",
    undone: "not approved",
};
/// `awgp audit erase-subject`
pub const ERASE_SUBJECT: Question = Question {
    command: "audit erase-subject",
    doing: "erasing a person",
    look: "awgp audit erase-subject SUBJECT --reason REASON --dry-run",
    after: "What can be erased is gone for good.",
    asks: "erase it?",
    undone: "not erased",
};
/// `awgp conversation erase`
pub const ERASE: Question = Question {
    command: "conversation erase",
    doing: "erasing",
    look: "awgp conversation show ID",
    after: "Its messages are gone for good.",
    asks: "erase it?",
    undone: "not erased",
};
/// `awgp fleet move`
pub const MOVE: Question = Question {
    command: "fleet move",
    doing: "moving a family",
    look: "awgp tenant show FAMILY",
    after: "It works there then, and its rows here are deleted.",
    asks: "move it?",
    undone: "not moved",
};
/// `awgp fleet plan --apply`
pub const APPLY: Question = Question {
    command: "fleet plan",
    doing: "moving families",
    look: "awgp fleet plan",
    after: "Each works there then, and its rows where it was are deleted.",
    asks: "move them?",
    undone: "not moved",
};
/// `awgp import`
pub const IMPORT: Question = Question {
    command: "import",
    doing: "importing",
    look: "awgp import --dry-run",
    after: "",
    asks: "import this?",
    undone: "not imported",
};
/// `awgp installation adopt`
pub const ADOPT: Question = Question {
    command: "installation adopt",
    doing: "adopting",
    look: "awgp installation show",
    after: "From now on it is another one, and nothing takes that back.",
    asks: "adopt it?",
    undone: "not adopted",
};
/// `awgp partition retire`
pub const RETIRE: Question = Question {
    command: "partition retire",
    doing: "retiring a month",
    look: "awgp partition list",
    after: "It leaves the trail, and its table may be dropped. Only its table or its export restores it.",
    asks: "retire it?",
    undone: "not retired",
};
/// `awgp policy delete`
pub const DELETE_POLICY: Question = Question {
    command: "policy delete",
    doing: "deleting a policy",
    look: "awgp policy show NAME",
    after: "Messages that only it allows are denied from now on. `awgp policy deactivate` can be undone.",
    asks: "delete it?",
    undone: "not deleted",
};
/// `awgp provider remove`
pub const REMOVE_PROVIDER: Question = Question {
    command: "provider remove",
    doing: "removing a provider",
    look: "awgp provider list",
    after: "Its keys are gone, and its tokens refused. `awgp provider deactivate` can be undone.",
    asks: "remove it?",
    undone: "not removed",
};
/// `awgp user erase`
pub const ERASE_USER: Question = Question {
    command: "user erase",
    doing: "erasing a person",
    look: "awgp user erase USER --reason REASON --dry-run",
    after: "What can be erased is gone for good, and the user is inactive.",
    asks: "erase it?",
    undone: "not erased",
};
/// `awgp tenant export`
pub const EXPORT: Question = Question {
    command: "tenant export",
    doing: "exporting a family that leaves",
    look: "awgp tenant show FAMILY",
    after: "Its rows here are deleted, and the file is the only place that has them.",
    asks: "let it leave?",
    undone: "not exported",
};
/// `awgp work cancel`
pub const CANCEL: Question = Question {
    command: "work cancel",
    doing: "cancelling work",
    look: "awgp work show ID",
    after: "It never begins again, and an approval that waits for it is withdrawn.",
    asks: "cancel it?",
    undone: "not cancelled",
};

/// Every question there is. docs/lists.md lists them.
pub const ALL: [&Question; 14] = [
    &APPROVE,
    &BREAK_GLASS,
    &ERASE_SUBJECT,
    &ERASE,
    &MOVE,
    &APPLY,
    &IMPORT,
    &ADOPT,
    &RETIRE,
    &DELETE_POLICY,
    &REMOVE_PROVIDER,
    &ERASE_USER,
    &EXPORT,
    &CANCEL,
];

impl Question {
    /// Whether to ask. Refuses where there is no terminal to ask on.
    pub fn is_asked(&self, sure: &Sure) -> Result<bool, Failure> {
        if sure.yes {
            return Ok(false);
        }
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            return Ok(true);
        }
        let message = format!("{} needs a confirmation, and there is no terminal to ask on", self.doing);
        Err(Failure::new(Exit::Usage, message)
            .hint(format!("look at it with `{}`, then add --yes", self.look)))
    }

    /// Shows what it is about and asks. Every answer but yes declines, with an exit code of its own.
    pub fn ask(&self, shown: &str) -> Result<(), Failure> {
        let after = if self.after.is_empty() { String::new() } else { format!("{}\n", self.after) };
        let mut stderr = io::stderr().lock();
        let asked = write!(stderr, "{shown}{after}{} [y/N] ", self.asks).and_then(|()| stderr.flush());
        let mut answer = String::new();
        let read = asked.and_then(|()| io::stdin().lock().read_line(&mut answer));
        read.map_err(|error| Failure::new(Exit::Unexpected, format!("the answer cannot be read: {error}")))?;
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::new(Exit::Declined, self.undone).hint("nothing was changed"))
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::opt::Opt;
    use clap::{Command, CommandFactory};

    /// The commands that have --yes, with their nouns.
    fn with_yes(command: &Command, path: &str) -> Vec<String> {
        let mut found: Vec<String> = command
            .get_arguments()
            .filter(|arg| arg.get_long() == Some("yes"))
            .map(|_| path.to_owned())
            .collect();
        for sub in command.get_subcommands() {
            found.extend(with_yes(sub, format!("{path} {}", sub.get_name()).trim()));
        }
        found
    }

    #[test]
    fn every_question_belongs_to_a_command_with_yes_and_no_other_command_has_it() {
        let mut asking = ALL.map(|question| question.command.to_owned()).to_vec();
        let mut offering = with_yes(&Opt::command(), "");
        asking.sort();
        offering.sort();
        assert_eq!(asking, offering);
    }

    #[test]
    fn the_documentation_lists_the_commands_that_ask() {
        let page = include_str!("../../docs/lists.md");
        let section = page.split("## What cannot be undone").nth(1).expect("a section");
        let section = section.split("\n## ").next().unwrap_or_default();
        let listed: Vec<&str> =
            section.lines().filter_map(|line| line.strip_prefix("| `awgp ")?.split('`').next()).collect();
        assert_eq!(listed, ALL.map(|question| question.command));
    }
}
