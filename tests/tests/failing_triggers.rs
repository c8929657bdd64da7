//! An error inside of a trigger, whoever's it is and whenever it comes, leaves nothing behind: no row, no
//! event, no context, and a chain that goes on without a gap.

use awgp_tests::fixture::{Group, group, within};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::writer::recorded_titles;
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use std::collections::BTreeSet;
use tokio_postgres::{Client, Error};

/// A trigger of an operator that refuses work items called `refused`.
const REFUSE: &str = "
    CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN IF NEW.title = 'refused' THEN RAISE SQLSTATE '0A000'; END IF; RETURN NEW; END $$";

/// The times at which such a trigger may come.
const MOMENTS: [&str; 5] = [
    "CREATE TRIGGER aaa BEFORE INSERT OR UPDATE ON awgp.work_items FOR EACH ROW EXECUTE FUNCTION public.refuse()",
    "CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON awgp.work_items FOR EACH ROW EXECUTE FUNCTION public.refuse()",
    "CREATE TRIGGER aaa AFTER INSERT OR UPDATE ON awgp.work_items FOR EACH ROW EXECUTE FUNCTION public.refuse()",
    "CREATE TRIGGER zzz AFTER INSERT OR UPDATE ON awgp.work_items FOR EACH ROW EXECUTE FUNCTION public.refuse()",
    "CREATE CONSTRAINT TRIGGER zzz AFTER INSERT OR UPDATE ON awgp.work_items DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION public.refuse()",
];

/// Two work items, the second of which is refused.
async fn insert_two(app: &mut Client, group: &Group, titles: [&str; 2]) -> Result<(), Error> {
    let transaction = within(app, group.north.id).await;
    let sql = "INSERT INTO awgp.work_items (assistant_id, title) VALUES ($1, $2), ($1, $3)";
    transaction.execute(sql, &[&group.north.assistant, &titles[0], &titles[1]]).await?;
    transaction.execute("SELECT awgp.flush_audit()", &[]).await?;
    transaction.commit().await
}

/// The trail holds these work items and no other, intact, and so does the table.
async fn assert_kept(database: &Database, titles: &[impl AsRef<str>]) {
    let rows = trail::rows(database).await;
    assert_intact(trail::install_id(database).await, &rows);
    let kept = database.superuser().await;
    let sql = "SELECT title FROM awgp.work_items WHERE title <> 'First task'";
    let kept = kept.query(sql, &[]).await.expect("a superuser reads all");
    let expected: BTreeSet<String> = titles.iter().map(|title| title.as_ref().to_owned()).collect();
    assert_eq!(kept.iter().map(|row| row.get(0)).collect::<BTreeSet<String>>(), expected);
    assert_eq!(recorded_titles(&rows), expected);
    assert_eq!(trail::verify(database).await, []);
}

async fn assert_no_context(app: &Client) {
    let seen = app.query_one("SELECT count(*) FROM awgp.work_items", &[]).await.expect("no rows, no error");
    assert_eq!(seen.get::<_, i64>(0), 0);
    assert_refused(app.execute("DELETE FROM awgp.work_items", &[]).await, "42501", "no_tenant_context");
}

#[tokio::test]
async fn an_operators_trigger_that_fails_at_any_moment_leaves_nothing_behind() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    superuser.batch_execute(REFUSE).await.expect("a function");
    let mut app = database.app().await;
    let mut kept: Vec<String> = Vec::new();
    for (number, moment) in MOMENTS.iter().enumerate() {
        superuser.batch_execute(moment).await.expect("an operator adds a trigger");
        assert_sqlstate(insert_two(&mut app, &group, ["lost", "refused"]).await, "0A000");
        assert_no_context(&app).await;
        assert_kept(&database, &kept).await;
        let good = [format!("first {number}"), format!("second {number}")];
        insert_two(&mut app, &group, [&good[0], &good[1]]).await.expect("the session goes on");
        kept.extend(good);
        assert_kept(&database, &kept).await;
        let name = if moment.contains(" aaa ") { "aaa" } else { "zzz" };
        let drop = format!("DROP TRIGGER {name} ON awgp.work_items");
        superuser.batch_execute(&drop).await.expect("and drops it");
    }
}

#[tokio::test]
async fn a_failing_trigger_inside_of_a_savepoint_takes_its_own_statement_and_no_more() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    superuser.batch_execute(&format!("{REFUSE}; {}", MOMENTS[3])).await.expect("an operator's trigger");
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = format!(
        "DO $$ BEGIN
             INSERT INTO awgp.work_items (assistant_id, title) VALUES ('{0}', 'before');
             BEGIN
                 INSERT INTO awgp.work_items (assistant_id, title) VALUES ('{0}', 'lost');
                 PERFORM awgp.flush_audit();
                 INSERT INTO awgp.work_items (assistant_id, title) VALUES ('{0}', 'refused');
             EXCEPTION WHEN feature_not_supported THEN NULL;
             END;
             INSERT INTO awgp.work_items (assistant_id, title) VALUES ('{0}', 'after');
         END $$",
        group.north.assistant
    );
    transaction.batch_execute(&sql).await.expect("the error is caught");
    transaction.commit().await.expect("it commits");
    assert_kept(&database, &["before", "after"]).await;
}

#[tokio::test]
async fn a_row_that_our_own_triggers_refuse_takes_the_rows_before_it_along() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
               VALUES ($1, $2, 'lost'), ($3, $2, 'foreign')";
    let refused = transaction.execute(sql, &[&group.north.id, &group.north.assistant, &group.other.id]).await;
    assert_refused(refused, "42501", "foreign_tenant");
    transaction.rollback().await.expect("it ends");
    assert_no_context(&app).await;
    assert_kept(&database, &[""; 0]).await;
}

#[tokio::test]
async fn a_trail_that_refuses_the_row_at_commit_undoes_the_change_and_frees_the_lane() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    let sql = "CREATE FUNCTION public.full() RETURNS trigger LANGUAGE plpgsql
                   AS $$ BEGIN RAISE SQLSTATE '53100'; END $$;
               CREATE TRIGGER disk BEFORE INSERT ON awgp.audit_logs
                   FOR EACH ROW WHEN (NEW.after_state ->> 'title' = 'lost') EXECUTE FUNCTION public.full()";
    superuser.batch_execute(sql).await.expect("an operator's trigger");
    let mut app = database.app().await;
    let insert = "INSERT INTO awgp.work_items (assistant_id, title) VALUES ($1, $2)";
    for (title, fails) in [("first", false), ("lost", true), ("second", false)] {
        let transaction = within(&mut app, group.north.id).await;
        transaction.execute(insert, &[&group.north.assistant, &title]).await.expect("the statement is done");
        let committed = transaction.commit().await;
        if fails {
            assert_sqlstate(committed, "53100");
        } else {
            committed.expect("it commits");
        }
        assert_no_context(&app).await;
    }
    assert_kept(&database, &["first", "second"]).await;
    let lanes = trail::rows(&database).await;
    assert!(lanes.iter().all(|row| row.chain_lane == 0), "the lane of the failed commit was free again");
}
