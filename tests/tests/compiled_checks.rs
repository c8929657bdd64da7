//! CHECKs are compiled once a session (awgp_ext/src/pg/compiled_checks.rs), and hold as if they were
//! compiled for each statement.

use awgp_tests::fixture::{Group, group, within};
use awgp_tests::{Database, assert_sqlstate};
use tokio_postgres::{Client, Error};

const CHECK_VIOLATION: &str = "23514";

async fn insert(app: &mut Client, group: &Group, title: &str) -> Result<u64, Error> {
    let transaction = within(app, group.north.id).await;
    let sql = "INSERT INTO awgp.work_items (assistant_id, title) VALUES ($1, $2)";
    let count = transaction.execute(sql, &[&group.north.assistant, &title]).await?;
    transaction.commit().await.map(|()| count)
}

#[tokio::test]
async fn awgps_own_hold_in_each_kind_of_statement_again_and_again() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    for _ in 0..3 {
        insert(&mut app, &group, "good").await.expect("it meets every CHECK");
        for bad in [
            "INSERT INTO awgp.work_items (assistant_id, title, risk_level) VALUES ($1, 'T', 9)",
            "UPDATE awgp.work_items SET risk_level = 9 WHERE assistant_id = $1",
            "WITH made AS (INSERT INTO awgp.work_items (assistant_id, title, risk_level) VALUES ($1, 'T', 9) RETURNING id)
             SELECT count(*) FROM made",
        ] {
            let transaction = within(&mut app, group.north.id).await;
            let refused = transaction.execute(bad, &[&group.north.assistant]).await;
            let named = refused.as_ref().err().and_then(|error| error.as_db_error()?.constraint().map(str::to_owned));
            assert_sqlstate(refused, CHECK_VIOLATION);
            assert_eq!(named.as_deref(), Some("work_items_risk_level_check"), "{bad}");
        }
    }
}

#[tokio::test]
async fn one_that_an_operator_adds_or_drops_counts_at_once_in_every_session() {
    const ADD: &str = "ALTER TABLE awgp.work_items ADD CONSTRAINT of_the_house CHECK (title <> 'refused')";
    const REPLACE: &str = "ALTER TABLE awgp.work_items DROP CONSTRAINT work_items_risk_level_check,
                                                    ADD CONSTRAINT of_the_house CHECK (title <> 'unwanted')";
    const DROP: &str = "ALTER TABLE awgp.work_items DROP CONSTRAINT of_the_house";
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    for _ in 0..3 {
        insert(&mut app, &group, "good").await.expect("it meets every CHECK");
        superuser.batch_execute(ADD).await.expect("an operator adds a CHECK");
        assert_sqlstate(insert(&mut app, &group, "refused").await, CHECK_VIOLATION);
        insert(&mut app, &group, "good").await.expect("the session goes on");
        superuser.batch_execute(DROP).await.expect("and drops it");
        insert(&mut app, &group, "refused").await.expect("nothing refuses it");
        superuser
            .batch_execute("DELETE FROM awgp.work_items WHERE title = 'refused'")
            .await
            .expect("it goes");
    }
    // One in the place of another: the table has as many as before.
    superuser.batch_execute(REPLACE).await.expect("an operator replaces a CHECK of ours");
    assert_sqlstate(insert(&mut app, &group, "unwanted").await, CHECK_VIOLATION);
    insert(&mut app, &group, "good").await.expect("the session goes on");
    superuser.batch_execute(DROP).await.expect("it is dropped");
    insert(&mut app, &group, "unwanted").await.expect("nothing refuses it");
    // Within one transaction too.
    let ours = format!("SELECT awgp.set_context('{}')", group.north.id);
    superuser.batch_execute(&format!("BEGIN; {ours}")).await.expect("a transaction");
    let sql = "INSERT INTO awgp.work_items (assistant_id, title) VALUES ($1, $2)";
    superuser.execute(sql, &[&group.north.assistant, &"good"]).await.expect("it meets every CHECK");
    // The events of a table's rows are written first: it is in use until then.
    superuser.batch_execute(&format!("SET CONSTRAINTS ALL IMMEDIATE; {ADD}")).await.expect("a CHECK");
    assert_sqlstate(superuser.execute(sql, &[&group.north.assistant, &"refused"]).await, CHECK_VIOLATION);
    superuser.batch_execute("ROLLBACK").await.expect("it ends");
    insert(&mut app, &group, "refused").await.expect("it was never there");
}

/// A CHECK that writes the very table: while it is evaluated for one row, it is evaluated for another one.
#[tokio::test]
async fn one_that_writes_its_own_table_is_evaluated_within_itself() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE FUNCTION public.letters(title text, tenant uuid, assistant uuid) RETURNS integer LANGUAGE plpgsql
                 AS $$ BEGIN
                     IF title = 'outer' THEN
                         INSERT INTO awgp.work_items (tenant_id, assistant_id, title) VALUES (tenant, assistant, 'a longer one inside');
                     END IF;
                     RETURN length(title);
                 END $$;
             ALTER TABLE awgp.work_items
                 ADD CONSTRAINT of_the_house CHECK (length(title) = public.letters(title, tenant_id, assistant_id)) NOT VALID",
        )
        .await
        .expect("an operator's CHECK");
    let mut app = database.app().await;
    for _ in 0..3 {
        insert(&mut app, &group, "outer").await.expect("both rows meet the CHECK");
    }
    let counted = superuser
        .query_one(
            "SELECT count(*) FROM awgp.work_items WHERE title IN ('outer', 'a longer one inside')",
            &[],
        )
        .await
        .expect("a superuser reads all");
    assert_eq!(counted.get::<_, i64>(0), 6);
}
