//! A hundred races of sixteen beginners against one stop, and the fault that they would find.

use super::{WAYS, begin, id_of, resume, scene, stop, verified};
use awgp_tests::fixture::{Group, one, within};
use awgp_tests::{Database, Login};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Barrier;
use tokio_postgres::Client;
use uuid::Uuid;

const BEGINNERS: usize = 16;
const RACES: usize = 100;

/// A client with an assistant and an item of its own.
struct Beginner {
    client: Client,
    assistant: Uuid,
    item: Uuid,
}

impl Beginner {
    async fn new(database: &Database, group: &Group) -> Self {
        let mut client = database.connect(Login::App).await;
        let transaction = within(&mut client, group.north.id).await;
        let item = one(
            &transaction,
            "SELECT id FROM awgp.create_work_item($1, 'Mine', risk_level => 1)",
            &[&group.north.assistant],
        )
        .await;
        transaction.commit().await.expect("commits");
        Self { client, assistant: group.north.assistant, item }
    }

    /// Begins until it is stopped. What it has seen committed although the stop was in force before it began.
    async fn race(&mut self, tenant: Uuid, way: &str, race: &Race) -> usize {
        let mut late = 0;
        race.start.wait().await;
        loop {
            let is_after = race.is_stopped.load(Ordering::SeqCst);
            match self.once(tenant, way).await {
                Outcome::Begun => {
                    race.begun.fetch_add(1, Ordering::SeqCst);
                    late += usize::from(is_after);
                }
                Outcome::Stopped => return late,
                Outcome::Again => {}
            }
        }
    }

    async fn once(&mut self, tenant: Uuid, way: &str) -> Outcome {
        let transaction = within(&mut self.client, tenant).await;
        let answer = match begin(&transaction, way, self.assistant, self.item).await {
            Ok(answer) => answer,
            Err(error) => return Outcome::of(&error),
        };
        if answer["allowed"] == false {
            assert!(answer["reason"] == "stopped" || answer["reason"] == "sender_stopped", "{answer}");
            return Outcome::Stopped;
        }
        match transaction.commit().await {
            Ok(()) => Outcome::Begun,
            Err(error) => Outcome::of(&error),
        }
    }
}

enum Outcome {
    Begun,
    Stopped,
    Again,
}

impl Outcome {
    fn of(error: &tokio_postgres::Error) -> Self {
        let error = error.as_db_error().expect("the server says it");
        let detail = error.detail().unwrap_or_default();
        match error.code().code() {
            "40001" => Self::Again,
            "55000" if detail.contains(r#""stopped""#) => Self::Stopped,
            _ => panic!("{error:?}"),
        }
    }
}

/// One race.
struct Race {
    start: Barrier,
    is_stopped: AtomicBool,
    begun: AtomicUsize,
}

/// The rows that say that something began, by number: what is in the trail, counted without the proof.
async fn open_after(auditor: &Client, stopped: &Value) -> i64 {
    let sql = "SELECT count(*) FROM awgp.audit_logs AS log
        JOIN awgp.audit_logs AS said ON said.entity_type = 'stop' AND said.action = 'stop.began'
             AND said.entity_id = $1 AND said.tenant_id = log.tenant_id
        WHERE log.entity_type = 'governed_actions' AND log.action = 'insert'
          AND log.chain_seq > COALESCE((SELECT (head ->> 1)::bigint
              FROM jsonb_array_elements(said.after_state -> 'heads') AS head
              WHERE (head ->> 0)::smallint = log.chain_lane), 0)";
    auditor.query_one(sql, &[&id_of(stopped)]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_that_begin_while_it_is_stopped_none_commits_after_the_stop() {
    let (database, group) = scene().await;
    let mut beginners = Vec::new();
    for _ in 0..BEGINNERS {
        beginners.push(Beginner::new(&database, &group).await);
    }
    let (admin, superuser) = (database.admin().await, database.superuser().await);
    let auditor = database.connect(Login::Auditor).await;
    let scopes = [
        ("assistant", Some(group.north.assistant)),
        ("tenant", Some(group.north.id)),
        ("holding", Some(group.holding.id)),
        ("installation", None),
    ];
    for number in 0..RACES {
        let race = Arc::new(Race {
            start: Barrier::new(BEGINNERS + 1),
            is_stopped: AtomicBool::new(false),
            begun: AtomicUsize::new(0),
        });
        let tasks: Vec<_> = beginners
            .drain(..)
            .map(|mut beginner| {
                let (race, tenant) = (Arc::clone(&race), group.north.id);
                tokio::spawn(async move {
                    let late = beginner.race(tenant, WAYS[0].1.replace("0.01", "NULL").as_str(), &race).await;
                    (beginner, late)
                })
            })
            .collect();
        race.start.wait().await;
        // The stop meets them after none, one, two … have begun.
        while race.begun.load(Ordering::SeqCst) < number % 8 {
            tokio::task::yield_now().await;
        }
        let (scope, id) = scopes[number % scopes.len()];
        let stopped = stop(&admin, scope, id).await.expect("stopped");
        race.is_stopped.store(true, Ordering::SeqCst);
        for task in tasks {
            let (beginner, late) = task.await.expect("a beginner ends");
            assert_eq!(late, 0, "race {number}: it began after the stop was committed");
            beginners.push(beginner);
        }
        assert_eq!(open_after(&auditor, &stopped).await, 0, "race {number}");
        resume(&superuser, &stopped).await.expect("resumed");
        // The whole proof takes longer and longer, since the trail grows.
        if number % 20 == 19 {
            let verdict = verified(&database, &stopped).await;
            assert_eq!(
                (&verdict["holds"], &verdict["is_ended"]),
                (&true.into(), &true.into()),
                "{verdict:#}"
            );
        }
    }
}

#[tokio::test]
async fn a_session_that_does_not_look_at_stops_is_found_by_the_proof() {
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    let plant = "CREATE FUNCTION public.ignore_stops(ignored boolean) RETURNS void
        LANGUAGE c STRICT AS '$libdir/awgp', 'ignore_stops_wrapper'";
    superuser.batch_execute(plant).await.expect("a fault can be planted");
    let mut beginner = Beginner::new(&database, &group).await;
    let faulty = within(&mut beginner.client, group.north.id).await;
    faulty.batch_execute("SELECT public.ignore_stops(true)").await.expect("planted");
    begin(&faulty, WAYS[0].1, beginner.assistant, beginner.item).await.expect("begun");
    let stopped = stop(&database.admin().await, "tenant", Some(group.north.id)).await.expect("stopped");
    faulty.commit().await.expect("the fault lets it");
    assert!(open_after(&database.connect(Login::Auditor).await, &stopped).await > 0);
    let verdict = verified(&database, &stopped).await;
    assert_eq!(verdict["holds"], false, "{verdict:#}");
    let findings = verdict["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["kind"] == "begun") && !findings.is_empty(), "{verdict:#}");
}
