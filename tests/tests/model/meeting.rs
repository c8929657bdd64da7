//! Two sessions at a time: what both are answered, and what is left, is what the model says of one order of
//! the two or of the other.

use super::calls::{Call, Step, Who, call, step, who};
use super::world::{Outcome, World};
use super::{SESSIONS, Scene, begin, found, runner};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use uuid::Uuid;

const CASES: u32 = 60;

/// A call of a session.
#[derive(Clone, Debug)]
struct Move {
    who: Who,
    call: Call,
}

/// What both come to in one order, with the ids of the rows that they have made: their answers in this
/// order, and the world.
fn in_order(world: &World, order: [(&Move, [Option<Uuid>; 2]); 2]) -> ([Outcome; 2], World) {
    let mut world = world.clone();
    let answers = order.map(|(of, [first, second])| {
        let mut after = world.clone();
        let told = after.call(of.who, &of.call);
        if told.is_ok() {
            after.name(first, second);
            world = after;
        }
        told
    });
    (answers, world)
}

/// Waits until the session waits for the other one, or has its answer.
async fn until_it_waits(superuser: &Client, pid: i32, task: &tokio::task::JoinHandle<()>) {
    let sql = "SELECT cardinality(pg_blocking_pids($1)) > 0";
    while !task.is_finished() {
        let waits: bool = superuser.query_one(sql, &[&pid]).await.expect("the locks").get(0);
        if waits {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Prepares the tenant with the steps, then lets the two meet: the second calls while the first has not
/// committed.
async fn meet(scene: &Scene, steps: &[Step], moves: &[Move; 2]) -> Result<(), TestCaseError> {
    let (tenant, mut world) = scene.world().await;
    let mut sessions = scene.sessions(2).await;
    for step in steps {
        begin(&sessions[0], tenant, &world, step.who).await;
        for call in step.calls.iter().filter(|call| !call.is_superusers()) {
            let mut after = world.clone();
            let expected = after.call(step.who, call);
            let (told, [first, second]) = scene.ask(&sessions[0], call, &world, 0).await;
            prop_assert_eq!(&told, &expected, "{:?} {:?}", step.who, call);
            if told.is_ok() {
                after.name(first, second);
                world = after;
            }
        }
        sessions[0].batch_execute("COMMIT").await.expect("it commits");
    }
    let moves = &moves.clone().map(|of| Move { who: of.who, call: of.call.settled(&world) });
    let [first, second] = moves;
    for (session, of) in sessions.iter().zip(moves) {
        begin(session, tenant, &world, of.who).await;
    }
    let other = sessions.pop().expect("two sessions");
    let (told, first_made) = scene.ask(&sessions[0], &first.call, &world, 0).await;
    let pid: i32 = other.query_one("SELECT pg_backend_pid()", &[]).await.expect("a process").get(0);
    let (send, receive) = tokio::sync::oneshot::channel();
    let sql = second.call.sql(&world, 1);
    let task = tokio::spawn(async move {
        let answer = other.query_one(&sql, &[]).await;
        let ended = other.batch_execute(if answer.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
        // The test may have failed meanwhile.
        let _ = send.send((answer, ended));
    });
    until_it_waits(&scene.superuser, pid, &task).await;
    sessions[0].batch_execute("COMMIT").await.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    let (answer, ended) = receive.await.expect("an answer");
    ended.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    let (second_told, second_made) = match answer {
        Ok(row) => (Ok(row.get::<_, String>(0)), [row.get(1), row.get(2)]),
        Err(error) => {
            let told = awgp_tests::refused::<()>(Err(error));
            let reason = told.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
            (Err(format!("{}{reason}", told.code)), [None, None])
        }
    };
    let there = found::rows(&scene.superuser, tenant).await;
    let answers = [told, second_told];
    let (one, other) = ((first, first_made), (second, second_made));
    let (due, left) = in_order(&world, [one, other]);
    let fits = due == answers && found::expected(&left) == there;
    let ([later, earlier], left) = in_order(&world, [other, one]);
    let fits_turned = [&earlier, &later] == [&answers[0], &answers[1]] && found::expected(&left) == there;
    prop_assert!(
        fits || fits_turned,
        "{first:?} then {second:?}: {answers:?} are the answers of no order: {due:?}, or {earlier:?} and {later:?}; {there:?}"
    );
    Ok(())
}

#[test]
fn two_sessions_at_a_time_come_to_what_they_come_to_one_after_the_other() {
    let runtime = Runtime::new().expect("a runtime");
    let scene = runtime.block_on(Scene::new());
    let mover = || {
        (who(), call().prop_filter("of a session", |call| !call.is_superusers()))
            .prop_map(|(who, call)| Move { who, call })
    };
    let drawn = (prop::collection::vec(step(SESSIONS), 0..8), [mover(), mover()]);
    let outcome = runner(CASES).run(&drawn, |(steps, moves)| runtime.block_on(meet(&scene, &steps, &moves)));
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    runtime.block_on(super::assert_sound(&scene.database));
}
