//! What is refused, to whom, and when.

use super::stage::{between, said, stage, text};
use awgp_tests::fixture::within;
use awgp_tests::trail::verify;
use awgp_tests::{Login, assert_refused, assert_sqlstate};

#[tokio::test]
async fn what_clashes_in_the_target_is_refused_before_anything_is_stopped() {
    let stage = stage().await;
    let (source, target) = (&stage.source, &stage.target);
    let admin = target.superuser().await;
    for (problem, make, undo) in [
        (
            "tenant_present",
            "UPDATE awgp.tenants SET slug = 'north' WHERE slug = 'resident'",
            "UPDATE awgp.tenants SET slug = 'resident' WHERE slug = 'north'",
        ),
        (
            "user_present",
            "UPDATE awgp.users SET keycloak_id = 'subject-1' WHERE email = 'viewer@resident.example'",
            "UPDATE awgp.users SET keycloak_id = NULL WHERE keycloak_id IS NOT NULL",
        ),
        ("version", "ALTER TABLE awgp.users ADD COLUMN more text", "ALTER TABLE awgp.users DROP COLUMN more"),
    ] {
        if problem == "user_present" {
            let sql = "UPDATE awgp.users SET keycloak_id = 'subject-1' WHERE email = 'viewer@south.example'";
            source.superuser().await.execute(sql, &[]).await.expect("a subject");
        }
        admin.batch_execute(make).await.expect("a clash");
        let refused = stage.fleet_move(&[]);
        assert!(refused.stderr.contains(problem), "{problem}: {refused:?}");
        assert_eq!(
            text(source, "SELECT max(stopped_at)::text FROM awgp.tenant_moves").await,
            None,
            "{problem}"
        );
        assert_eq!(stage.state(source).await.as_deref(), Some("back"), "{problem}");
        admin.batch_execute(undo).await.expect("no clash");
    }
    said(&stage.fleet_move(&[]).expect(0));
    assert_eq!(verify(target).await, []);
}

#[tokio::test]
async fn nobody_but_an_administrator_moves_and_rows_of_others_are_not_taken() {
    let stage = stage().await;
    said(&stage.fleet_move(&["--until", "begun"]).expect(0));
    let id = text(&stage.source, "SELECT id::text FROM awgp.tenant_moves").await.expect("a move");
    let calls = [
        format!("SELECT awgp.move_rows('{id}', 'users')"),
        format!("SELECT awgp.move_take('{id}', 'users', '{{}}')"),
        format!("SELECT awgp.move_take_trail('{id}', '{{}}')"),
        format!("SELECT awgp.move_stop('{id}')"),
        format!("SELECT awgp.move_back('{id}')"),
        "SELECT awgp.family_facts(gen_random_uuid())".to_owned(),
    ];
    for login in Login::ORDINARY.into_iter().filter(|login| *login != Login::Admin) {
        let client = stage.source.connect(login).await;
        for call in &calls {
            assert_sqlstate(client.execute(call, &[]).await, "42501");
        }
    }
    // A row of a tenant that does not move is not taken, whoever sends it.
    let line = "SELECT awgp.move_take($1::text::uuid, 'users', ARRAY(
                    SELECT convert_to(u::text, 'UTF8') FROM awgp.users AS u WHERE email = 'viewer@resident.example'))";
    let admin = stage.target.superuser().await;
    assert_refused(admin.execute(line, &[&id]).await, "55000", "tenant_move_differs");
    // Nor a row of the trail that does not follow the one before it.
    let line = "SELECT awgp.move_take_trail($1::text::uuid, ARRAY(
                    SELECT convert_to(row(a.id + 1000, a.timestamp, tenant, a.actor_type, a.actor_id, a.action, a.entity_type,
                                          a.entity_id, a.before_state, a.after_state, a.metadata, a.integrity_hash, 0, 1)::text, 'UTF8')
                    FROM awgp.audit_logs AS a, (SELECT family_id AS tenant FROM awgp.tenant_moves) AS m LIMIT 1))";
    assert_refused(admin.execute(line, &[&id]).await, "55000", "tenant_move_differs");
    assert_eq!(verify(&stage.target).await, []);
    said(&stage.fleet_move(&["--back"]).expect(0));
}

#[tokio::test]
async fn a_family_that_came_goes_back_home_as_another_move() {
    let stage = stage().await;
    let (source, target) = (&stage.source, &stage.target);
    for round in 0..2 {
        said(&between(source, target, &[]).expect(0));
        let mut app = target.app().await;
        let work = within(&mut app, stage.group.north.id).await;
        work.execute("SELECT awgp.log_event('abroad', 'test')", &[]).await.expect("it writes there");
        work.commit().await.expect("it commits");
        said(&between(target, source, &[]).expect(0));
        let mut app = source.app().await;
        let work = within(&mut app, stage.group.north.id).await;
        work.execute("SELECT awgp.log_event('home', 'test')", &[]).await.expect("it writes at home");
        work.commit().await.expect("it commits");
        assert_eq!(verify(source).await, [], "round {round}");
        assert_eq!(verify(target).await, [], "round {round}");
        stage.auditor.assert_holds(source, &stage.auditor.notes(), 4);
    }
}
