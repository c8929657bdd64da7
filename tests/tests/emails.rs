//! One address, one user of a tenant: whatever its case and its Unicode form.

use awgp_tests::cli::json;
use awgp_tests::fixture::{group, one, within};
use awgp_tests::trail::latin1_database;
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, refused};

/// Spellings of one address, each with the one that is there.
const SPELLINGS: [(&str, &str); 11] = [
    ("manager@acme.example", "Manager@acme.example"),
    ("manager@acme.example", "MANAGER@ACME.EXAMPLE"),
    // Composed and decomposed.
    ("jos\u{e9}@acme.example", "jose\u{301}@acme.example"),
    ("jos\u{e9}@acme.example", "JOSE\u{301}@acme.example"),
    // Compatibility: full width, a ligature, the Kelvin sign.
    ("manager@acme.example", "\u{ff4d}anager@acme.example"),
    ("finn@acme.example", "\u{fb01}nn@acme.example"),
    ("kim@acme.example", "\u{212a}im@acme.example"),
    // Full case folding, and a final sigma.
    ("stra\u{df}e@acme.example", "STRASSE@acme.example"),
    ("\u{3c3}\u{3bf}\u{3c6}\u{3cc}\u{3c2}@acme.example", "\u{3a3}\u{39f}\u{3a6}\u{38c}\u{3a3}@acme.example"),
    // What is not seen: a soft hyphen, a zero-width joiner.
    ("manager@acme.example", "mana\u{ad}ger@ac\u{200d}me.example"),
    // One domain in its two forms.
    ("manager@b\u{fc}cher.example", "manager@xn--bcher-kva.example"),
];

#[tokio::test]
async fn spellings_of_one_address_are_one_user() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let create = "SELECT id FROM awgp.create_user($1, 'manager')";
    let insert = "INSERT INTO awgp.users (email, role) VALUES ($1, 'manager') RETURNING id";
    let change = "UPDATE awgp.users SET email = $1 WHERE email = 'viewer@north.example' RETURNING id";
    for (there, other) in SPELLINGS {
        for sql in [create, insert, change] {
            let transaction = within(&mut app, north.id).await;
            let user = one(&transaction, create, &[&there]).await;
            let found = one(&transaction, "SELECT awgp.find_user($1)", &[&other]).await;
            assert_eq!(found, user, "{there:?} is found as {other:?}");
            assert_sqlstate(transaction.query_one(sql, &[&other]).await, "23505");
        }
        // Its own user writes it another way, and another tenant has it too.
        let transaction = within(&mut app, north.id).await;
        let user = one(&transaction, create, &[&there]).await;
        let sql = "UPDATE awgp.users SET email = $2 WHERE id = $1";
        transaction.execute(sql, &[&user, &other]).await.expect("it is his own");
        let sql = "SELECT email FROM awgp.users WHERE id = $1";
        let kept: String = transaction.query_one(sql, &[&user]).await.expect("a row").get(0);
        assert_eq!(kept, other, "it is stored as it was given");
    }
    let transaction = within(&mut app, north.id).await;
    for other in ["mana.ger@acme.example", "manager+a@acme.example", "manager@acme.example.org"] {
        one(&transaction, create, &[&other]).await;
    }
}

#[tokio::test]
async fn the_command_line_finds_a_user_by_any_spelling() {
    let database = Database::new().await;
    group(&database).await;
    let run = |user: &str| {
        let outcome = json(&database, Login::App, &["user", "list", "--tenant", "north", "--user", user]);
        outcome.expect(0).json().as_array().map(Vec::len)
    };
    assert_eq!(run("ADMIN@North.Example"), Some(5));
    assert_eq!(run("\u{ff41}dmin@north.example"), Some(5));
}

#[tokio::test]
async fn in_a_database_that_is_not_utf8() {
    let database = latin1_database().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let create = "SELECT id FROM awgp.create_user($1, 'manager')";
    // The micro sign folds to a letter that LATIN1 has not.
    for (there, other) in [
        ("jos\u{e9}@a.b", "JOS\u{c9}@a.b"),
        ("5\u{b5}m@a.b", "5\u{b5}M@a.b"),
        ("stra\u{df}e@a.b", "STRASSE@A.B"),
    ] {
        let transaction = within(&mut app, north.id).await;
        let user = one(&transaction, create, &[&there]).await;
        assert_eq!(one(&transaction, "SELECT awgp.find_user($1)", &[&other]).await, user);
        assert_sqlstate(transaction.query_one(create, &[&other]).await, "23505");
    }
}

#[tokio::test]
async fn rows_that_clash_are_reported_by_migrate_and_left_as_they_are() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let superuser = database.superuser().await;
    // As a structure from before: the index is not there.
    superuser
        .batch_execute(
            "DROP INDEX awgp.users_tenant_id_email_key_key;
             DELETE FROM awgp.schema_migrations WHERE name = 'policies/users'",
        )
        .await
        .expect("an older structure");
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT id FROM awgp.create_user('Manager@North.example', 'manager')";
    let second = one(&transaction, sql, &[]).await;
    transaction.commit().await.expect("committed");
    let migrated = superuser.query_one("SELECT awgp.migrate()", &[]).await;
    let told = refused(migrated);
    assert_eq!((told.code.as_str(), told.reason.as_deref()), ("23514", Some("email_clash")), "{told:?}");
    for user in [second, north.user("manager")] {
        assert!(told.detail.contains(&user.to_string()), "{told:?}");
    }
    assert!(!told.hint.is_empty());
    let sql =
        "SELECT count(*) FROM awgp.users WHERE email IN ('Manager@North.example', 'manager@north.example')";
    assert_eq!(superuser.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0), 2);
    assert_refused(superuser.query_one("SELECT awgp.migrate()", &[]).await, "23514", "email_clash");
    let sql = "UPDATE awgp.users SET email = 'second@north.example' WHERE id = $1";
    database.admin().await.execute(sql, &[&second]).await.expect("an administrator may");
    superuser.query_one("SELECT awgp.migrate()", &[]).await.expect("nothing clashes any more");
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT id FROM awgp.create_user('Manager@North.example', 'manager')";
    assert_sqlstate(transaction.query_one(sql, &[]).await, "23505");
}
