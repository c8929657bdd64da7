//! A value that was edited, or removed behind AWGP's back, is found.

use super::{declare, erase, person};
use awgp_tests::fixture::group;
use awgp_tests::tampering::tamper;
use awgp_tests::{Database, Login, assert_refused, trail};

/// Runs statements as a superuser who has put the guard aside.
pub async fn behind_its_back(database: &Database, sql: &str) {
    let sql = format!(
        "ALTER TABLE awgp.audit_erasable_values DISABLE TRIGGER USER; {sql};
         ALTER TABLE awgp.audit_erasable_values ENABLE ALWAYS TRIGGER guard_erasable;
         ALTER TABLE awgp.audit_erasable_values ENABLE ALWAYS TRIGGER guard_truncate"
    );
    database.superuser().await.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

async fn kinds(database: &Database) -> Vec<String> {
    let mut kinds: Vec<String> =
        trail::verify(database).await.into_iter().map(|finding| finding.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn every_manipulation_of_a_value_is_a_finding() {
    const EMAIL: &str = "awgp.audit_erasable_values WHERE member = 'email'";
    for (name, sql, kind) in [
        ("value", format!("UPDATE {}", EMAIL.replace("WHERE", "SET value = '\"x@y\"' WHERE")), "erasable_value_differs"),
        ("salt", format!("UPDATE {}", EMAIL.replace("WHERE", "SET salt = sha256('x') WHERE")), "erasable_value_differs"),
        ("gone", format!("DELETE FROM {EMAIL}"), "erasable_value_missing"),
        (
            "all of it",
            format!(
                "UPDATE {}",
                EMAIL.replace(
                    "WHERE",
                    "SET value = '\"x@y\"', commitment = awgp.erasable_commitment(salt, '\"x@y\"') WHERE"
                )
            ),
            "erasable_value_missing",
        ),
        (
            "said to be erased",
            format!(
                "UPDATE {}",
                EMAIL.replace(
                    "WHERE",
                    "SET value = NULL, salt = NULL, subject = NULL, erased_at = now(), erasure_id = audit_id WHERE"
                )
            ),
            "erasable_value_missing",
        ),
    ] {
        let database = Database::new().await;
        let north = group(&database).await.north;
        declare(&database).await;
        person(&database, &north).await;
        assert_eq!(kinds(&database).await, Vec::<String>::new());
        behind_its_back(&database, &sql).await;
        assert_eq!(kinds(&database).await, [kind], "{name}");
    }
}

#[tokio::test]
async fn an_erasure_covers_what_it_erased_and_nothing_more() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    erase(&database, &north, user, false).await;
    assert_eq!(kinds(&database).await, Vec::<String>::new());
    person(&database, &north).await;
    // Another value is slipped into the erasure of the first user.
    behind_its_back(
        &database,
        "UPDATE awgp.audit_erasable_values
         SET value = NULL, salt = NULL, subject = NULL, erased_at = now(),
             erasure_id = (SELECT max(erasure_id) FROM awgp.audit_erasable_values)
         WHERE member = 'email' AND erased_at IS NULL",
    )
    .await;
    assert_eq!(kinds(&database).await, ["erasable_value_missing"]);
}

#[tokio::test]
async fn nobody_writes_the_values_and_a_guard_that_is_off_is_found() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    person(&database, &north).await;
    let superuser = database.superuser().await;
    for sql in [
        "DELETE FROM awgp.audit_erasable_values",
        "UPDATE awgp.audit_erasable_values SET value = '1'",
        "INSERT INTO awgp.audit_erasable_values SELECT gen_random_uuid(), commitment, audit_id, chained_at, entity_type, member, subject, salt, value FROM awgp.audit_erasable_values",
        "TRUNCATE awgp.audit_erasable_values",
    ] {
        assert_refused(superuser.execute(sql, &[]).await, "42501", "audit_immutable");
    }
    for login in [Login::App, Login::Admin, Login::Auditor, Login::Maintainer] {
        let client = database.connect(login).await;
        let deleted = client.execute("DELETE FROM awgp.audit_erasable_values", &[]).await;
        assert_eq!(deleted.expect_err("nobody may").code().map(|code| code.code()), Some("42501"));
    }
    tamper(&database, "ALTER TABLE awgp.audit_erasable_values DISABLE TRIGGER guard_erasable").await;
    assert_eq!(kinds(&database).await, ["trigger_disabled"]);
}
