//! What an error may tell of another tenant: nothing.

use super::stage::Stage;
use awgp_tests::fixture::within;
use awgp_tests::{Refused, refused};
use uuid::Uuid;

/// An error without the ids that the attacker has given.
pub fn words(refused: &Refused, ids: &[Uuid]) -> String {
    ids.iter().fold(
        format!("{} {:?} {} {}", refused.code, refused.reason, refused.message, refused.detail),
        |text, id| text.replace(&id.to_string(), "?"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_unique_keys_tell_only_that_a_key_is_taken() {
    let stage = Stage::set().await;
    let (a, b) = (&stage.group.north, &stage.group.other);
    let mut app = stage.database.app().await;
    let inserts = [
        format!(
            "INSERT INTO awgp.users (email, role, keycloak_id) VALUES ('x@b.example', 'viewer', 'kc-{}')",
            a.user("admin")
        ),
        format!(
            "INSERT INTO awgp.users (id, email, role) VALUES ('{}', 'x@b.example', 'viewer')",
            a.user("admin")
        ),
        format!(
            "INSERT INTO awgp.work_items (id, assistant_id, title) VALUES ('{}', '{}', 't')",
            a.work_item, b.assistant
        ),
    ];
    for sql in inserts {
        let transaction = within(&mut app, b.id).await;
        let refused = refused(transaction.execute(&sql, &[]).await);
        assert_eq!((refused.code.as_str(), refused.detail.as_str()), ("23505", ""), "{sql}: {refused:?}");
        assert!(!format!("{refused:?}").contains(&a.id.to_string()), "{refused:?}");
    }
    // An e-mail address is unique in its tenant alone, and tells nothing.
    let transaction = within(&mut app, b.id).await;
    let sql = "INSERT INTO awgp.users (email, role) VALUES ('admin@north.example', 'viewer')";
    assert_eq!(transaction.execute(sql, &[]).await.expect("free in this tenant"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_inactive_and_foreign_are_one_answer() {
    let stage = Stage::set().await;
    let (a, b) = (&stage.group.north, &stage.group.other);
    let app = stage.database.app().await;
    let answer = async |sql: String| words(&refused(app.simple_query(&sql).await), &[]);
    let nobody = Uuid::from_u128(77);
    for (one, two) in [
        (
            format!("SELECT awgp.set_context('{nobody}')"),
            format!("SELECT awgp.set_context('{}')", stage.group.inactive.id),
        ),
        ("SELECT awgp.find_tenant('no-such')".to_owned(), "SELECT awgp.find_tenant('inactive')".to_owned()),
        (
            format!("SELECT awgp.set_context('{}', '{nobody}')", b.id),
            format!("SELECT awgp.set_context('{}', '{}')", b.id, a.user("admin")),
        ),
        (
            format!("SELECT awgp.set_context('{}', NULL, '{nobody}')", b.id),
            format!("SELECT awgp.set_context('{}', NULL, '{}')", b.id, a.assistant),
        ),
        (
            format!("SELECT awgp.set_context('{}'); SELECT awgp.find_user('{nobody}')", b.id),
            format!("SELECT awgp.set_context('{}'); SELECT awgp.find_user('admin@north.example')", b.id),
        ),
    ] {
        assert_eq!(answer(one.clone()).await, answer(two.clone()).await, "{one} and {two}");
    }
}
