//! Every way to write.

use super::{events, tracked};
use awgp_tests::Database;
use awgp_tests::trail::{self, assert_intact};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn every_way_to_write_is_captured_once() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let (owner, entity) = tracked(&database, "note text", "").await;
    let t = format!("'{tenant}'");
    let script = format!(
        "INSERT INTO shop.things (tenant_id, n) SELECT {t}, n FROM generate_series(1, 2) AS n;
         INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 2), ({t}, 3) ON CONFLICT (n) DO UPDATE SET n = 20;
         INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 20) ON CONFLICT DO NOTHING;
         MERGE INTO shop.things AS t USING (VALUES (1), (4)) AS s (n) ON t.n = s.n
             WHEN MATCHED THEN UPDATE SET n = 10 WHEN NOT MATCHED THEN INSERT (tenant_id, n) VALUES ({t}, 4);
         MERGE INTO shop.things AS t USING (VALUES (4)) AS s (n) ON t.n = s.n WHEN MATCHED THEN DELETE;
         COPY shop.things (tenant_id, n) FROM PROGRAM 'echo {tenant},5' (FORMAT csv);
         DO $$ BEGIN
             INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 6);
             BEGIN
                 INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 7);
                 INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 6);
             EXCEPTION WHEN unique_violation THEN
                 INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 8);
             END;
         END $$;
         WITH gone AS (DELETE FROM shop.things WHERE n = 8 RETURNING tenant_id)
             INSERT INTO shop.things (tenant_id, n) SELECT tenant_id, 9 FROM gone"
    );
    owner.batch_execute(&script).await.expect("the script runs");
    let undone = format!("BEGIN; INSERT INTO shop.things (tenant_id, n) VALUES ({t}, 98); ROLLBACK");
    owner.batch_execute(&undone).await.expect("is rolled back");
    let none = Value::Null;
    let insert = |n: i32| ("insert".to_owned(), none.clone(), json!(n));
    let update = |old: i32, new: i32| ("update".to_owned(), json!(old), json!(new));
    let delete = |n: i32| ("delete".to_owned(), json!(n), none.clone());
    let mut expected = vec![
        insert(1),
        insert(2),
        update(2, 20),
        insert(3),
        update(1, 10),
        insert(4),
        delete(4),
        insert(5),
        insert(6),
        insert(8),
        delete(8),
        insert(9),
    ];
    let mut seen = events(&database, &entity).await;
    let key = |event: &(String, Value, Value)| format!("{event:?}");
    // Within one statement PostgreSQL fires row by row; which of MERGE's rows comes first is its own.
    expected.sort_by_key(key);
    seen.sort_by_key(key);
    assert_eq!(seen, expected);
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn triggers_that_cascade_and_constraints_that_are_deferred_are_captured_in_order() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let (owner, entity) =
        tracked(&database, "parent integer REFERENCES shop.things (n) ON DELETE CASCADE", "").await;
    let script = format!(
        "CREATE FUNCTION shop.follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.n < 100 THEN INSERT INTO shop.things (tenant_id, n) VALUES (NEW.tenant_id, NEW.n + 100); END IF;
             RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER follow AFTER INSERT ON shop.things DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION shop.follow();
         BEGIN; INSERT INTO shop.things (tenant_id, n) VALUES ('{tenant}', 1); COMMIT;
         BEGIN; INSERT INTO shop.things (tenant_id, n) VALUES ('{tenant}', 2);
             SET CONSTRAINTS ALL IMMEDIATE; UPDATE shop.things SET n = 3 WHERE n = 2; COMMIT;
         BEGIN; INSERT INTO shop.things (tenant_id, n, parent) VALUES ('{tenant}', 104, 1); COMMIT;
         DELETE FROM shop.things WHERE n = 1;"
    );
    owner.batch_execute(&script).await.expect("the script runs");
    let summary: Vec<String> = events(&database, &entity)
        .await
        .iter()
        .map(|(action, old, new)| format!("{action} {old} {new}"))
        .collect();
    let expected = [
        "insert null 1",
        "insert null 101",
        "insert null 2",
        "insert null 102",
        "update 2 3",
        "insert null 104",
    ];
    assert_eq!(summary[..6], expected);
    // The parent's own delete and the one that cascades from it, in either order.
    assert_eq!(
        summary[6..].iter().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
        ["delete 1 null", "delete 104 null"].into()
    );
    assert_intact(trail::install_id(&database).await, &trail::rows(&database).await);
}

#[tokio::test]
async fn a_row_that_moves_to_another_tenant_is_told_to_each_of_them_apart() {
    let database = Database::new().await;
    let (old, new) = (Uuid::from_u128(7), Uuid::from_u128(8));
    let (owner, entity) = tracked(&database, "note text", "").await;
    let script = format!(
        "INSERT INTO shop.things (tenant_id, n) VALUES ('{old}', 1);
         UPDATE shop.things SET tenant_id = '{new}', n = 2"
    );
    owner.batch_execute(&script).await.expect("the row moves");
    let update = |before: Value, after: Value| ("update".to_owned(), before, after);
    let insert = ("insert".to_owned(), Value::Null, json!(1));
    let expected = [insert, update(json!(1), Value::Null), update(Value::Null, json!(2))];
    assert_eq!(events(&database, &entity).await, expected);
}
