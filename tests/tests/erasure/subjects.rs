//! Somebody who is no user, such as a customer: the trail has values of theirs, and erases them likewise.

use super::{SECRET, assert_whole, counts, person, tables_with_the_secret};
use crate::checkpoints::stage::scene;
use awgp_tests::cli::{json, table};
use awgp_tests::fixture::{Tenant, group, within, within_as};
use awgp_tests::{Database, Login, assert_refused};
use tokio_postgres::Transaction;

use super::Line;

const ERASE: &str = "SELECT * FROM awgp.erase_subject($1::text::regclass, $2, 'request 19', $3)";

async fn erase_in(
    transaction: &Transaction<'_>,
    table: Option<&str>,
    whose: &str,
    is_dry: bool,
) -> Vec<Line> {
    let rows = transaction.query(ERASE, &[&table, &whose, &is_dry]).await.expect("the subject is erased");
    super::lines(&rows)
}

async fn erase(
    database: &Database,
    tenant: &Tenant,
    table: Option<&str>,
    whose: &str,
    is_dry: bool,
) -> Vec<Line> {
    let mut app = database.app().await;
    let transaction = within_as(&mut app, tenant.id, Some(tenant.user("admin"))).await;
    let lines = erase_in(&transaction, table, whose, is_dry).await;
    transaction.commit().await.expect("committed");
    lines
}

/// Two tracked tables with a customer each way, and an event about the same customer.
async fn shop(database: &Database, tenant: &Tenant) {
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC;
             CREATE TABLE shop.orders (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, customer text, note text);
             CREATE TABLE shop.visits (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, customer text, who text);
             GRANT ALL ON shop.orders, shop.visits TO PUBLIC;
             SELECT awgp.track_table('shop.orders', erasable => '{note}', subject => 'customer');
             SELECT awgp.track_table('shop.visits', erasable => '{who}', subject => 'customer')",
        )
        .await
        .expect("tracked tables");
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant.id).await;
    for sql in [
        "INSERT INTO shop.orders VALUES (1, $1, 'c-17', 'ring at zyzzyva7741'), (2, $1, 'c-18', 'somebody else')",
        "INSERT INTO shop.visits VALUES (1, $1, 'c-17', 'Zyzzyva7741')",
    ] {
        transaction.execute(sql, &[&tenant.id]).await.expect("rows of the application");
    }
    let sql = "SELECT awgp.log_event('sent', 'letter', after => '{\"to\": \"zyzzyva7741\"}', erasable => '{to}', subject => 'c-17')";
    transaction.execute(sql, &[]).await.expect("an event");
    transaction.commit().await.expect("committed");
    let transaction = within(&mut app, tenant.id).await;
    transaction
        .batch_execute("DELETE FROM shop.orders; DELETE FROM shop.visits")
        .await
        .expect("its own rows go");
    transaction.commit().await.expect("committed");
}

#[tokio::test]
async fn a_customer_is_erased_from_one_table_or_from_all() {
    let database = Database::new().await;
    let group = group(&database).await;
    let north = &group.north;
    shop(&database, north).await;
    let superuser = database.superuser().await;
    assert_eq!(tables_with_the_secret(&superuser).await, ["awgp.audit_erasable_values"]);

    // Another tenant finds none of it.
    let foreign = erase(&database, &group.south, None, "c-17", false).await;
    assert_eq!(foreign.len(), 1, "{foreign:#?}");
    assert_eq!(foreign[0].place, "elsewhere");

    let dry = erase(&database, north, Some("shop.orders"), "c-17", true).await;
    let lines = erase(&database, north, Some("shop.orders"), "c-17", false).await;
    assert_eq!(dry, lines, "a dry run says what an erasure does");
    // Of the insert and of the delete; the other customer and the other table stay.
    assert_eq!(counts(&lines, "awgp.audit_logs", "shop.orders.note"), (Some(2), 2, Some(0)));
    assert_eq!(lines.len(), 2, "{lines:#?}");
    let left = "SELECT count(*) FILTER (WHERE subject = 'c-17'), count(*) FILTER (WHERE subject = 'c-18'),
                       count(*) FILTER (WHERE erased_at IS NOT NULL) FROM awgp.audit_erasable_values";
    let row = superuser.query_one(left, &[]).await.expect("counted");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (3, 2, 2));
    assert_whole(&database).await;

    let lines = erase(&database, north, None, "c-17", false).await;
    assert_eq!(counts(&lines, "awgp.audit_logs", "shop.visits.who"), (Some(2), 2, Some(0)));
    assert_eq!(counts(&lines, "awgp.audit_logs", "letter.to"), (Some(1), 1, Some(0)));
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert_whole(&database).await;
    let events = "SELECT count(*), bool_or(after_state::text LIKE '%c-17%'), min(after_state ->> 'reason')
                  FROM awgp.audit_logs WHERE action = 'erase' AND entity_type = 'audit_erasable_values'";
    let row = superuser.query_one(events, &[]).await.expect("events");
    assert_eq!(
        (row.get(0), row.get(1), row.get(2)),
        (2_i64, false, "request 19"),
        "an event names no subject"
    );

    let again = erase(&database, north, None, "c-17", false).await;
    assert!(again.iter().all(|line| line.erased == 0), "{again:#?}");
    let row = superuser.query_one(events, &[]).await.expect("events");
    assert_eq!(row.get::<_, i64>(0), 2, "nothing was erased, so nothing is recorded");
    assert_whole(&database).await;
}

#[tokio::test]
async fn a_hold_keeps_a_customers_values_and_what_was_recorded_before_is_named() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let superuser = database.superuser().await;
    let sql = "CREATE TABLE public.visits (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, customer text, who text);
               GRANT ALL ON public.visits TO PUBLIC; SELECT awgp.track_table('public.visits')";
    superuser.batch_execute(sql).await.expect("a tracked table");
    let mut app = database.app().await;
    for (id, declare) in [
        (1_i64, "SELECT awgp.track_table('public.visits', erasable => '{who}', subject => 'customer')"),
        (2, "SELECT 1"),
    ] {
        let transaction = within(&mut app, north.id).await;
        let sql = "INSERT INTO public.visits VALUES ($1, $2, 'c-17', 'zyzzyva7741')";
        transaction.execute(sql, &[&id, &north.id]).await.expect("a visit");
        transaction.commit().await.expect("committed");
        superuser.batch_execute(declare).await.expect("declared");
    }
    let held = database.connect(Login::Maintainer).await;
    let sql = "SELECT awgp.hold_tenant_trail($1, 'a trial')";
    let hold: uuid::Uuid = held.query_one(sql, &[&north.id]).await.expect("a hold").get(0);
    let lines = erase(&database, &north, Some("visits"), "c-17", false).await;
    assert_eq!(counts(&lines, "awgp.audit_logs", "public.visits.who"), (Some(1), 0, Some(1)));
    let line = lines.iter().find(|line| line.what == "public.visits.who").expect("a line");
    assert_eq!(line.why, Some(format!("legal hold {hold}")));
    assert_eq!(counts(&lines, "awgp.audit_logs", "public.visits: who"), (Some(1), 0, Some(1)));
    let release = "SELECT awgp.release_hold($1, 'over')";
    database.admin().await.execute(release, &[&hold]).await.expect("released");
    let lines = erase(&database, &north, Some("visits"), "c-17", false).await;
    assert_eq!(counts(&lines, "awgp.audit_logs", "public.visits.who"), (Some(1), 1, Some(0)));
    assert_whole(&database).await;
}

#[tokio::test]
async fn who_may_not_erase_a_subject_is_told_why_and_a_user_is_none() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let user = person(&database, &north).await;
    let mut app = database.app().await;
    let none: Option<&str> = None;
    assert_refused(app.query(ERASE, &[&none, &"c-17", &false]).await, "42501", "no_tenant_context");
    for role in ["viewer", "operator", "manager"] {
        for is_dry in [true, false] {
            let transaction = within_as(&mut app, north.id, Some(north.user(role))).await;
            let refused = transaction.query(ERASE, &[&none, &"c-17", &is_dry]).await;
            assert_refused(refused, "42501", "role_not_sufficient");
        }
    }
    let transaction = app.transaction().await.expect("begins");
    let context = "SELECT awgp.set_context($1, NULL, $2)";
    transaction.execute(context, &[&north.id, &north.assistant]).await.expect("a context");
    assert_refused(transaction.query(ERASE, &[&none, &"c-17", &false]).await, "42501", "human_needed");
    drop(transaction);
    let transaction = within(&mut app, north.id).await;
    transaction.batch_execute("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ").await.expect("begins");
    transaction.execute("SELECT awgp.set_context($1)", &[&north.id]).await.expect("a context");
    assert_refused(transaction.query(ERASE, &[&none, &"c-17", &false]).await, "55000", "erasure_isolation");
    drop(transaction);
    for (table, whose) in [
        (None, user.to_string()),
        (None, user.to_string().to_uppercase()),
        (Some("awgp.users"), "c-17".to_owned()),
        (None, " ".to_owned()),
    ] {
        let transaction = within_as(&mut app, north.id, Some(north.user("super_admin"))).await;
        assert_refused(transaction.query(ERASE, &[&table, &whose, &false]).await, "22023", "out_of_range");
    }
}

#[tokio::test]
async fn the_command_erases_a_subject() {
    let (database, group, _) = scene().await;
    shop(&database, &group.north).await;
    let admin = ["--tenant", "north", "--user", "admin@north.example"];
    let line = ["audit", "erase-subject", "c-17", "--reason", "request 19"];
    let unsure = [admin.as_slice(), &line].concat();
    table(&database, Login::App, &unsure).expect(2);
    let dry = [unsure.as_slice(), &["--dry-run", "--table", "shop.orders", "--output", "csv"]].concat();
    let told = table(&database, Login::App, &dry).expect(0).stdout;
    assert!(
        told.starts_with("place,what,found,erased,remains,why\nawgp.audit_logs,shop.orders.note,2,2,0,"),
        "{told}"
    );
    let sure = [unsure.as_slice(), &["--yes"]].concat();
    let lines = json(&database, Login::App, &sure).expect(0).json();
    assert_eq!(lines.as_array().map(Vec::len), Some(4), "{lines}");
    let superuser = database.superuser().await;
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert!(!lines.to_string().contains(SECRET));
}
