//! One call of `awgp`: its server, its context, its output format; and the ways in which a command ends.

use crate::opt::{Format, Global, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Target, Token, Trouble};

/// What every command gets.
pub struct Invocation<'a> {
    global: &'a Global,
    token: Option<Token>,
    /// The tenant and the user.
    pub context: Context<'a>,
    /// The output format, for commands with CSV.
    pub format: Format,
    /// The output format, for all others.
    pub output: Output,
}

impl<'a> Invocation<'a> {
    /// Reads the options and the environment.
    pub fn of(global: &'a Global) -> Result<Self, Failure> {
        Ok(Self {
            global,
            token: Token::read(global.token_file.as_deref(), &environment)?,
            context: Context::given(global.tenant.as_deref(), global.user.as_deref()),
            format: global.output,
            output: global.output.without_csv(),
        })
    }

    /// The server. Warnings about ignored files go to stderr.
    pub fn target(&self) -> Result<Target, Failure> {
        let target = Target::resolve(self.global.database_url.as_ref(), &environment)?;
        for warning in target.warnings() {
            eprintln!("warning: {warning}");
        }
        Ok(target.with_token(self.token.clone()))
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
    render::print(text).map_err(|error| Failure::new(Exit::Unexpected, format!("stdout: {error}")))?;
    Ok(exit)
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
