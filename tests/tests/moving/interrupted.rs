//! A move that is interrupted between any two steps goes on when it is called again, and before the source
//! has let go it can be undone. At no moment does the family work in both places.

use super::stage::{Stage, said, stage};
use awgp_tests::Database;
use awgp_tests::fixture::within;
use awgp_tests::trail::verify;
use serde_json::json;

const STEPS: [&str; 6] = ["begun", "copied", "stopped", "verified", "left", "arrived"];

/// True where the family can write in this database.
pub async fn works(stage: &Stage, database: &Database) -> bool {
    let mut app = database.app().await;
    let Ok(work) = app.transaction().await else { return false };
    if work.execute("SELECT awgp.set_context($1::uuid)", &[&stage.group.north.id]).await.is_err() {
        return false;
    }
    let wrote = work.execute("SELECT awgp.log_event('alive', 'test')", &[]).await.is_ok();
    wrote && work.commit().await.is_ok()
}

#[tokio::test]
async fn a_move_goes_on_from_every_step_and_the_family_is_never_in_two_places() {
    let stage = stage().await;
    for step in STEPS {
        said(&stage.fleet_move(&["--until", step]).expect(0));
        let (here, there) = (works(&stage, &stage.source).await, works(&stage, &stage.target).await);
        assert!(!(here && there), "both after {step}");
        assert_eq!(here, ["begun", "copied"].contains(&step), "the source after {step}");
        assert_eq!(there, step == "arrived", "the target after {step}");
        assert_eq!(verify(&stage.source).await, [], "the source after {step}");
        assert_eq!(verify(&stage.target).await, [], "the target after {step}");
    }
    let told = said(&stage.fleet_move(&[]).expect(0));
    assert_eq!(told["source"], json!("cleared"));
    assert!(works(&stage, &stage.target).await && !works(&stage, &stage.source).await);
    assert_eq!(verify(&stage.target).await, []);
}

#[tokio::test]
async fn a_move_is_undone_from_every_step_until_the_source_has_let_go() {
    let stage = stage().await;
    let count = "SELECT count(*)::text FROM awgp.audit_logs WHERE tenant_id IN (SELECT unnest(tenants) FROM awgp.tenant_moves)";
    for step in &STEPS[..4] {
        said(&stage.fleet_move(&["--until", step]).expect(0));
        said(&stage.fleet_move(&["--back"]).expect(0));
        assert!(works(&stage, &stage.source).await, "the source after {step} and back");
        assert!(!works(&stage, &stage.target).await, "the target after {step} and back");
        assert_eq!(stage.state(&stage.target).await.as_deref(), Some("back"));
        assert_eq!(super::stage::text(&stage.target, count).await.as_deref(), Some("0"), "{step}");
        assert_eq!(verify(&stage.source).await, [], "the source after {step} and back");
        assert_eq!(verify(&stage.target).await, [], "the target after {step} and back");
    }
    said(&stage.fleet_move(&["--until", "left"]).expect(0));
    let refused = stage.fleet_move(&["--back"]);
    assert!(refused.stderr.contains("tenant_move_unclear"), "{refused:?}");
    said(&stage.fleet_move(&[]).expect(0));
    assert!(works(&stage, &stage.target).await && !works(&stage, &stage.source).await);
}

#[tokio::test]
async fn a_transaction_that_began_before_the_stop_is_refused_when_it_commits_after() {
    let stage = stage().await;
    said(&stage.fleet_move(&["--until", "copied"]).expect(0));
    let mut app = stage.source.app().await;
    let early = within(&mut app, stage.group.north.id).await;
    let sql = "UPDATE awgp.work_items SET title = 'late' WHERE id = $1";
    early.execute(sql, &[&stage.group.north.work_item]).await.expect("it writes");
    said(&stage.fleet_move(&["--until", "stopped"]).expect(0));
    awgp_tests::assert_refused(early.commit().await, "40001", "tenant_moving");
    let app = stage.source.app().await;
    let title = format!(
        "BEGIN; SELECT awgp.set_context('{}'::uuid); SELECT title FROM awgp.work_items; COMMIT",
        stage.group.north.id
    );
    app.simple_query(&title).await.expect("reading goes on");
    said(&stage.fleet_move(&[]).expect(0));
    assert_eq!(verify(&stage.target).await, []);
}
