//! What clients do, step by step. A story is of one client and of one tenant; each step is part of a
//! transaction, and the next one comes after it was acknowledged.

mod acting;
mod approving;
mod records;
mod spending;
mod working;

use super::memory::{Fact, TRAIL, event};
use super::stage::Place;
use crate::trail::Dice;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// What a story is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A work item is made, begun and ended.
    Work,
    /// An event of an application's own.
    Event,
    /// Many work items in one statement, and all changed in another.
    Bulk,
    /// Risky work is asked for, voted on twice, escalated or rejected, and begun.
    Approval,
    /// An action begins, ends, or nobody knows, until somebody does.
    Action,
    /// An action is approved with its arguments.
    ApprovedAction,
    /// A cost, which may be reversed.
    Cost,
    /// Money is set aside, and settled or given back.
    Reservation,
    /// A message is authorized.
    Message,
    /// A conversation grows, is flagged, reviewed and ended.
    Conversation,
}

/// Those that a prepared transaction may do: nothing in them notifies, and nobody waits for their rows.
const PREPARABLE: [Kind; 3] = [Kind::Work, Kind::Event, Kind::Bulk];

const ALL: [Kind; 10] = [
    Kind::Work,
    Kind::Event,
    Kind::Bulk,
    Kind::Approval,
    Kind::Action,
    Kind::ApprovedAction,
    Kind::Cost,
    Kind::Reservation,
    Kind::Message,
    Kind::Conversation,
];

/// A story, as far as it has come.
#[derive(Clone, Debug)]
pub struct Story {
    /// What it is about.
    pub kind: Kind,
    /// The tenant, by its place in the stage.
    pub place: usize,
    /// The next step; None where it is over.
    step: Option<u32>,
    /// The row that it is about.
    id: Uuid,
    /// A second one.
    second: Uuid,
}

/// What a transaction has done so far.
#[derive(Default)]
pub struct Draft {
    /// What stays if it commits.
    pub facts: Vec<Fact>,
    /// What was taken back by a savepoint.
    pub taken_back: Vec<Fact>,
}

/// A client within a transaction.
pub struct Turn<'a> {
    /// The connection.
    pub client: &'a Client,
    /// The tenant that it works for.
    pub place: &'a Place,
    /// What the transaction does.
    pub draft: &'a mut Draft,
    /// Its dice.
    pub dice: &'a mut Dice,
    /// The name of what it makes.
    pub name: String,
}

impl Story {
    /// A new one, for any of the tenants.
    pub fn new(dice: &mut Dice, places: usize, prepares: bool) -> Self {
        let kinds: &[Kind] = if prepares { &PREPARABLE } else { &ALL };
        Self {
            kind: kinds[below(dice, kinds.len())],
            place: below(dice, places),
            step: Some(0),
            id: Uuid::nil(),
            second: Uuid::nil(),
        }
    }

    /// Whether nothing more comes.
    pub fn is_over(&self) -> bool {
        self.step.is_none()
    }

    /// Whether a prepared transaction may do its next step.
    pub fn is_preparable(&self) -> bool {
        PREPARABLE.contains(&self.kind)
    }

    /// Does the next step.
    ///
    /// # Errors
    /// What the server says.
    pub async fn go_on(&mut self, turn: &mut Turn<'_>) -> Result<(), Error> {
        let step = self.step.unwrap_or(0);
        self.step = match self.kind {
            Kind::Work => working::work(self, step, turn).await?,
            Kind::Event => working::event(turn).await?,
            Kind::Bulk => working::bulk(self, step, turn).await?,
            Kind::Approval => approving::approval(self, step, turn).await?,
            Kind::Action => acting::action(self, step, turn).await?,
            Kind::ApprovedAction => acting::approved(self, step, turn).await?,
            Kind::Cost => spending::cost(self, step, turn).await?,
            Kind::Reservation => spending::reservation(self, step, turn).await?,
            Kind::Message => records::message(turn).await?,
            Kind::Conversation => records::conversation(self, step, turn).await?,
        };
        Ok(())
    }
}

/// A number below `count`.
pub fn below(dice: &mut Dice, count: usize) -> usize {
    usize::try_from(dice.roll(count as u64)).unwrap_or(0)
}

impl Turn<'_> {
    /// Puts the tenant and its user with this role in context.
    async fn become_user(&self, role: &str) -> Result<(), Error> {
        let sql = "SELECT awgp.set_context($1::uuid, $2::uuid)";
        self.client.execute(sql, &[&self.place.tenant.id, &self.place.tenant.user(role)]).await.map(drop)
    }

    /// Puts the program that runs the assistant in context, and the assistant.
    async fn become_assistant(&self) -> Result<(), Error> {
        let tenant = &self.place.tenant;
        let sql = "SELECT awgp.set_context($1::uuid, $2::uuid, $3::uuid)";
        let parameters: [&(dyn ToSql + Sync); 3] = [&tenant.id, &tenant.user("operator"), &tenant.assistant];
        self.client.execute(sql, &parameters).await.map(drop)
    }

    /// The uuid that a statement returns.
    async fn id(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Uuid, Error> {
        self.client.query_one(sql, parameters).await?.try_get(0)
    }

    /// Runs a statement.
    async fn run(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        self.client.execute(sql, parameters).await
    }

    /// From now on this is so, if the transaction commits.
    fn done(&mut self, table: &'static str, id: Uuid, column: &'static str, value: &str) {
        self.draft.facts.push(Fact { table, id, column, value: value.to_owned() });
    }

    /// The trail has an event of this number with this action, if the transaction commits.
    ///
    /// A number alone would not do: the server may give those of undone transactions once more after a crash.
    /// Every event with one of these actions is somebody's fact.
    fn recorded(&mut self, number: i64, action: &str) {
        let id = event(number);
        self.done(TRAIL, id, "action", action);
    }

    /// One time in so many.
    fn chance(&mut self, one_in: u64) -> bool {
        self.dice.roll(one_in) == 0
    }
}
