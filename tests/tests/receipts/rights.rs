//! Who makes receipts.

use super::stage::Stage;
use awgp_tests::Login;
use awgp_tests::fixture::{within, within_as};

const PLACES: &str = "SELECT count(*) FROM awgp.action_receipt($1)";

#[tokio::test]
async fn whoever_reads_the_trail_makes_a_receipt_and_another_tenants_action_is_unknown() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    stage.sign();
    let id = action.to_string();
    // Its tenant, its holding, an auditor of all tenants or of one; by the beginning of the id as well.
    let viewer = stage.group.north.user("viewer").to_string();
    let of_north = ["--tenant", "north"];
    for (login, rest) in [
        (Login::App, vec![&id[..], "--tenant", "north", "--user", &viewer]),
        (Login::App, vec![&id[..8], "--tenant", "north"]),
        (Login::App, vec![&id[..], "--tenant", "holding"]),
        (Login::Auditor, vec![&id[..]]),
        (Login::Auditor, vec![&id[..8]]),
        (Login::Auditor, [&[&id[..]], &of_north[..]].concat()),
    ] {
        let receipt = stage.make(login, &rest).expect(0).json();
        stage.holds(&receipt);
    }
    let unknown = |login, rest: &[&str]| {
        let refused = stage.make(login, rest).expect(8).error();
        assert_eq!(refused["reason"], "unknown_action", "{rest:?}: {refused}");
    };
    for tenant in ["south", "other"] {
        unknown(Login::App, &[&id, "--tenant", tenant]);
        unknown(Login::App, &[&id[..8], "--tenant", tenant]);
        unknown(Login::Auditor, &[&id, "--tenant", tenant]);
    }
    unknown(Login::Auditor, &["00000000-0000-4000-8000-000000000001"]);
    unknown(Login::Auditor, &["nothing"]);
    let refused = stage.make(Login::App, &[&id]).expect(3).error();
    assert_eq!(refused["reason"], "no_tenant_context", "{refused}");
}

#[tokio::test]
async fn the_function_tells_places_in_the_trail_to_those_who_see_them() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    let (north, south, holding) = (stage.group.north.clone(), stage.group.south.id, stage.group.holding.id);
    let viewer = Some(north.user("viewer"));
    for (tenant, user, events) in
        [(north.id, viewer, 8_i64), (north.id, None, 8), (holding, None, 8), (south, None, 0)]
    {
        let transaction = within_as(&mut stage.app, tenant, user).await;
        let count: i64 = transaction.query_one(PLACES, &[&action]).await.expect("a count").get(0);
        assert_eq!(count, events);
    }
    let none: i64 = stage.app.query_one(PLACES, &[&action]).await.expect("a count").get(0);
    assert_eq!(none, 0, "no tenant is in context");
    let auditor = stage.database.connect(Login::Auditor).await;
    let sql = "SELECT count(*), count(tree_size) FROM awgp.action_receipt($1)";
    let row = auditor.query_one(sql, &[&action]).await.expect("a count");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (8, 0), "no checkpoint has it yet");
    stage.sign();
    let row = auditor.query_one(sql, &[&action]).await.expect("a count");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (8, 8));
    for login in [Login::Maintainer, Login::Admin] {
        let refused = stage.database.connect(login).await.query_one(PLACES, &[&action]).await;
        let code = refused.expect_err("no grant").code().map(|code| code.code().to_owned());
        assert_eq!(code.as_deref(), Some("42501"), "{login:?}");
    }
    // An application that is an auditor's member by name only: SET ROLE decides.
    let transaction = within(&mut stage.app, south).await;
    let refused = transaction.batch_execute("SET ROLE awgp_auditor").await;
    assert!(refused.is_err());
}
