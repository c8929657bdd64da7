//! A client: an ordinary login that goes on with its stories until it is told to stop, and remembers what was
//! acknowledged.

use super::faults::limit_memory;
use super::memory::{Attempt, End, Memory, gid};
use super::plan::{Fault, Life};
use super::stage::Stage;
use super::stories::{Draft, Story, Turn, below};
use crate::trail::Dice;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::error::{DbError, Severity};
use tokio_postgres::{Client, Error};

/// How many stories a client tells at once.
const STORIES: usize = 6;
const LEVELS: [&str; 3] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];
/// Beyond what it has with the library, where memory is little.
const LITTLE_MEMORY_KIB: u64 = 2 << 10;

/// A client of a life.
pub struct Writer {
    number: u64,
    prefix: String,
    stage: Arc<Stage>,
    memory: Arc<Memory>,
    life: Life,
    dice: Dice,
    stories: Vec<Story>,
    /// Transactions that are prepared, and their place in the memory.
    prepared: Vec<(String, usize)>,
    begun: u64,
}

/// How a transaction is to end.
#[derive(PartialEq, Eq)]
enum Wanted {
    Commit,
    Rollback,
    Prepare,
}

impl Writer {
    /// The client of this number; what it does follows from the seed.
    pub fn new(number: u64, seed: u64, life: &Life, stage: Arc<Stage>, memory: Arc<Memory>) -> Self {
        Self {
            number,
            prefix: format!("{seed}.{number}"),
            stage,
            memory,
            life: life.clone(),
            dice: Dice::new(seed.wrapping_mul(1009).wrapping_add(number)),
            stories: Vec::new(),
            prepared: Vec::new(),
            begun: 0,
        }
    }

    /// Writes until it is told to stop, or until the connection is lost and may not be taken up again.
    pub async fn run(mut self) {
        while !self.memory.is_over() {
            if let Ok(client) = self.stage.database.try_connect(crate::Login::App).await
                && self.prepare_session(&client).await.is_ok()
            {
                while !client.is_closed() && !self.memory.is_over() {
                    if !self.transaction(&client).await {
                        break;
                    }
                    self.resolve(&client).await;
                }
            }
            if !self.memory.may_return() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn prepare_session(&mut self, client: &Client) -> Result<(), Error> {
        if self.life.timeouts && self.number.is_multiple_of(2) {
            let (statement, lock) = (3 + self.dice.roll(28), 3 + self.dice.roll(28));
            let sql = format!("SET statement_timeout = {statement}; SET lock_timeout = {lock}");
            client.batch_execute(&sql).await?;
        }
        if self.life.fault == Fault::LittleMemory && self.number.is_multiple_of(2) {
            // With the library in it.
            let sql = "SELECT pg_backend_pid(), awgp.version()";
            let pid: i32 = client.query_one(sql, &[]).await?.try_get(0)?;
            limit_memory(pid.unsigned_abs(), LITTLE_MEMORY_KIB);
        }
        Ok(())
    }

    /// One transaction, remembered. False where this connection must not be used any more.
    async fn transaction(&mut self, client: &Client) -> bool {
        let name = format!("{}.{}", self.prefix, self.begun);
        self.begun += 1;
        let since = self.memory.moments();
        let wanted = match self.dice.roll(14) {
            0 => Wanted::Rollback,
            1 if self.life.prepares => Wanted::Prepare,
            _ => Wanted::Commit,
        };
        let mut draft = Draft::default();
        let told = self.tell(client, &name, &wanted, &mut draft).await;
        let (end, told, usable) = match told {
            Ok(told) => self.end(client, &name, &wanted, &draft, told).await,
            Err(error) => {
                self.failed(&error);
                (End::Undone, Vec::new(), client.batch_execute("ROLLBACK").await.is_ok())
            }
        };
        self.continue_with(&end, told);
        let gid = match &end {
            End::Prepared(gid) => Some(gid.clone()),
            _ => None,
        };
        let attempt = Attempt { name, end, since, facts: draft.facts, taken_back: draft.taken_back };
        let place = self.memory.remember(attempt);
        self.prepared.extend(gid.map(|gid| (gid, place)));
        usable
    }

    /// Which stories go on, and from where. Those of a transaction that is prepared, or of which nobody knows
    /// what became of it, do not.
    fn continue_with(&mut self, end: &End, told: Vec<(Option<usize>, Story)>) {
        let mut kept: Vec<Option<Story>> = self.stories.drain(..).map(Some).collect();
        for (place, story) in told {
            let now = if *end == End::Committed { Some(story) } else { None };
            match place {
                Some(place) => kept[place] = now,
                None => kept.push(now),
            }
        }
        self.stories = kept.into_iter().flatten().filter(|story| !story.is_over()).collect();
    }

    /// Steps of some stories, within a transaction: how far each would have come.
    async fn tell(
        &mut self,
        client: &Client,
        name: &str,
        wanted: &Wanted,
        draft: &mut Draft,
    ) -> Result<Vec<(Option<usize>, Story)>, Error> {
        let level = LEVELS[below(&mut self.dice, LEVELS.len())];
        client.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}")).await?;
        let mut told: Vec<(Option<usize>, Story)> = Vec::new();
        for visit in 0..=self.dice.roll(3) {
            let (place, mut story) = self.choose(*wanted == Wanted::Prepare, &told);
            let stage = Arc::clone(&self.stage);
            let mut turn = Turn {
                client,
                place: &stage.places[story.place],
                draft,
                dice: &mut self.dice,
                name: format!("{name}.{visit}"),
            };
            if within_savepoint(&mut story, &mut turn).await? {
                told.push((place, story));
            }
        }
        if self.dice.roll(8) == 0 {
            client.execute("SELECT awgp.flush_audit()", &[]).await?;
        }
        Ok(told)
    }

    /// A story to go on with, or a new one. One that this transaction goes on with already is left alone.
    fn choose(&mut self, prepares: bool, told: &[(Option<usize>, Story)]) -> (Option<usize>, Story) {
        let busy = |place: usize| told.iter().any(|(other, _)| *other == Some(place));
        let fits = |(place, story): (usize, &Story)| {
            (!busy(place) && (!prepares || story.is_preparable())).then_some(place)
        };
        let open: Vec<usize> = self.stories.iter().enumerate().filter_map(fits).collect();
        if open.is_empty() || (self.stories.len() < STORIES && self.dice.roll(3) == 0) {
            return (None, Story::new(&mut self.dice, self.stage.places.len(), prepares));
        }
        let place = open[below(&mut self.dice, open.len())];
        (Some(place), self.stories[place].clone())
    }

    /// Ends the transaction: how, which stories have come how far, and whether the connection is of use.
    async fn end(
        &mut self,
        client: &Client,
        name: &str,
        wanted: &Wanted,
        draft: &Draft,
        told: Vec<(Option<usize>, Story)>,
    ) -> (End, Vec<(Option<usize>, Story)>, bool) {
        if *wanted == Wanted::Rollback {
            let usable = client.batch_execute("ROLLBACK").await.is_ok();
            return (End::Undone, Vec::new(), usable);
        }
        // COMMIT of a transaction that has failed unheard would be answered without an error.
        if let Err(error) = client.batch_execute("SELECT").await {
            self.failed(&error);
            return (End::Undone, Vec::new(), false);
        }
        let prepares = *wanted == Wanted::Prepare;
        let armed = if draft.facts.is_empty() { None } else { self.memory.take_armed(prepares) };
        if let Some((point, before)) = armed {
            let sql = "SELECT public.die_at($1, $2)";
            let before = before.min(i32::try_from(draft.facts.len() / 4).unwrap_or(0));
            if client.execute(sql, &[&point, &before]).await.is_err() {
                self.memory.arm(point, before);
                return (End::Undone, Vec::new(), false);
            }
        }
        let gid = gid(&self.stage.database.name, name);
        let sql = if prepares { format!("PREPARE TRANSACTION '{gid}'") } else { "COMMIT".to_owned() };
        match client.batch_execute(&sql).await {
            Ok(()) => {
                if let Some((point, _)) = armed {
                    // It did not come there so often. Whoever is next dies the first time.
                    self.memory.arm(point, 0);
                }
                let end = if prepares { End::Prepared(gid) } else { End::Committed };
                (end, told, armed.is_none())
            }
            Err(error) => {
                self.failed(&error);
                let end = self.end_of_failed(client, &error, prepares.then_some(gid), armed);
                let told = if end == End::Undone { Vec::new() } else { told };
                (end, told, false)
            }
        }
    }

    /// What is known of a transaction whose COMMIT or PREPARE TRANSACTION was answered by an error, or by
    /// nothing.
    fn end_of_failed(
        &self,
        client: &Client,
        error: &Error,
        gid: Option<String>,
        armed: Option<(&'static str, i32)>,
    ) -> End {
        // A backend that panics, as on a full disk within a COMMIT, says so before it is gone.
        let severity = error.as_db_error().and_then(DbError::parsed_severity);
        let lost = client.is_closed()
            || matches!(severity, Some(Severity::Fatal | Severity::Panic))
            || error.code().is_none_or(|code| code.code().starts_with("57P"));
        match (armed, lost) {
            // The process has died at its point, which no other fault of this life could have done.
            (Some(("committed", _)), true) => End::Committed,
            (Some(("prepared", _)), true) => End::Prepared(gid.unwrap_or_default()),
            (Some(_), true) | (None, false) => End::Undone,
            (Some((point, _)), false) => {
                self.memory.arm(point, 0);
                End::Undone
            }
            (None, true) => gid.map_or(End::InDoubt, End::Preparing),
        }
    }

    /// Resolves what is prepared, one time in three.
    async fn resolve(&mut self, client: &Client) {
        if self.prepared.is_empty() || self.dice.roll(3) > 0 {
            return;
        }
        let (gid, place) = self.prepared.remove(0);
        let commits = self.dice.roll(4) > 0;
        let verb = if commits { "COMMIT" } else { "ROLLBACK" };
        match client.batch_execute(&format!("{verb} PREPARED '{gid}'")).await {
            Ok(()) => self.memory.ended(place, if commits { End::Committed } else { End::Undone }),
            Err(error) => {
                self.failed(&error);
                self.memory.ended(place, End::Resolving(gid, commits));
            }
        }
    }

    fn failed(&self, error: &Error) {
        let code = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
        let retry = ["40001", "40P01"].contains(&code.as_str());
        // A time-out may come between two statements: then the next one hears of it.
        let timeout = self.life.timeouts && ["57014", "55P03", "25P02"].contains(&code.as_str());
        let expected = retry || timeout || self.life.fault.explains(&code);
        self.memory.error(&code, expected, || {
            error
                .as_db_error()
                .map_or_else(|| error.to_string(), |db| format!("{code} {db} {:?}", db.detail()))
        });
    }
}

/// The next step of a story, one time in four inside of a savepoint that is released or rolled back. False
/// where it was taken back.
async fn within_savepoint(story: &mut Story, turn: &mut Turn<'_>) -> Result<bool, Error> {
    if turn.dice.roll(4) > 0 {
        story.go_on(turn).await?;
        return Ok(true);
    }
    let client = turn.client;
    client.batch_execute("SAVEPOINT step").await?;
    let before = turn.draft.facts.len();
    story.go_on(turn).await?;
    if turn.dice.roll(2) == 0 {
        client.execute("SELECT awgp.flush_audit()", &[]).await?;
    }
    if turn.dice.roll(2) == 0 {
        client.batch_execute("ROLLBACK TO SAVEPOINT step").await?;
        let taken_back = turn.draft.facts.split_off(before);
        turn.draft.taken_back.extend(taken_back);
        return Ok(false);
    }
    client.batch_execute("RELEASE SAVEPOINT step").await?;
    Ok(true)
}
