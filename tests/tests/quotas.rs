//! Quotas of active users and assistants: they hold for every way to write, for many at once, and when
//! somebody comes back.

use awgp_tests::fixture::{self, within};
use awgp_tests::{Database, assert_refused, refused};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio_postgres::{Client, Error, Transaction};
use uuid::Uuid;

/// What differs between the two quotas.
#[derive(Clone, Copy, Debug)]
struct Kind {
    quota: &'static str,
    table: &'static str,
    /// Makes $1 to $2 of them, all active.
    make: &'static str,
    /// Condition, and assignments, of an active one and of one that is not.
    active: &'static str,
    inactive: &'static str,
}

const USERS: Kind = Kind {
    quota: "quota_max_users",
    table: "users",
    make: "INSERT INTO awgp.users (email, role)
           SELECT n || '@quota.example', 'viewer' FROM generate_series($1::int, $2::int) AS n",
    active: "is_active = true",
    inactive: "is_active = false",
};

const ASSISTANTS: Kind = Kind {
    quota: "quota_max_assistants",
    table: "assistants",
    make: "INSERT INTO awgp.assistants (name, slug, type, status)
           SELECT 'Made', 'made-' || n, 'custom', 'active' FROM generate_series($1::int, $2::int) AS n",
    active: "status = 'active'",
    inactive: "status = 'suspended'",
};

const KINDS: [Kind; 2] = [USERS, ASSISTANTS];

impl Kind {
    /// Sets the quota of a tenant to so many more than are active.
    async fn leave_places(self, admin: &Client, tenant: Uuid, places: i32) {
        let sql = format!(
            "UPDATE awgp.tenants SET {} = $2 + (SELECT count(*) FROM awgp.{} WHERE tenant_id = $1 AND {})
             WHERE id = $1",
            self.quota, self.table, self.active
        );
        // An administrator sees no assistant; the superuser sets the scene.
        admin.execute(&sql, &[&tenant, &i64::from(places)]).await.expect("a quota can be set");
    }

    async fn make(self, transaction: &Transaction<'_>, from: i32, to: i32) -> Result<u64, Error> {
        transaction.execute(self.make, &[&from, &to]).await
    }

    async fn count(self, client: &Client, tenant: Uuid) -> i64 {
        let sql =
            format!("SELECT count(*) FROM awgp.{} WHERE tenant_id = $1 AND {}", self.table, self.active);
        client.query_one(&sql, &[&tenant]).await.expect("a count").get(0)
    }
}

#[tokio::test]
async fn the_last_place_is_taken_and_one_more_refused() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    for kind in KINDS {
        kind.leave_places(&superuser, group.north.id, 3).await;
        let transaction = within(&mut app, group.north.id).await;
        assert_eq!(kind.make(&transaction, 1, 2).await.expect("two places"), 2);
        assert_eq!(kind.make(&transaction, 3, 3).await.expect("the last place"), 1);
        let refused = refused(kind.make(&transaction, 4, 4).await);
        assert_eq!((refused.code.as_str(), refused.reason.as_deref()), ("53400", Some("quota_exceeded")));
        assert!(refused.detail.contains(kind.quota), "{refused:?}");
    }
}

#[tokio::test]
async fn a_statement_over_the_quota_writes_none_of_its_rows() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    for kind in KINDS {
        kind.leave_places(&superuser, group.north.id, 5).await;
        let before = kind.count(&superuser, group.north.id).await;
        let transaction = within(&mut app, group.north.id).await;
        assert_refused(kind.make(&transaction, 1, 6).await, "53400", "quota_exceeded");
        drop(transaction);
        assert_eq!(kind.count(&superuser, group.north.id).await, before);
        // Another tenant has places of its own.
        let transaction = within(&mut app, group.south.id).await;
        assert_eq!(kind.make(&transaction, 1, 6).await.expect("its own places"), 6);
    }
}

#[tokio::test]
async fn the_functions_meet_the_quota_as_plain_dml_does() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    USERS.leave_places(&superuser, group.north.id, 0).await;
    let transaction = within(&mut app, group.north.id).await;
    let made = transaction.query("SELECT awgp.create_user('one@more.example', 'viewer')", &[]).await;
    assert_refused(made, "53400", "quota_exceeded");
    // An administrator and the superuser are no exception.
    let sql = "INSERT INTO awgp.users (tenant_id, email, role) VALUES ($1, 'x@more.example', 'viewer')";
    let admin = database.admin().await;
    assert_refused(admin.execute(sql, &[&group.north.id]).await, "53400", "quota_exceeded");
    assert_refused(superuser.execute(sql, &[&group.north.id]).await, "53400", "quota_exceeded");
}

#[tokio::test]
async fn who_is_not_active_takes_no_place_and_asks_for_one_when_they_come_back() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    for kind in KINDS {
        kind.leave_places(&superuser, group.north.id, 2).await;
        let name = if kind.table == "users" { "email" } else { "slug" };
        let (one, two) =
            if kind.table == "users" { ("1@quota.example", "2@quota.example") } else { ("made-1", "made-2") };
        let set = |state: &str, who: &str| {
            format!("UPDATE awgp.{} SET {state} WHERE {name} IN ('{who}')", kind.table)
        };
        let mut transaction = within(&mut app, group.north.id).await;
        kind.make(&transaction, 1, 2).await.expect("two places");
        transaction.execute(&set(kind.inactive, one), &[]).await.expect("he goes");
        kind.make(&transaction, 3, 3).await.expect("his place is free");
        let savepoint = transaction.transaction().await.expect("a savepoint");
        let back = savepoint.execute(&set(kind.active, one), &[]).await;
        assert_refused(back, "53400", "quota_exceeded");
        drop(savepoint);
        // What does not make one active again is not counted.
        let touch = format!("UPDATE awgp.{} SET updated_at = updated_at", kind.table);
        transaction.execute(&touch, &[]).await.expect("not counted");
        // One goes and one comes in the same statement.
        let swap = format!(
            "UPDATE awgp.{} SET {} WHERE {name} IN ('{one}', '{two}')",
            kind.table,
            if kind.table == "users" {
                "is_active = NOT is_active"
            } else {
                "status = CASE status WHEN 'active' THEN 'error' ELSE 'active' END"
            }
        );
        assert_eq!(transaction.execute(&swap, &[]).await.expect("a swap"), 2);
        transaction.execute(&set(kind.inactive, one), &[]).await.expect("he goes");
        transaction.execute(&set(kind.active, two), &[]).await.expect("a place is free");
        transaction.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn upsert_and_merge_meet_the_quota() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    USERS.leave_places(&superuser, group.north.id, 1).await;
    let upsert = "INSERT INTO awgp.users (email, role, is_active) VALUES ('u@x.example', 'viewer', $1)
                  ON CONFLICT (tenant_id, email) DO UPDATE SET is_active = excluded.is_active";
    let mut transaction = within(&mut app, group.north.id).await;
    transaction.execute(upsert, &[&false]).await.expect("inactive");
    USERS.make(&transaction, 1, 1).await.expect("the last place");
    let savepoint = transaction.transaction().await.expect("a savepoint");
    assert_refused(savepoint.execute(upsert, &[&true]).await, "53400", "quota_exceeded");
    drop(savepoint);
    let merge = "MERGE INTO awgp.users AS u USING (VALUES ('u@x.example'), ('v@x.example')) AS v (email)
                     ON u.email = v.email
                 WHEN MATCHED THEN UPDATE SET is_active = true
                 WHEN NOT MATCHED THEN INSERT (email, role) VALUES (v.email, 'viewer')";
    assert_refused(transaction.execute(merge, &[]).await, "53400", "quota_exceeded");
}

/// Runs one attempt in each of many sessions at once, at this isolation level; who was let in, and the
/// reasons of the others. Each has its snapshot before the first of them writes.
async fn at_once(
    database: &Database,
    tenant: Uuid,
    level: &'static str,
    sessions: i32,
    attempt: impl Fn(i32) -> String,
) -> (usize, Vec<String>) {
    let barrier = Arc::new(Barrier::new(usize::try_from(sessions).expect("a count")));
    let mut running = Vec::new();
    for number in 0..sessions {
        let (client, barrier, sql) = (database.app().await, Arc::clone(&barrier), attempt(number));
        running.push(tokio::spawn(async move {
            client.batch_execute(&format!("BEGIN ISOLATION LEVEL {level}")).await.expect("it begins");
            client.execute("SELECT awgp.set_context($1)", &[&tenant]).await.expect("a context");
            client.query("SELECT count(*) FROM awgp.users", &[]).await.expect("a snapshot");
            barrier.wait().await;
            let answer = client.execute(&sql, &[]).await;
            let done = answer.is_ok();
            client
                .batch_execute(if done { "COMMIT" } else { "ROLLBACK" })
                .await
                .map_err(|error| error.code().map(|code| code.code().to_owned()).unwrap_or_default())?;
            if done { Ok(()) } else { Err(refused(answer).reason.unwrap_or_default()) }
        }));
    }
    let (mut let_in, mut reasons) = (0, Vec::new());
    for attempt in running {
        match attempt.await.expect("it ends") {
            Ok(()) => let_in += 1,
            Err(reason) => reasons.push(reason),
        }
    }
    (let_in, reasons)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_exactly_as_many_get_in_as_there_are_places() {
    for level in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        for (kind, places) in [(USERS, 1), (ASSISTANTS, 5)] {
            let database = Database::new().await;
            let group = fixture::group(&database).await;
            let superuser = database.superuser().await;
            kind.leave_places(&superuser, group.north.id, places).await;
            let before = kind.count(&superuser, group.north.id).await;
            let (let_in, reasons) = at_once(&database, group.north.id, level, 24, |number| {
                kind.make.replace("$1::int", &number.to_string()).replace("$2::int", &number.to_string())
            })
            .await;
            let after = kind.count(&superuser, group.north.id).await;
            assert_eq!(after - before, i64::try_from(let_in).expect("a count"));
            // A serializable transaction may be told to try again; never may one too many get in.
            let refused = reasons.iter().filter(|reason| *reason == "quota_exceeded").count();
            if level == "SERIALIZABLE" {
                assert!(after - before <= i64::from(places), "{let_in} of {places}");
                assert!(
                    reasons.iter().all(|reason| ["quota_exceeded", "", "40001"].contains(&reason.as_str()))
                );
            } else {
                assert_eq!(
                    (after - before, refused),
                    (i64::from(places), 24 - let_in),
                    "{level}: {reasons:?}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_come_back_at_once_exactly_as_many_get_in_as_there_are_places() {
    for kind in KINDS {
        let database = Database::new().await;
        let group = fixture::group(&database).await;
        let superuser = database.superuser().await;
        kind.leave_places(&superuser, group.north.id, 24).await;
        let mut app = database.app().await;
        let transaction = within(&mut app, group.north.id).await;
        kind.make(&transaction, 0, 23).await.expect("places");
        let all = format!("UPDATE awgp.{} SET {} WHERE {}", kind.table, kind.inactive, kind.active);
        transaction.execute(&all, &[]).await.expect("all go");
        transaction.commit().await.expect("committed");
        kind.leave_places(&superuser, group.north.id, 3).await;
        let (let_in, reasons) = at_once(&database, group.north.id, "READ COMMITTED", 24, |number| {
            let who = if kind.table == "users" {
                format!("email = '{number}@quota.example'")
            } else {
                format!("slug = 'made-{number}'")
            };
            format!("UPDATE awgp.{} SET {} WHERE {who}", kind.table, kind.active)
        })
        .await;
        assert_eq!((let_in, kind.count(&superuser, group.north.id).await), (3, 3), "{reasons:?}");
        assert!(reasons.iter().all(|reason| reason == "quota_exceeded"), "{reasons:?}");
    }
}

#[tokio::test]
async fn a_quota_is_not_lowered_below_what_is_active() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let (admin, superuser) = (database.admin().await, database.superuser().await);
    for kind in KINDS {
        let active = i32::try_from(kind.count(&superuser, group.north.id).await).expect("a count");
        let sql = format!("UPDATE awgp.tenants SET {} = $2 WHERE id = $1", kind.quota);
        let lowered = admin.execute(&sql, &[&group.north.id, &(active - 1)]).await;
        assert_refused(lowered, "53400", "quota_in_use");
        admin.execute(&sql, &[&group.north.id, &active]).await.expect("to what is active");
        admin.execute(&sql, &[&group.north.id, &100]).await.expect("up again");
    }
}

#[tokio::test]
async fn lowering_a_quota_and_taking_its_last_place_wait_for_each_other() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let north = group.north.id;
    let superuser = database.superuser().await;
    USERS.leave_places(&superuser, north, 1).await;
    let taken = i32::try_from(USERS.count(&superuser, north).await).expect("a count");
    let lower = "UPDATE awgp.tenants SET quota_max_users = $2 WHERE id = $1";
    let mut admin = database.admin().await;
    let mut app = database.app().await;

    // The place is taken first: who lowers waits, and then sees it.
    let transaction = within(&mut app, north).await;
    USERS.make(&transaction, 1, 1).await.expect("the last place");
    let later = database.admin().await;
    let waiting = tokio::spawn(async move { later.execute(lower, &[&north, &taken]).await });
    database.until_somebody_waits().await;
    transaction.commit().await.expect("committed");
    assert_refused(waiting.await.expect("it ends"), "53400", "quota_in_use");

    // The quota is lowered first: who comes back waits, and then finds no place.
    superuser
        .execute("UPDATE awgp.users SET is_active = false WHERE email = '1@quota.example'", &[])
        .await
        .expect("he goes");
    let lowering = admin.transaction().await.expect("a transaction begins");
    lowering.execute(lower, &[&north, &taken]).await.expect("nobody is there");
    let waiting = tokio::spawn(async move {
        let transaction = within(&mut app, north).await;
        USERS.make(&transaction, 2, 2).await
    });
    database.until_somebody_waits().await;
    lowering.commit().await.expect("committed");
    assert_refused(waiting.await.expect("it ends"), "53400", "quota_exceeded");
}

#[tokio::test]
async fn nothing_else_waits_for_somebody_who_is_taking_a_place() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let (mut app, mut other) = (database.app().await, database.app().await);
    let transaction = within(&mut app, group.north.id).await;
    for kind in KINDS {
        kind.make(&transaction, 1, 1).await.expect("a place");
    }
    other.batch_execute("SET lock_timeout = '2s'").await.expect("a timeout");
    let own = within(&mut other, group.north.id).await;
    for sql in [
        "UPDATE awgp.users SET first_name = 'New'",
        "UPDATE awgp.users SET is_active = false WHERE role = 'viewer'",
        "UPDATE awgp.assistants SET description = 'New'",
        "INSERT INTO awgp.users (email, role, is_active) VALUES ('off@x.example', 'viewer', false)",
        "INSERT INTO awgp.assistants (name, slug, type) VALUES ('Off', 'off', 'custom')",
        "DELETE FROM awgp.users WHERE email = 'off@x.example'",
    ] {
        own.execute(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
    drop(own);
    let stranger = within(&mut other, group.other.id).await;
    for kind in KINDS {
        kind.make(&stranger, 1, 1).await.expect("another tenant's place");
    }
    drop(stranger);
    let waiting = within(&mut other, group.north.id).await;
    let refused = refused(USERS.make(&waiting, 2, 2).await);
    assert_eq!(refused.code, "55P03", "only who wants a place of the same tenant waits: {refused:?}");
}

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_gives_its_places_back() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    USERS.leave_places(&superuser, group.north.id, 1).await;
    let mut transaction = within(&mut app, group.north.id).await;
    let savepoint = transaction.transaction().await.expect("a savepoint");
    USERS.make(&savepoint, 1, 1).await.expect("the last place");
    savepoint.rollback().await.expect("rolled back");
    USERS.make(&transaction, 2, 2).await.expect("the place is free again");
    transaction.commit().await.expect("committed");
}
