//! Moves a family from one server to another, step by step.
//!
//! Nothing is remembered here: before each step the records of both servers are read, and
//! [`awgp_core::moving::next`] says what follows. So whoever is killed calls the command again.

use super::carrying;
use super::sides::Side;
use awgp_client::{Exit, Failure, Target, Trouble, Work};
use awgp_core::moving::{self, State, Step};
use serde_json::{Map, Value, json};
use std::time::Instant;
use uuid::Uuid;

/// Where a move may pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Until {
    /// Both servers have the move on record.
    Begun,
    /// The trail is copied; the family works on.
    Copied,
    /// The family's writes are stopped.
    Stopped,
    /// Everything is at the target, and verified.
    Verified,
    /// The source has let go of the family.
    Left,
    /// The family works at the target.
    Arrived,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The family, by slug or id.
    pub family: &'a str,
    /// What the target is called, for those who ask for the family at the source.
    pub called: Option<&'a str>,
    /// Where to pause.
    pub until: Option<Until>,
    /// Undo the move.
    pub back: bool,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Told {
    move_id: Option<Uuid>,
    source: Option<State>,
    target: Option<State>,
    trail_rows: i64,
    stopped_ms: Option<u128>,
    /// Tracked tables of applications.
    pub not_moved: Vec<String>,
    /// Issuers that the family may need, and the target does not know.
    pub missing_providers: Vec<String>,
}

impl Told {
    /// As a row.
    pub fn json(&self) -> Value {
        let mut row = Map::new();
        row.insert("move_id".to_owned(), json!(self.move_id));
        row.insert("source".to_owned(), json!(self.source.map(State::name)));
        row.insert("target".to_owned(), json!(self.target.map(State::name)));
        row.insert("trail_rows".to_owned(), json!(self.trail_rows));
        row.insert("writes_stopped_ms".to_owned(), json!(self.stopped_ms));
        Value::Object(row)
    }
}

/// Moves a family, or undoes its move, or goes on with what was interrupted.
pub async fn move_family(source: &Target, target: &Target, plan: &Plan<'_>) -> Result<Told, Failure> {
    let mut source = Side::open("source", source).await?;
    let mut target = Side::open("target", target).await?;
    let outcome = steps(&mut source, &mut target, plan).await;
    source.close().await;
    target.close().await;
    outcome
}

/// What the two records say.
struct Records {
    family: Uuid,
    /// The move that is under way or the newest one, and how far it is at each side.
    move_id: Option<Uuid>,
    source: Option<State>,
    target: Option<State>,
}

async fn steps(source: &mut Side, target: &mut Side, plan: &Plan<'_>) -> Result<Told, Failure> {
    let mut told = Told::default();
    let mut stopped_since: Option<Instant> = None;
    loop {
        let records = records(source, target, plan.family).await?;
        (told.move_id, told.source, told.target) = (records.move_id, records.source, records.target);
        let step = if plan.back {
            moving::next_back(records.source, records.target)
        } else if told_done(&records) {
            Ok(Step::Done)
        } else {
            moving::next(records.source, records.target)
        };
        let step = step.map_err(|refusal| {
            let detail = refusal.detail();
            Failure::of_reason(refusal.reason, refusal.message).note("detail", detail).hint(refusal.hint)
        })?;
        if step == Step::Done || paused(plan.until, step) {
            return Ok(told);
        }
        let id = records.move_id.unwrap_or_else(Uuid::new_v4);
        let took = match step {
            Step::Begin => begin(source, target, &records, plan).await,
            Step::BeginThere => {
                let facts = facts(source, records.family).await?;
                begin_there(source, target, id, records.family, &facts, &mut told).await
            }
            Step::Copy => {
                told.trail_rows += carrying::trail(source, target, id).await?;
                // What has come meanwhile, so that little is left.
                told.trail_rows += carrying::trail(source, target, id).await?;
                if plan.until == Some(Until::Copied) {
                    return Ok(told);
                }
                stopped_since = Some(Instant::now());
                call(source, "SELECT awgp.move_stop($1::uuid)", id).await
            }
            Step::Rest => {
                told.trail_rows += carrying::trail(source, target, id).await?;
                carrying::rest(source, target, id).await.map(drop)
            }
            Step::Leave => leave(source, target, id).await,
            Step::Arrive => {
                let arrived = arrive(source, target, id).await;
                told.stopped_ms = stopped_since.map(|since| since.elapsed().as_millis());
                arrived
            }
            Step::Clear => call(source, "SELECT awgp.move_clear($1::uuid)", id).await,
            Step::UndoThere => call(target, "SELECT awgp.move_back($1::uuid)", id).await,
            Step::UndoHere => call(source, "SELECT awgp.move_back($1::uuid)", id).await,
            Step::Done => Ok(()),
        };
        if let Err(failure) = took {
            return Err(or_back(source, target, step, id, failure).await);
        }
    }
}

/// A move that has ended is done, and is not begun again.
fn told_done(records: &Records) -> bool {
    (records.source, records.target) == (Some(State::Cleared), Some(State::Active))
}

/// True where the next step is beyond the one to pause at.
fn paused(until: Option<Until>, next: Step) -> bool {
    let reached = match next {
        Step::Copy => Some(Until::Begun),
        Step::Rest => Some(Until::Stopped),
        Step::Leave => Some(Until::Verified),
        Step::Arrive => Some(Until::Left),
        Step::Clear => Some(Until::Arrived),
        _ => None,
    };
    until.is_some() && until == reached
}

/// While writes are stopped and the source has not let go, a step that is refused lets the family work on.
async fn or_back(source: &mut Side, target: &mut Side, step: Step, id: Uuid, failure: Failure) -> Failure {
    let is_refusal = failure.noted("reason").is_some() || failure.noted("constraint").is_some();
    if !is_refusal || !matches!(step, Step::Rest | Step::Leave | Step::BeginThere) {
        return failure.hint("call it again: it goes on");
    }
    let back = "SELECT awgp.move_back($1::uuid)";
    if step != Step::BeginThere && call(target, back, id).await.is_err() {
        return failure.hint("the way back failed too; awgp fleet move FAMILY --back");
    }
    match call(source, back, id).await {
        Ok(()) => failure.hint("the move was undone, and the family works on at the source"),
        Err(_) => failure.hint("the way back failed too; awgp fleet move FAMILY --back"),
    }
}

async fn call(side: &mut Side, sql: &str, id: Uuid) -> Result<(), Failure> {
    side.within(async |work| work.rows(sql, &[&id]).await.map(drop)).await
}

/// The family at the source, by slug or id; one that has left is found by its record.
const FAMILY: &str = "
    SELECT id, place = 0 FROM (
        SELECT id, 0 AS place, now() AS at FROM awgp.tenants WHERE slug = $1::text OR id::text = lower($1::text)
        UNION ALL
        SELECT family_id, 1, began_at FROM awgp.tenant_moves WHERE slug = $1::text OR family_id::text = lower($1::text)
    ) AS found ORDER BY place, at DESC LIMIT 1";

/// The newest move of a family at one side.
const NEWEST: &str = "
    SELECT id, state FROM awgp.tenant_moves WHERE family_id = $1::uuid AND side = $2::text
    ORDER BY began_at DESC LIMIT 1";

/// A move by its id.
const OF_ID: &str = "SELECT id, state FROM awgp.tenant_moves WHERE id = $1::uuid AND side = $2::text";

/// The family's id, by its slug or id.
pub async fn family_of(side: &mut Side, family: &str) -> Result<Uuid, Failure> {
    Ok(found(side, family).await?.0)
}

/// The same, and whether its rows are there.
async fn found(source: &mut Side, family: &str) -> Result<(Uuid, bool), Failure> {
    let found = source
        .within(async |work| {
            let rows = work.rows(FAMILY, &[&family]).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            Ok(Some((row.try_get::<_, Uuid>(0)?, row.try_get::<_, bool>(1)?)))
        })
        .await?;
    found.ok_or_else(|| {
        let message = format!("source: there is no tenant {}", awgp_client::shown::line(family));
        Failure::new(Exit::NotFound, message).hint("awgp tenant list shows the tenants there")
    })
}

async fn records(source: &mut Side, target: &mut Side, family: &str) -> Result<Records, Failure> {
    let (family, is_here) = found(source, family).await?;
    let at_source = source.within(async |work| one(work, NEWEST, family, "source").await).await?;
    let Some((move_id, state)) = at_source else {
        return Ok(Records { family, move_id: None, source: None, target: None });
    };
    let at_target = target.within(async |work| one(work, OF_ID, move_id, "target").await).await?;
    let there = at_target.map(|(_, state)| state);
    // It works here: the next move is another one.
    let was_undone = state == State::Back && matches!(there, None | Some(State::Back));
    if was_undone || (is_here && state == State::Cleared) {
        return Ok(Records { family, move_id: None, source: None, target: None });
    }
    Ok(Records { family, move_id: Some(move_id), source: Some(state), target: there })
}

async fn one(work: &Work<'_>, sql: &str, id: Uuid, side: &str) -> Result<Option<(Uuid, State)>, Trouble> {
    let rows = work.rows(sql, &[&id, &side]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let state: String = row.try_get(1)?;
    Ok(State::of_name(&state).map(|state| (row.get(0), state)))
}

async fn facts(source: &mut Side, family: Uuid) -> Result<Value, Failure> {
    source
        .within(async |work| {
            let rows = work.rows("SELECT awgp.family_facts($1::uuid)", &[&family]).await?;
            Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
        })
        .await
}

const BEGIN: &str = "
    SELECT awgp.move_begin($1::uuid, $2::text, $3::uuid, $4::uuid, $5::text, $6::jsonb)";

/// Records the move at the source. What speaks against it at the target is found before.
async fn begin(
    source: &mut Side,
    target: &mut Side,
    records: &Records,
    plan: &Plan<'_>,
) -> Result<(), Failure> {
    let their_id = install_id(target).await?;
    let called = plan.called.unwrap_or(&target.place).to_owned();
    let id = Uuid::new_v4();
    source
        .within(async |work| {
            let none: Option<Value> = None;
            work.rows(BEGIN, &[&id, &"source", &records.family, &their_id, &called, &none]).await.map(drop)
        })
        .await
}

async fn begin_there(
    source: &mut Side,
    target: &mut Side,
    id: Uuid,
    family: Uuid,
    facts: &Value,
    told: &mut Told,
) -> Result<(), Failure> {
    let texts = |name: &str| -> Vec<String> {
        let list = facts[name].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    };
    told.not_moved = texts("not_moved");
    let our_id: Option<Uuid> = facts["install_id"].as_str().and_then(|id| id.parse().ok());
    let place = source.place.clone();
    let issuers = texts("shared_providers");
    told.missing_providers = target
        .within(async |work| {
            work.rows(BEGIN, &[&id, &"target", &family, &our_id, &place, &Some(facts.clone())]).await?;
            let sql = "SELECT issuer FROM unnest($1::text[]) AS issuer
                       WHERE issuer NOT IN (SELECT known.issuer FROM awgp.identity_providers AS known)";
            let rows = work.rows(sql, &[&issuers]).await?;
            Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
        })
        .await?;
    Ok(())
}

async fn install_id(side: &mut Side) -> Result<Uuid, Failure> {
    let sql = "SELECT (awgp.restored() ->> 'install_id')::uuid";
    side.within(async |work| {
        let rows = work.rows(sql, &[]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
    })
    .await
}

/// What the record of a side keeps: digests at the target, lanes at the source.
async fn kept(side: &mut Side, column: &'static str, id: Uuid) -> Result<Value, Failure> {
    let sql = format!("SELECT {column} FROM awgp.tenant_moves WHERE id = $1::uuid");
    side.within(async |work| {
        let rows = work.rows(&sql, &[&id]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
    })
    .await
}

async fn leave(source: &mut Side, target: &mut Side, id: Uuid) -> Result<(), Failure> {
    let digests = kept(target, "digests", id).await?;
    let sql = "SELECT awgp.move_leave($1::uuid, $2::jsonb)";
    source.within(async |work| work.rows(sql, &[&id, &digests]).await.map(drop)).await
}

async fn arrive(source: &mut Side, target: &mut Side, id: Uuid) -> Result<(), Failure> {
    let lanes = kept(source, "lanes", id).await?;
    let sql = "SELECT awgp.move_arrive($1::uuid, $2::jsonb)";
    target.within(async |work| work.rows(sql, &[&id, &lanes]).await.map(drop)).await
}
