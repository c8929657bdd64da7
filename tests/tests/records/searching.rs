//! Search over messages: what is found, what never is, and by which index.

use super::{log, row, said};
use awgp_tests::fixture::{Group, group, within};
use awgp_tests::{Database, Login, assert_refused};
use serde_json::json;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// Ids of what is found.
async fn found(transaction: &Transaction<'_>, query: &str) -> Vec<Uuid> {
    let sql = "SELECT id FROM awgp.search_conversations($1)";
    let rows = transaction.query(sql, &[&query]).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn messages_are_found_by_their_words_the_newest_conversation_first() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let parts = json!([{"type": "text", "text": "Rechnung"}, {"type": "text", "text": "über 7"}]);
    let (old, _) = log(&transaction, &north, &json!([said("The quick brown fox"), said("jumps")])).await;
    let (new, _) =
        log(&transaction, &north, &json!([{"role": "assistant", "content": parts}, said("a FOX is quick")]))
            .await;
    for (query, expected) in [
        ("fox", vec![new, old]),
        ("quick fox", vec![new, old]),
        ("\"quick brown\"", vec![old]),
        ("fox -brown", vec![new]),
        ("rechnung", vec![new]),
        ("brown or ÜBER", vec![new, old]),
        ("user", vec![]),
        ("text", vec![]),
        // Words of two messages.
        ("fox jumps", vec![]),
        ("fo", vec![]),
    ] {
        assert_eq!(found(&transaction, query).await, expected, "{query}");
    }
    let append = "SELECT to_jsonb(c) FROM awgp.append_conversation($1, $2) AS c";
    row(&transaction, append, &[&old, &json!([said("Zebra")])]).await;
    assert_eq!(found(&transaction, "zebra").await, [old]);
    let one = "SELECT count(*) FROM awgp.search_conversations('fox', $1, 1)";
    for (assistant, expected) in [(north.assistant, 1_i64), (north.work_item, 0)] {
        assert_eq!(
            transaction.query_one(one, &[&assistant]).await.expect("a count").get::<_, i64>(0),
            expected
        );
    }
}

#[tokio::test]
async fn a_query_without_a_word_finds_nothing_and_says_why() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    log(&transaction, &north, &json!([said("fox"), said("🙂"), said("")])).await;
    transaction.commit().await.expect("committed");
    for query in [
        "!!!",
        "🙂",
        "\"",
        "\"!\"",
        "-",
        "- -",
        "…",
        "()",
        "***",
        "\u{200b}",
        "、。",
        "",
        "  ",
        "- \"\" 🙂 or !",
    ] {
        let transaction = within(&mut app, north.id).await;
        let sql = "SELECT id FROM awgp.search_conversations($1)";
        assert_refused(transaction.query(sql, &[&query]).await, "22023", "out_of_range");
    }
    let transaction = within(&mut app, north.id).await;
    assert_eq!(found(&transaction, "!!! fox 🙂").await.len(), 1);
}

async fn secrets(database: &Database, group: &Group) {
    let mut app = database.app().await;
    for tenant in [&group.holding, &group.north, &group.south, &group.other] {
        let transaction = within(&mut app, tenant.id).await;
        log(&transaction, tenant, &json!([said(&format!("falcon of {}", tenant.slug))])).await;
        transaction.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn nobody_finds_a_word_of_a_tenant_that_they_do_not_see() {
    let database = Database::new().await;
    let group = group(&database).await;
    secrets(&database, &group).await;
    let mut app = database.app().await;
    let slugs = ["holding", "north", "south", "other"];
    for (tenant, visible) in [
        (&group.holding, vec!["holding", "north", "south"]),
        (&group.north, vec!["north"]),
        (&group.other, vec!["other"]),
    ] {
        let transaction = within(&mut app, tenant.id).await;
        assert_eq!(found(&transaction, "falcon").await.len(), visible.len());
        for slug in slugs {
            assert_eq!(found(&transaction, slug).await.len(), usize::from(visible.contains(&slug)), "{slug}");
        }
        // A query cannot name a tenant, and a negation finds no more than the tenant's own.
        let tricks =
            [format!("tenant={}", group.south.id), "\"tenant=\"".to_owned(), "falcon or -falcon".to_owned()];
        for trick in &tricks {
            assert!(found(&transaction, trick).await.len() <= visible.len(), "{trick}");
        }
    }
    let transaction = within(&mut app, group.north.id).await;
    // A function that tells what it is shown is shown nothing of others.
    transaction
        .batch_execute(
            "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
             $$ BEGIN RAISE EXCEPTION 'seen: %', $1; END $$",
        )
        .await
        .expect("an application may");
    for sql in [
        "SELECT count(*) FROM awgp.search_conversations('south') WHERE pg_temp.leak(messages::text)",
        "SELECT count(*) FROM awgp.conversation_search WHERE tenant_id <> awgp.current_tenant() AND pg_temp.leak(words::text)",
    ] {
        let seen: i64 = transaction.query_one(sql, &[]).await.expect("it is called for no row").get(0);
        assert_eq!(seen, 0);
    }
    let app = database.app().await;
    assert_refused(
        app.query("SELECT awgp.search_conversations('falcon')", &[]).await,
        "42501",
        "no_tenant_context",
    );
    let nobody = database.connect(Login::Nobody).await;
    assert!(nobody.query("SELECT awgp.conversation_hits('falcon')", &[]).await.is_err());
}

#[tokio::test]
async fn a_query_is_bounded() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for call in [
        "search_conversations(NULL)".to_owned(),
        "search_conversations('  ')".to_owned(),
        format!("search_conversations('{}')", "x".repeat(1001)),
        "search_conversations('x', max_rows => 0)".to_owned(),
        "search_conversations('x', max_rows => 1001)".to_owned(),
        "search_conversations('x', max_rows => NULL)".to_owned(),
    ] {
        let transaction = within(&mut app, north.id).await;
        assert_refused(transaction.query(&format!("SELECT awgp.{call}"), &[]).await, "22023", "out_of_range");
    }
}

/// How often an index was scanned.
async fn scans(superuser: &Client, index: &str) -> i64 {
    let sql = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1";
    superuser.query_one(sql, &[&index]).await.expect("statistics").get(0)
}

/// Lets what a session has counted be seen.
async fn flush(client: &Client) {
    client.batch_execute("SELECT pg_stat_force_next_flush(); SELECT 1").await.expect("a flush");
}

#[tokio::test]
async fn a_search_uses_the_index_and_a_plain_query_under_row_level_security_cannot() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (north, south) = (&group.north, &group.south);
    let mut app = database.app().await;
    for tenant in [south, north] {
        let transaction = within(&mut app, tenant.id).await;
        let fill = "INSERT INTO awgp.conversation_logs (assistant_id, channel, messages)
                    SELECT $1, 'x', jsonb_build_array(jsonb_build_object('role', 'user', 'content', 'word common ' || n))
                    FROM generate_series(1, 2000) AS n";
        transaction.execute(fill, &[&tenant.assistant]).await.expect("filled");
        transaction.commit().await.expect("committed");
    }
    let superuser = database.superuser().await;
    superuser
        .batch_execute("VACUUM ANALYZE awgp.conversation_search, awgp.conversation_logs")
        .await
        .expect("analyzed");
    let before = scans(&superuser, "idx_conversation_search_words").await;
    let transaction = within(&mut app, north.id).await;
    assert_eq!(found(&transaction, "common 1234").await.len(), 1);
    assert_eq!(found(&transaction, "common").await.len(), 50, "the default bound");
    transaction.commit().await.expect("committed");
    flush(&app).await;
    let used = scans(&superuser, "idx_conversation_search_words").await - before;
    assert_eq!(used, 2, "each search is a scan of the index");
    let transaction = within(&mut app, north.id).await;
    let sql = "EXPLAIN SELECT 1 FROM awgp.conversation_search WHERE words @@ '1234'::tsquery";
    let plan: Vec<String> =
        transaction.query(sql, &[]).await.expect("a plan").iter().map(|row| row.get(0)).collect();
    assert!(!plan.join("\n").contains("idx_conversation_search_words"), "{plan:#?}");
}
