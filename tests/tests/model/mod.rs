//! Random calls, legal and illegal, from several sessions, against a model of AWGP in plain Rust: every
//! answer, every row and every balance is what the model says.
//!
//! - [`calls`]: the calls, as SQL, and how they are drawn
//! - [`world`]: the model, of work and messages; [`approvals`], [`actions`] and [`money`] are parts of it
//! - [`found`]: the rows of the server in the words of the model
//! - [`meeting`]: two sessions at a time
//!
//! `AWGP_MODEL_CASES` and `AWGP_MODEL_SEED` draw more and others; `make model CASES=2000 SEED=7`.

#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "a test's own model, which panics where it fails"
)]

mod actions;
mod approvals;
mod calls;
mod found;
mod meeting;
mod money;
mod world;

use awgp_tests::fixture::{Tenant, tenant};
use awgp_tests::{Database, Login, refused};
use calls::{Call, Step, Who, amount, capabilities, step};
use money::{DAYS, Money, POOL};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use uuid::Uuid;
use world::{Assistant, CHARACTERS, MESSAGES, Outcome, World};

/// How many sessions a case has.
const SESSIONS: usize = 3;

/// Cases of a test in the suite.
const CASES: u32 = 16;

/// A database in which each case makes a tenant of its own.
pub struct Scene {
    pub database: Database,
    pub superuser: Client,
    tenants: AtomicU32,
}

impl Scene {
    pub async fn new() -> Self {
        let database = Database::new().await;
        let superuser = database.superuser().await;
        // The ledger's day is one day, however late it is.
        let sql = format!("ALTER DATABASE {} SET awgp.accounting_time = '{{}}'", database.name);
        let now: String = superuser.query_one("SELECT now()::text", &[]).await.expect("a clock").get(0);
        superuser.batch_execute(&sql.replace("{}", &now)).await.expect("a superuser sets the clock");
        Self { database, superuser, tenants: AtomicU32::new(0) }
    }

    /// A tenant, as the model begins.
    pub async fn world(&self) -> (Uuid, World) {
        let slug = format!("m{}", self.tenants.fetch_add(1, Ordering::Relaxed));
        let (mut admin, mut app) = (self.database.admin().await, self.database.app().await);
        let Tenant { id, mut users, assistant, work_item, .. } =
            tenant(&mut admin, &mut app, &slug, "holding", None).await;
        let settings =
            r#"{"approval_policy": {"quorum": {"4": 2}}, "action_policy": {"approval_for": ["wire"]}}"#;
        let sql = format!("UPDATE awgp.tenants SET settings = '{settings}' WHERE id = '{id}'");
        admin.batch_execute(&sql).await.expect("the policies are set");
        let row = |sql: String| async {
            let sql = sql;
            app.query_one(&sql, &[])
                .await
                .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
                .get::<_, Uuid>(0)
        };
        app.batch_execute(&format!("SET app.current_tenant = '{id}'")).await.expect("the context is set");
        users.push(row(format!("SELECT id FROM awgp.create_user('second@{slug}.example', 'manager')")).await);
        let other = row("SELECT id FROM awgp.create_assistant('Other', 'other', 'custom')".to_owned()).await;
        row(format!("SELECT id FROM awgp.create_credit_pool('openai', {})", amount(POOL))).await;
        let rules = format!(r#"{{"max_length": {CHARACTERS}}}"#);
        row(format!(
            "SELECT id FROM awgp.create_policy('m', '{{custom}}', '{{custom}}', '{{slack}}', content_rules => '{rules}',
                                               rate_limit_per_hour => {MESSAGES})"
        ))
        .await;
        let mut assistants = Vec::new();
        for (number, (of, tier)) in [(assistant, 2), (other, 5)].into_iter().enumerate() {
            let sql = format!(
                "UPDATE awgp.assistants SET status = 'active', risk_tier = {tier}, capabilities = '{}',
                        max_cost_per_day = {} WHERE id = '{of}'",
                capabilities(false),
                amount(DAYS[number])
            );
            app.batch_execute(&sql).await.expect("an assistant is set up");
            assistants.push(Assistant { id: of, status: "active", tier, less: false });
        }
        let first = world::Item {
            id: work_item,
            assistant: 0,
            risk: None,
            title: false,
            status: "backlog",
            asked: None,
            pinned: None,
            creator: None,
        };
        app.batch_execute("UPDATE awgp.work_items SET title = 'a'")
            .await
            .expect("the first item has the title");
        let world = World {
            users,
            assistants,
            items: vec![first],
            approvals: Vec::new(),
            delegations: Vec::new(),
            actions: Vec::new(),
            money: Money::default(),
            messages: 0,
        };
        (id, world)
    }

    pub async fn sessions(&self, count: usize) -> Vec<Client> {
        let mut sessions = Vec::new();
        for _ in 0..count {
            sessions.push(self.database.app().await);
        }
        sessions
    }

    /// Makes the call in the open transaction, and says what came of it; an error leaves the transaction as
    /// it was.
    pub async fn ask(
        &self,
        session: &Client,
        call: &Call,
        world: &World,
        spelling: usize,
    ) -> (Outcome, [Option<Uuid>; 2]) {
        let sql = call.sql(world, spelling);
        if call.is_superusers() {
            return (self.as_superuser(&sql).await, [None, None]);
        }
        session.batch_execute("SAVEPOINT before").await.expect("a savepoint");
        let answer = session.query_one(&sql, &[]).await;
        match answer {
            Ok(row) => {
                session.batch_execute("RELEASE before").await.expect("it is kept");
                (Ok(row.get(0)), [row.get(1), row.get(2)])
            }
            Err(error) => {
                session.batch_execute("ROLLBACK TO before").await.expect("it is undone");
                let told = refused::<()>(Err(error));
                assert!(told.code != "XX000", "{sql}: {told:?}");
                let reason = told.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
                (Err(format!("{}{reason}", told.code)), [None, None])
            }
        }
    }

    async fn as_superuser(&self, sql: &str) -> Outcome {
        let sql = format!("BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT");
        let rows = self.superuser.simple_query(&sql).await.expect("a superuser may");
        let changed = rows.iter().any(|row| matches!(row, tokio_postgres::SimpleQueryMessage::Row(_)));
        if changed { world::done() } else { world::no("nothing") }
    }
}

/// Begins a transaction with this context.
pub async fn begin(session: &Client, tenant: Uuid, world: &World, who: Who) {
    let text = |id: Option<Uuid>| id.map_or("NULL".to_owned(), |id| format!("'{id}'"));
    let user = text(who.user.map(|user| world.users[user]));
    let assistant = text(who.assistant.map(|assistant| world.assistants[assistant].id));
    let sql = format!("BEGIN; SELECT awgp.set_context('{tenant}', {user}, {assistant})");
    session.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// The steps one after the other. Each session has begun its next transaction, with its context, before the
/// others go on: what it then sees is what they have left.
async fn play(scene: &Scene, steps: &[Step], met: &RefCell<Met>) -> Result<(), TestCaseError> {
    let (tenant, mut world) = scene.world().await;
    let sessions = scene.sessions(SESSIONS).await;
    let next = |session: usize, from: usize| steps[from..].iter().find(|step| step.session == session);
    for (number, session) in sessions.iter().enumerate() {
        if let Some(step) = next(number, 0) {
            begin(session, tenant, &world, step.who).await;
        }
    }
    for (number, step) in steps.iter().enumerate() {
        let session = &sessions[step.session];
        let before = world.clone();
        for (place, call) in step.calls.iter().enumerate() {
            // What a superuser does commits by itself, and must not wait for this transaction.
            if call.is_superusers() && (!step.commits || place > 0) {
                continue;
            }
            let mut after = world.clone();
            let expected = after.call(step.who, call);
            let (told, [first, second]) = scene.ask(session, call, &world, number).await;
            prop_assert_eq!(&told, &expected, "step {}: {:?} {:?}", number, step.who, call);
            *met.borrow_mut().entry(told.clone().unwrap_or_else(|refusal| refusal)).or_default() += 1;
            if told.is_ok() {
                after.name(first, second);
                world = after;
            }
        }
        if step.commits {
            session
                .batch_execute("COMMIT")
                .await
                .map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        } else {
            session.batch_execute("ROLLBACK").await.expect("it ends");
            world = before;
        }
        let (there, due) = (found::rows(&scene.superuser, tenant).await, found::expected(&world));
        prop_assert_eq!(there, due, "after step {}: {:?}", number, step);
        if let Some(step) = next(step.session, number + 1) {
            begin(session, tenant, &world, step.who).await;
        }
    }
    Ok(())
}

/// How often each answer was given.
type Met = BTreeMap<String, usize>;

/// A runner with the seed and the number of cases of the environment.
fn runner(cases: u32) -> TestRunner {
    let given = |name: &str| std::env::var(name).ok().and_then(|given| given.parse::<u32>().ok());
    let seed = given("AWGP_MODEL_SEED").unwrap_or(1);
    let cases = given("AWGP_MODEL_CASES").unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let seed: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

#[test]
fn every_answer_every_row_and_every_balance_is_what_the_model_says() {
    let runtime = Runtime::new().expect("a runtime");
    let scene = runtime.block_on(Scene::new());
    let steps = prop::collection::vec(step(SESSIONS), 1..80);
    let met = RefCell::new(Met::new());
    let outcome = runner(CASES).run(&steps, |steps| runtime.block_on(play(&scene, &steps, &met)));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let met = met.into_inner();
    println!("{} calls: {met:#?}", met.values().sum::<usize>());
    for answer in
        ["done", "allowed begun", "55000 approval_pending", "53400 budget_exceeded", "42501 approver_role"]
    {
        assert!(met.contains_key(answer), "{answer} is never answered");
    }
    runtime.block_on(assert_sound(&scene.database));
}

/// The verifiers of AWGP find nothing either.
async fn assert_sound(database: &Database) {
    let maintainer = database.connect(Login::Maintainer).await;
    let ledger =
        maintainer.query("SELECT kind, detail FROM awgp.verify_ledger()", &[]).await.expect("it verifies");
    assert!(ledger.is_empty(), "{ledger:?}");
    let auditor = database.connect(Login::Auditor).await;
    let trail = auditor.query("SELECT awgp.verify_audit()", &[]).await.expect("it verifies");
    assert!(trail.is_empty(), "{trail:?}");
}
