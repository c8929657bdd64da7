//! Stands before any MCP server: each call of a tool is an action that AWGP allows or denies, and whose
//! outcome is on the record. docs/mcp.md says what passes and what each outcome means.
//!
//! - [`message`], [`lines`]: messages as they came, read strictly
//! - [`ends`]: what the core knows of a transport; before the client [`stdio`] or [`listen`], before the
//!   server [`child`] or [`remote`]
//! - [`session`]: the core, one client and one server; [`seen`]: what it changes besides calls
//! - [`call`]: one call of a tool; [`asking`]: until it is allowed; [`actions`]: what is said to the
//!   database; [`words`]: what a model reads
//!
//! Everything runs on one thread, so what is shared needs no lock.

mod actions;
mod asking;
mod call;
mod child;
mod ends;
mod lines;
mod listen;
mod message;
mod remote;
mod seen;
mod session;
mod stdio;
mod words;

use crate::gate::Gate;
use crate::opt::{self, Door};
use actions::Report;
use awgp_client::{Exit, Failure};
use session::Ended;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet, LocalSet, spawn_local};
use tokio::time::{Instant, sleep, timeout};

/// How long reports are tried to be delivered: then the time of their action is over anyway.
const REPORTS: Duration = Duration::from_mins(5);
/// The same once the guard ends.
const LAST_REPORTS: Duration = Duration::from_secs(5);
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_secs(10);
/// How long a client may take to read what is left.
const WRITING: Duration = Duration::from_secs(2);
/// How long after the server's end a signal may come that has ended both.
const SIGNAL: Duration = Duration::from_millis(250);
/// Between two tries to listen.
const LISTENING: Duration = Duration::from_secs(10);

/// What all sessions share.
pub struct Guard {
    gate: Rc<Gate>,
    name: Option<String>,
    item: Option<String>,
    costs: Vec<(String, String)>,
    provider: Option<String>,
    wait: Duration,
    timeout: Duration,
    max_calls: usize,
    /// Woken when something has happened to an approval.
    approvals: watch::Sender<()>,
    is_listening: Cell<bool>,
    /// Reports that are on their way.
    reports: watch::Sender<usize>,
    /// Actions whose outcome nobody knows, or could not be reported.
    unknown: Cell<i64>,
}

/// Runs until the client is gone.
pub async fn run(options: &opt::Guard, door: &Door) -> Result<Exit, Failure> {
    LocalSet::new().run_until(run_here(options, door)).await
}

async fn run_here(options: &opt::Guard, door: &Door) -> Result<Exit, Failure> {
    let gate = Rc::new(Gate::new(door, "awgp-mcp guard")?);
    let mut item = options.work_item.map(|id| id.to_string());
    actions::check(&gate, item.as_deref()).await?;
    let assistant = door.assistant.clone().unwrap_or_default();
    if let Some(title) = &options.title {
        let made = actions::make_item(&gate, &assistant, title, options.risk_level).await?;
        eprintln!("awgp mcp guard: work item {made}");
        item = Some(made);
    }
    let guard = Rc::new(Guard {
        gate,
        name: options.name.clone(),
        item,
        costs: options.costs.clone(),
        provider: options.provider.clone(),
        wait: options.wait,
        timeout: options.timeout,
        max_calls: options.max_calls,
        approvals: watch::Sender::new(()),
        is_listening: Cell::new(false),
        reports: watch::Sender::new(0),
        unknown: Cell::new(0),
    });
    let ending = ending();
    let result = match options.listen {
        Some(address) => over_http(&guard, options, address, ending).await,
        None => over_stdio(&guard, options, ending).await,
    };
    guard.settle().await;
    let is_clean = matches!(result, Ok(Ended::ClientGone | Ended::Told));
    guard.end_item(options.title.is_some(), is_clean).await;
    match result? {
        Ended::ClientGone | Ended::Told => Ok(Exit::Success),
        Ended::ServerGone => Err(Failure::new(Exit::Unexpected, "the server has ended before the client")
            .hint("its own messages are above; run its command alone to see why")),
    }
}

/// One client on standard input and output.
async fn over_stdio(
    guard: &Rc<Guard>,
    options: &opt::Guard,
    mut ending: watch::Receiver<bool>,
) -> Result<Ended, Failure> {
    let (server, behind) = Behind::start(options)?;
    let (client, written) = stdio::open(options.max_message);
    let ended = session::run(Rc::clone(guard), client, server, &mut ending).await;
    let ((), written) = tokio::join!(behind.end(), timeout(WRITING, written));
    if written.is_err() {
        eprintln!("awgp mcp guard: the client does not read, and may miss the last messages");
    }
    // A signal to a whole group of processes ends the server too, which may have been heard first.
    if ended == Ended::ServerGone
        && let Ok(Ok(_)) = timeout(SIGNAL, ending.wait_for(|is_ending| *is_ending)).await
    {
        return Ok(Ended::Told);
    }
    Ok(ended)
}

/// Clients over HTTP, until the guard is told to end. Each has a server of its own.
async fn over_http(
    guard: &Rc<Guard>,
    options: &opt::Guard,
    address: SocketAddr,
    mut ending: watch::Receiver<bool>,
) -> Result<Ended, Failure> {
    let (mut clients, served) = listen::open(address, options.max_message, ending.clone()).await?;
    let mut sessions = JoinSet::new();
    loop {
        let client = tokio::select! {
            client = clients.recv() => client,
            _ = ending.wait_for(|is_ending| *is_ending) => None,
            Some(_) = sessions.join_next() => continue,
        };
        let Some(client) = client else { break };
        match Behind::start(options) {
            Ok((server, behind)) => {
                let (guard, mut ending) = (Rc::clone(guard), ending.clone());
                sessions.spawn_local(async move {
                    session::run(guard, client, server, &mut ending).await;
                    behind.end().await;
                });
            }
            // The client hears that its session has ended.
            Err(failure) => eprintln!("{failure}"),
        }
    }
    while sessions.join_next().await.is_some() {}
    drop(clients);
    if timeout(WRITING, served).await.is_err() {
        eprintln!("awgp mcp guard: a client does not read, and may miss the last messages");
    }
    Ok(Ended::Told)
}

/// The server's transport, which is to be ended.
enum Behind {
    Program(child::Server),
    Remote(oneshot::Receiver<()>),
}

impl Behind {
    fn start(options: &opt::Guard) -> Result<(ends::End, Self), Failure> {
        if let Some(url) = &options.url {
            let (end, ended) = remote::start(url, options.server_token_file.clone(), options.max_message)?;
            return Ok((end, Self::Remote(ended)));
        }
        let (end, child) = child::start(&options.server, options.max_message)?;
        Ok((end, Self::Program(child)))
    }

    async fn end(self) {
        match self {
            Self::Program(mut child) => {
                if let Some(how) = child.ended() {
                    eprintln!("awgp mcp guard: the server has ended: {how}");
                }
                child.end().await;
            }
            Self::Remote(ended) => {
                // A server that does not answer ends the session by itself.
                let _ = timeout(WRITING, ended).await;
            }
        }
    }
}

/// Turns true when the guard is told to end.
fn ending() -> watch::Receiver<bool> {
    let (tell, ending) = watch::channel(false);
    let ended = awgp_program::ended();
    spawn_local(async move {
        ended.await;
        let _ = tell.send(true);
        // The sender stays: without it, the receiver would hear an end that is none.
        std::future::pending::<()>().await;
    });
    ending
}

impl Guard {
    /// What a call of this tool costs.
    fn cost(&self, tool: &str) -> Option<&str> {
        let named = self.costs.iter().find(|(name, _)| name == tool);
        let any = || self.costs.iter().find(|(name, _)| name == "*");
        named.or_else(any).map(|(_, amount)| amount.as_str())
    }

    /// Hears when something has happened to an approval. Whoever waits polls besides: connections through a
    /// pooler do not listen.
    fn notified(self: &Rc<Self>) -> impl Future<Output = ()> + use<> {
        if !self.is_listening.replace(true) {
            spawn_local(listen(Rc::clone(self)));
        }
        let mut approvals = self.approvals.subscribe();
        async move {
            // The sender does not go before whoever waits.
            let _ = approvals.changed().await;
        }
    }

    /// Reports how an action ended, as often as it takes. Dropping what this returns does not stop it.
    fn report(self: &Rc<Self>, report: Report) -> JoinHandle<()> {
        self.reports.send_modify(|count| *count += 1);
        let guard = Rc::clone(self);
        spawn_local(async move {
            if !guard.deliver(&report).await || report.outcome == "unknown" {
                guard.unknown.set(guard.unknown.get() + 1);
            }
            guard.reports.send_modify(|count| *count -= 1);
        })
    }

    /// An action of unknown outcome has got one.
    fn is_known_now(&self) {
        self.unknown.set(self.unknown.get() - 1);
    }

    async fn deliver(&self, report: &Report) -> bool {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(200);
        loop {
            let Err(failure) = actions::finish(&self.gate, report).await else { return true };
            // What finish_action() refuses has a reason.
            let may_pass = failure.noted("reason").is_none();
            let action = report.action;
            if !may_pass || begun.elapsed() > REPORTS {
                eprintln!(
                    "awgp mcp guard: the outcome of action {action} ({}) cannot be reported; it becomes unknown: {failure}",
                    report.outcome
                );
                return false;
            }
            eprintln!(
                "awgp mcp guard: the outcome of action {action} ({}) is not reported yet: {}",
                report.outcome, failure.message
            );
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Waits for the reports that are on their way.
    async fn settle(&self) {
        let mut reports = self.reports.subscribe();
        let left = match timeout(LAST_REPORTS, reports.wait_for(|count| *count == 0)).await {
            Ok(_) => return,
            Err(_) => *self.reports.borrow(),
        };
        self.unknown.set(self.unknown.get() + 1);
        eprintln!(
            "awgp mcp guard: {left} actions end without a report: the database cannot be reached. They become \
             unknown when their time is over; a person then says what happened: awgp action reconcile"
        );
    }

    /// Ends the work item, where the guard has made it and everything is known of its actions.
    async fn end_item(&self, is_own: bool, is_clean: bool) {
        let Some(item) = self.item.as_deref().filter(|_| is_own) else { return };
        if !is_clean || self.unknown.get() > 0 {
            eprintln!("awgp mcp guard: work item {item} stays open: not all is known of its actions");
            return;
        }
        match timeout(LAST_REPORTS, actions::end_item(&self.gate, item)).await {
            Ok(Ok(done)) => eprintln!("awgp mcp guard: work item {item}: {done}"),
            Ok(Err(failure)) => eprintln!("awgp mcp guard: work item {item} stays open: {failure}"),
            Err(_) => eprintln!("awgp mcp guard: work item {item} stays open: no answer of the database"),
        }
    }
}

/// Listens for what happens to approvals, as long as the guard runs.
async fn listen(guard: Rc<Guard>) {
    loop {
        if let Ok((session, mut notified)) = guard.gate.listen().await
            && session.client().batch_execute("LISTEN awgp_approvals").await.is_ok()
        {
            while notified.recv().await.is_some() {
                guard.approvals.send_replace(());
            }
        }
        sleep(LISTENING).await;
    }
}
