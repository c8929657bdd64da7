//! `awgp audit stream`: every event of the trail, at least once, to whoever keeps logs elsewhere.
//!
//! | file | what it does |
//! |---|---|
//! | [`cursor`] | how far each lane was sent, in a file |
//! | [`reading`] | the events that follow, and the lanes that have some |
//! | [`sink`], [`http`] | where they go, and when they have arrived |
//! | [`stopped`] | why sending has ended |
//! | [`verify`] | whether a receiver's copy is whole |
//!
//! A lane's rows commit in the order of their numbers. So the cursor is a number for each lane: nothing that
//! commits late is passed over, and nothing depends on a clock. The cursor in the file is never before the
//! receiver: what was sent and is not known to have arrived is sent again.

pub mod cursor;
pub mod http;
pub mod reading;
pub mod sink;
pub mod stopped;
pub mod verify;

use crate::following;
use crate::invocation::Invocation;
use crate::missed::Missed;
use crate::opt::{AuditStream, Output, StreamFrom, StreamVerb};
use awgp_client::{Exit, Failure, Session};
use awgp_core::audit::chain::Lane;
use awgp_core::counted::counted;
use cursor::{Cursor, Sent};
use reading::{Lanes, Reader};
use serde_json::json;
use sink::{Arrived, Sink};
use std::time::{Duration, Instant};
use stopped::Stopped;
use tokio::sync::mpsc::Receiver;

/// Between looks for new events where no commit notifies.
const LOOK: Duration = Duration::from_secs(2);
/// Between looks at every lane, whatever seems new.
const LOOK_AT_ALL: Duration = Duration::from_mins(5);
/// After so many events the cursor is stored.
const STORE_EVERY: u64 = 8192;
/// The waits between attempts double from the first to the last.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];
/// So often `--once` tries to reach the receiver.
const ATTEMPTS_ONCE: u32 = 5;

/// Runs the command, or verifies a copy.
pub async fn run(options: &AuditStream, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    if let Some(StreamVerb::Verify(options)) = &options.verb {
        return verify::run(options, invocation);
    }
    let (Some(to), Some(path)) = (&options.to, &options.cursor) else {
        return Err(
            Failure::new(Exit::Usage, "--to and --cursor are missing").hint("see `awgp audit stream --help`")
        );
    };
    let (sink, cursor) = (Sink::of(to, options)?, Cursor::open(path)?);
    let mut stream = Stream {
        reader: Reader::new(invocation.context, options.install_id),
        sink,
        cursor,
        waiting: None,
        sent: 0,
        unstored: 0,
        broken: 0,
        attempts: 0,
    };
    let target = invocation.target()?;
    let streaming = async |session: &mut Session, commits: &mut Receiver<()>| loop {
        match stream.work(session, commits, options).await {
            Ok(()) => return Ok(()),
            Err(Stopped::Trouble(trouble)) => return Err(trouble),
            Err(Stopped::Missed(missed)) => stream.missed(&missed, options.once).await?,
        }
    };
    let exit = following::until_interrupted(&target, streaming).await;
    stream.told(invocation.output);
    let exit = exit?;
    Ok(if exit == Exit::Success && stream.broken > 0 { Exit::Findings } else { exit })
}

/// A stream under way.
struct Stream<'a> {
    reader: Reader<'a>,
    sink: Sink,
    cursor: Cursor,
    /// What was sent by then, where a receiver does not say that it has arrived.
    waiting: Option<(Instant, Sent)>,
    sent: u64,
    /// How many were sent since the cursor was stored last.
    unstored: u64,
    /// How many do not follow what was sent before them.
    broken: u64,
    /// How often the receiver was missed, one after the other.
    attempts: u32,
}

impl Stream<'_> {
    /// Sends what is there and, unless once is enough, what comes.
    async fn work(
        &mut self,
        session: &mut Session,
        commits: &mut Receiver<()>,
        options: &AuditStream,
    ) -> Result<(), Stopped> {
        if options.once {
            self.sweep(session, options).await?;
            self.sink.finish().await?;
            return Ok(self.cursor.store()?);
        }
        // Before the first look, so that no commit falls between.
        session.client().batch_execute("LISTEN awgp_audit").await?;
        loop {
            let swept = Instant::now();
            let mut lanes = self.sweep(session, options).await?;
            while swept.elapsed() < LOOK_AT_ALL {
                following::next(commits, LOOK).await?;
                let moved = lanes.moved(&self.reader, session).await?;
                self.send(session, &lanes, moved).await?;
            }
        }
    }

    /// Looks at every lane, compares it with what was sent, and sends what follows.
    async fn sweep(&mut self, session: &mut Session, options: &AuditStream) -> Result<Lanes, Stopped> {
        let (lanes, heads) = Lanes::all(&self.reader, session).await?;
        lanes.fit(&self.cursor, &heads)?;
        if self.cursor.is_new() {
            let after = if options.from == StreamFrom::Now { heads.clone() } else { Sent::new() };
            self.cursor.begin(lanes.lineage.install_id(), after)?;
        }
        let behind = heads.iter().filter(|(lane, head)| self.cursor.last(**lane) != Some(**head));
        let behind: Vec<Lane> = behind.map(|(lane, _)| *lane).collect();
        self.send(session, &lanes, behind).await?;
        Ok(lanes)
    }

    /// Sends what follows in these lanes.
    async fn send(&mut self, session: &mut Session, lanes: &Lanes, moved: Vec<Lane>) -> Result<(), Stopped> {
        for lane in moved {
            loop {
                let read = self.reader.after(session, lanes, lane, self.cursor.last(lane)).await?;
                let Some(last) = read.last() else { break };
                read.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
                self.sink.send(&read.events).await?;
                (self.attempts, self.broken) = (0, self.broken + read.broken);
                self.cursor.advance(lane, last);
                let count = read.events.len() as u64;
                (self.sent, self.unstored) = (self.sent + count, self.unstored + count);
                if self.unstored >= STORE_EVERY {
                    self.settle()?;
                }
                if !read.is_full {
                    break;
                }
            }
        }
        self.settle()
    }

    /// Stores how much has arrived.
    fn settle(&mut self) -> Result<(), Stopped> {
        self.unstored = 0;
        match (self.sink.arrived()?, self.waiting.take()) {
            (Arrived::All, _) => self.cursor.store()?,
            (Arrived::Before(time), Some((since, sent))) if since.elapsed() >= time => {
                self.cursor.store_earlier(sent)?;
            }
            (Arrived::Before(_), Some(waiting)) => self.waiting = Some(waiting),
            (Arrived::Before(_), None) => self.waiting = Some((Instant::now(), self.cursor.sent().clone())),
        }
        Ok(())
    }

    /// Waits before the next attempt, which sends again what is not known to have arrived.
    async fn missed(&mut self, missed: &Missed, once: bool) -> Result<(), Failure> {
        let Missed { error, retry_after_seconds, is_final } = missed;
        let place = self.sink.place();
        self.attempts += 1;
        if *is_final || (once && self.attempts >= ATTEMPTS_ONCE) {
            let what = format!("{place} has not taken the events: {error}");
            let hint = "what has not arrived is sent again when the stream is started again";
            return Err(Failure::new(Exit::Unexpected, what).hint(hint));
        }
        let [first, last] = WAITS;
        let doubled = first.saturating_mul(1 << (self.attempts - 1).min(16)).min(last);
        let asked = retry_after_seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let wait = asked.map_or(doubled, |seconds| Duration::from_secs(seconds).min(last));
        eprintln!("warning: {place} has not taken the events: {error}; again in {} s", wait.as_secs());
        tokio::time::sleep(wait).await;
        self.waiting = None;
        self.cursor.back();
        self.sink.again();
        Ok(())
    }

    fn told(&self, output: Output) {
        let (sent, broken, place) = (self.sent, self.broken, self.sink.place());
        match output {
            Output::Table => eprintln!("sent {} to {}", counted(sent, "event"), crate::render::cell(&place)),
            Output::Json => {
                let told = json!({"sent_events": sent, "broken_events": broken, "to": place});
                eprintln!("{}", awgp_client::shown::json(&told.to_string()));
            }
        }
    }
}
