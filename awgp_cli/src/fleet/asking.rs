//! One question to every member, side by side. A member that is dead costs its own time limit, and no more.

use super::file::{Fleet, Member};
use crate::invocation::Invocation;
use crate::opt::Global;
use awgp_client::{Effective, Failure, Session, Trouble};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// What every command on a fleet gets.
#[derive(Clone, Copy)]
pub struct On<'a> {
    /// The members.
    pub fleet: &'a Fleet,
    /// The options of the command line.
    pub global: &'a Global,
    /// The tenant, the user and the token.
    pub effective: &'a Effective,
}

/// What each member answered, or why it did not, in the order of the fleet.
pub struct Answers<'a, T>(pub Vec<(&'a Member, Result<T, Failure>)>);

impl<'a, T> Answers<'a, T> {
    /// The answers; the first failure where a member has none.
    pub fn all(self) -> Result<Vec<(&'a Member, T)>, Failure> {
        self.0
            .into_iter()
            .map(|(member, answer)| Ok((member, answer.map_err(|why| of(member, why))?)))
            .collect()
    }
}

/// The failure of a member, which it names.
pub fn of(member: &Member, mut failure: Failure) -> Failure {
    failure.message = format!("member {}: {}", member.name, failure.message);
    failure
}

/// Asks every member that has families. Nobody is asked for a password: they would be asked all at once.
pub async fn each<'a, T>(
    on: On<'a>,
    ask: impl AsyncFn(&mut Session, &Member) -> Result<T, Trouble>,
) -> Answers<'a, T> {
    let members: Vec<&Member> = on.fleet.primaries().collect();
    each_of(on, &members, ask).await
}

/// The same of these members.
pub async fn each_of<'a, T>(
    on: On<'a>,
    members: &[&'a Member],
    ask: impl AsyncFn(&mut Session, &Member) -> Result<T, Trouble>,
) -> Answers<'a, T> {
    let global = &unasked(on.global);
    let progress = Progress::of(members.len());
    let mut waiting: FuturesUnordered<_> = members
        .iter()
        .enumerate()
        .map(|(place, member)| {
            let ask = &ask;
            async move { (place, *member, one(on, global, member, ask).await) }
        })
        .collect();
    let mut answers = Vec::new();
    while let Some(answer) = waiting.next().await {
        progress.one_more();
        answers.push(answer);
    }
    progress.clear();
    answers.sort_by_key(|(place, ..)| *place);
    Answers(answers.into_iter().map(|(_, member, answer)| (member, answer)).collect())
}

async fn one<T>(
    on: On<'_>,
    global: &Global,
    member: &Member,
    ask: &impl AsyncFn(&mut Session, &Member) -> Result<T, Trouble>,
) -> Result<T, Failure> {
    let effective = on.effective.on_member(&member.name, member.profile());
    let target = Invocation::on_member(global, &effective, member).target()?;
    Session::within(&target, async |session| ask(session, member).await).await
}

/// The options of a command that asks for no password.
pub fn unasked(global: &Global) -> Global {
    Global { password: false, no_password: true, ..global.clone() }
}

/// How many members have answered, on stderr and only on a terminal.
pub struct Progress(ProgressBar);

impl Progress {
    /// Of so many members.
    pub fn of(members: usize) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(members as u64), target);
        let style = ProgressStyle::with_template("{pos} of {len} members  {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// Another one has answered, or has failed.
    pub fn one_more(&self) {
        self.0.inc(1);
    }

    /// Removes it from the screen.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}
