//! The loops that claim and send.

use super::file::{Target, Targets, Way};
use super::notice::{CLAIM, Notice};
use crate::following::heard;
use crate::invocation::{Invocation, print};
use crate::missed::Missed;
use crate::opt::{Notify, Output};
use crate::render;
use awgp_client::{Exit, Failure, Session, Trouble, shown};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::SignalKind;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The channel on which a commit with notices notifies.
const CHANNEL: &str = "awgp_outbox";

/// How long a claimed notice is this process's own: more than twice as long as an attempt may take.
const LEASE_SECONDS: i32 = 60;

/// What one target's loop has done.
#[derive(Clone, Copy, Default)]
struct Tally {
    delivered: u64,
    failed: u64,
    dead: u64,
}

/// What every loop has.
struct Shared {
    session: Session,
    console: Option<String>,
    once: bool,
    every: Duration,
    parallel: i32,
}

/// Delivers what is due, once or until a signal comes.
pub async fn deliver(
    targets: Targets,
    options: &Notify,
    invocation: &Invocation<'_>,
) -> Result<Exit, Failure> {
    let (session, mut commits) = Session::open_to_listen(&invocation.target()?).await?;
    let shared = Arc::new(Shared {
        session,
        console: targets.console,
        once: options.once,
        every: Duration::from_secs(options.every),
        parallel: options.parallel,
    });
    let (look, looks) = watch::channel(());
    let (stop, stopped) = watch::channel(false);
    let names: Vec<String> = targets.targets.iter().map(|target| target.name.clone()).collect();
    let outcome = async {
        // Heard before anything is begun, and all the while.
        let (mut terminated, mut interrupts) =
            (heard(SignalKind::terminate())?, heard(SignalKind::interrupt())?);
        tokio::select! {
            begun = begin(&shared, &names, options.retry_dead) => begun?,
            _ = interrupts.recv() => return Ok((Vec::new(), true)),
            _ = terminated.recv() => return Ok((Vec::new(), false)),
        }
        let mut loops = JoinSet::new();
        for target in targets.targets {
            let (shared, looks, stopped) = (shared.clone(), looks.clone(), stopped.clone());
            loops.spawn(async move {
                let name = target.name.clone();
                (name, serve(&shared, &Arc::new(target), looks, stopped).await)
            });
        }
        let (mut tallies, mut interrupted) = (Vec::new(), false);
        loop {
            tokio::select! {
                done = loops.join_next() => match done {
                    None => break,
                    Some(Ok((name, tally))) => tallies.push((name, tally?)),
                    Some(Err(error)) => return Err(Failure::new(Exit::Unexpected, error.to_string()).into()),
                },
                commit = commits.recv() => {
                    if commit.is_none() {
                        return Err(closed().into());
                    }
                    let _ = look.send(());
                }
                _ = interrupts.recv() => { interrupted = true; let _ = stop.send(true); }
                _ = terminated.recv() => { let _ = stop.send(true); }
            }
        }
        tallies.sort_by(|one, other| one.0.cmp(&other.0));
        Ok((tallies, interrupted))
    }
    .await;
    let outcome = match outcome {
        Ok(done) => Ok(done),
        Err(trouble) => Err(shared.session.explain(trouble).await),
    };
    // Loops that an error has left behind keep it until the program ends.
    if let Some(alone) = Arc::into_inner(shared) {
        alone.session.close().await;
    }
    let (tallies, interrupted) = outcome?;
    end(&tallies, interrupted, options.once, invocation.output)
}

/// Before the first look, so that no commit falls between.
async fn begin(shared: &Shared, names: &[String], retry_dead: bool) -> Result<(), Trouble> {
    let client = shared.session.client();
    if !shared.once {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    }
    if retry_dead {
        for name in names {
            client.execute("SELECT awgp.retry_notices($1::text)", &[name]).await?;
        }
    }
    Ok(())
}

fn closed() -> Failure {
    Failure::new(Exit::NoConnection, "the server closed the connection")
        .hint("look in the server's log, then start `awgp notify` again; no notice is lost")
}

fn end(tallies: &[(String, Tally)], interrupted: bool, once: bool, output: Output) -> Result<Exit, Failure> {
    let missed = tallies.iter().any(|(_, tally)| tally.failed + tally.dead > 0);
    let exit = match (interrupted, once && missed) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Success,
    };
    let text = match output {
        Output::Table => {
            let row = |(name, tally): &(String, Tally)| {
                vec![
                    render::cell(name),
                    tally.delivered.to_string(),
                    tally.failed.to_string(),
                    tally.dead.to_string(),
                ]
            };
            render::grid(&["target", "delivered", "to retry", "dead"], tallies.iter().map(row).collect())
        }
        Output::Json => {
            let object = |(name, tally): &(String, Tally)| json!({"target": name, "delivered": tally.delivered, "failed": tally.failed, "dead": tally.dead});
            render::pretty(&tallies.iter().map(object).collect::<Vec<_>>())
        }
    };
    print(&text, exit)
}

/// The loop of one target.
async fn serve(
    shared: &Arc<Shared>,
    target: &Arc<Target>,
    mut looks: watch::Receiver<()>,
    mut stopped: watch::Receiver<bool>,
) -> Result<Tally, Trouble> {
    let mut tally = Tally::default();
    while !*stopped.borrow() {
        looks.mark_unchanged();
        let claimed = claim(shared, target).await?;
        if claimed.is_empty() {
            if shared.once {
                break;
            }
            tokio::select! {
                changed = looks.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(shared.every) => {}
                _ = stopped.changed() => {}
            }
            continue;
        }
        let mut attempts = JoinSet::new();
        for notice in claimed {
            let (shared, target) = (shared.clone(), target.clone());
            attempts.spawn(async move { attempt(&shared, &target, &notice).await });
        }
        while let Some(done) = attempts.join_next().await {
            let status = done.map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))??;
            match status {
                Became::Delivered => tally.delivered += 1,
                Became::Waiting => tally.failed += 1,
                Became::Dead => tally.dead += 1,
                Became::AnothersCase => {}
            }
        }
    }
    Ok(tally)
}

async fn claim(shared: &Shared, target: &Target) -> Result<Vec<Notice>, Trouble> {
    let rows =
        shared.session.client().query(CLAIM, &[&target.name, &shared.parallel, &LEASE_SECONDS]).await?;
    Ok(rows.iter().map(Notice::of).collect::<Result<_, _>>()?)
}

/// What became of a notice.
enum Became {
    Delivered,
    Waiting,
    Dead,
    /// It was settled or claimed again meanwhile.
    AnothersCase,
}

/// One attempt, and what the server is told of it.
async fn attempt(shared: &Shared, target: &Arc<Target>, notice: &Notice) -> Result<Became, Trouble> {
    let client = shared.session.client();
    let missed = match send(shared.console.as_deref(), target, notice).await {
        Ok(()) => {
            client.execute("SELECT awgp.notice_delivered($1::uuid)", &[&notice.id]).await?;
            return Ok(Became::Delivered);
        }
        Err(missed) => missed,
    };
    let sql = "SELECT awgp.notice_failed($1::uuid, $2::integer, $3::text, $4::integer, $5::boolean)";
    let row = client
        .query_one(
            sql,
            &[&notice.id, &notice.attempt, &missed.error, &missed.retry_after_seconds, &missed.is_final],
        )
        .await?;
    let status: Option<String> = row.try_get(0)?;
    let (next, became) = match status.as_deref() {
        Some("waiting") => ("it is tried again", Became::Waiting),
        Some("dead") => ("it is a dead letter", Became::Dead),
        _ => ("another process has it", Became::AnothersCase),
    };
    eprintln!(
        "warning: notice {} to {}: {} at attempt {}; {next}",
        notice.id,
        target.name,
        shown::line(&missed.error),
        notice.attempt
    );
    Ok(became)
}

/// Sends a notice to a target, once.
pub async fn send(console: Option<&str>, target: &Arc<Target>, notice: &Notice) -> Result<(), Missed> {
    if let Some(tenants) = &target.tenants
        && !notice.tenant.as_ref().is_some_and(|tenant| tenants.contains(tenant))
    {
        return Err(Missed::for_good("tenant_not_allowed"));
    }
    match &target.way {
        Way::Mail(mail) => {
            // The transport's own bound is for each answer.
            let sent = tokio::time::timeout(target.timeout, mail.send(notice, console)).await;
            sent.unwrap_or_else(|_| Err(Missed::again("timeout")))
        }
        Way::Webhook(hook) => {
            let (hook, notice, console) = (hook.clone(), notice.clone(), console.map(str::to_owned));
            let sent = tokio::task::spawn_blocking(move || hook.send(&notice, console.as_deref())).await;
            sent.unwrap_or_else(|_| Err(Missed::again("interrupted")))
        }
    }
}
