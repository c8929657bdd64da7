//! One call of `awgp`: where it goes, as whom, how it prints; and the few ways in which a command ends.

use crate::opt::{Format, Global, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Target, Token, Trouble};

/// What every command is called with.
pub struct Invocation<'a> {
    global: &'a Global,
    token: Option<Token>,
    /// In which tenant, and as which user.
    pub context: Context<'a>,
    /// How it prints, where it has CSV.
    pub format: Format,
    /// How it prints otherwise.
    pub output: Output,
}

impl<'a> Invocation<'a> {
    /// Reads what the options and the environment say.
    pub fn of(global: &'a Global) -> Result<Self, Failure> {
        Ok(Self {
            global,
            token: Token::read(global.token_file.as_deref(), &environment)?,
            context: Context::given(global.tenant.as_deref(), global.user.as_deref()),
            format: global.output,
            output: global.output.without_csv(),
        })
    }

    /// The server. Files that are ignored on the way are told on stderr.
    pub fn target(&self) -> Result<Target, Failure> {
        let target = Target::resolve(self.global.database_url.as_ref(), &environment)?;
        for warning in target.warnings() {
            eprintln!("warning: {warning}");
        }
        Ok(target.with_token(self.token.clone()))
    }

    /// Runs a command on a connection of its own.
    pub async fn connected<T>(
        &self,
        command: impl AsyncFnOnce(&mut Session) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        Session::within(&self.target()?, command).await
    }

    /// Runs a command that ends well when it ends, and prints its answer.
    pub async fn answer(
        &self,
        command: impl AsyncFnOnce(&mut Session) -> Result<String, Trouble>,
    ) -> Result<Exit, Failure> {
        print(&self.connected(command).await?, Exit::Success)
    }

    /// Runs a command whose answer is a decision: it is printed, and the exit code says which it was.
    pub async fn decision(
        &self,
        command: impl AsyncFnOnce(&mut Session) -> Result<(String, Exit), Trouble>,
    ) -> Result<Exit, Failure> {
        let (text, exit) = self.connected(command).await?;
        print(&text, exit)
    }
}

/// Prints what a command has to say, and ends it so.
pub fn print(text: &str, exit: Exit) -> Result<Exit, Failure> {
    render::print(text).map_err(|error| Failure::new(Exit::Unexpected, format!("stdout: {error}")))?;
    Ok(exit)
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
