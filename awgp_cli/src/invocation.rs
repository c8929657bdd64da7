//! One call of `awgp`: its server, its context, its output format; and the ways in which a command ends.

use crate::fleet::file::Member;
use crate::opt::{Format, Global, Output};
use crate::{pager, prompt};
use awgp_client::{Context, Effective, Exit, Failure, Ignored, Session, Target, Trouble, Wish};

/// What every command gets.
pub struct Invocation<'a> {
    global: &'a Global,
    effective: &'a Effective,
    member: Option<&'a Member>,
    /// The tenant and the user.
    pub context: Context<'a>,
    /// The output format, for commands with CSV.
    pub format: Format,
    /// The output format, for all others.
    pub output: Output,
}

/// What is in force of the options, a profile and the environment.
pub fn effective(global: &Global) -> Result<Effective, Failure> {
    let wish = Wish {
        database_url: global.database_url.as_ref(),
        profile: global.profile.as_deref(),
        tenant: global.tenant.as_deref(),
        user: global.user.as_deref(),
        token_file: global.token_file.as_deref(),
        fleet: global.fleet.as_deref(),
    };
    Effective::determine(wish, &environment)
}

impl<'a> Invocation<'a> {
    /// Of the options and what is in force.
    pub fn new(global: &'a Global, effective: &'a Effective) -> Self {
        Self {
            global,
            effective,
            member: None,
            context: Context::given(effective.tenant(), effective.user()),
            format: global.output,
            output: global.output.without_csv(),
        }
    }

    /// The same for a member of a fleet, on which `effective` is.
    pub fn on_member(global: &'a Global, effective: &'a Effective, member: &'a Member) -> Self {
        Self { member: Some(member), ..Self::new(global, effective) }
    }

    /// The member of a fleet on which the command runs; None without a fleet.
    pub fn member(&self) -> Option<&Member> {
        self.member
    }

    /// The options that every command takes.
    pub fn global(&self) -> &Global {
        self.global
    }

    /// What is in force.
    pub fn effective(&self) -> &Effective {
        self.effective
    }

    /// The server. Warnings about ignored files go to stderr.
    pub fn target(&self) -> Result<Target, Failure> {
        let target = self.effective.target(&environment)?;
        for warning in target.warnings() {
            eprintln!("warning: {warning}");
        }
        if self.global.verbose {
            eprintln!("note: connecting to {}", target.places());
            for Ignored { name, whose, origin } in self.effective.ignored(&environment)? {
                eprintln!("note: {name} of {origin} is ignored: a parameter of {whose}");
            }
        }
        let target = target.with_prompt(prompt::of(self.global));
        Ok(match self.member {
            Some(member) => target.with_limits(member.connect_timeout, member.patience()),
            None => target,
        })
    }

    /// Runs a command on its own connection.
    pub async fn connected<T>(
        &self,
        command: impl AsyncFnOnce(&mut Session) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        Session::within(&self.target()?, command).await
    }

    /// Runs a command and prints its result; the exit code is 0.
    pub async fn answer(
        &self,
        command: impl AsyncFnOnce(&mut Session) -> Result<String, Trouble>,
    ) -> Result<Exit, Failure> {
        print(&self.connected(command).await?, Exit::Success)
    }

    /// Runs a command whose result is a decision: it is printed, and determines the exit code.
    pub async fn decision(
        &self,
        command: impl AsyncFnOnce(&mut Session) -> Result<(String, Exit), Trouble>,
    ) -> Result<Exit, Failure> {
        let (text, exit) = self.connected(command).await?;
        print(&text, exit)
    }
}

/// Prints the output of a command, and ends it.
pub fn print(text: &str, exit: Exit) -> Result<Exit, Failure> {
    pager::print(text)?;
    Ok(exit)
}

/// A look-up in the environment.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
