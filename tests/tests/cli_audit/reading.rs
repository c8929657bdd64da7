//! Listing, showing, following and exporting.

use super::{ids, verify, work};
use awgp_tests::Login;
use awgp_tests::cli::{Follower, json, table};
use awgp_tests::fixture::{scene, within_as};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn the_log_is_listed_newest_first_and_by_each_filter() {
    let (database, group) = scene().await;
    work(&database, &group.north, 3).await;
    let operator = group.north.user("operator").to_string();
    let log = |arguments: &[&str]| {
        let all = [&["audit", "log", "--tenant", "north"], arguments].concat();
        json(&database, Login::App, &all).expect(0).json()
    };
    let all = log(&[]);
    let mut sorted = ids(&all);
    sorted.sort_by_key(|id| std::cmp::Reverse(*id));
    assert_eq!(ids(&all), sorted);
    assert!(all.as_array().expect("rows").iter().all(|row| row["tenant_id"] == group.north.id.to_string()));
    let mine = log(&["--actor", &operator]);
    assert_eq!(ids(&mine), ids(&all)[..3]);
    assert_eq!(log(&["--actor", "user"]), mine);
    assert_eq!(log(&["--action", "update", "--entity", "work_items"]), mine);
    assert_eq!(ids(&log(&["--entity-id", &group.north.work_item.to_string()])).len(), 4);
    let newest = mine[0]["timestamp"].as_str().expect("a time");
    assert_eq!(ids(&log(&["--since", newest])), ids(&mine)[..1]);
    assert_eq!(ids(&log(&["--until", newest])), ids(&all)[1..]);
    assert_eq!(ids(&log(&["--limit", "2"])), ids(&all)[..2]);
    // A holding reads its subsidiaries' trails too, an auditor every tenant's.
    let holding = json(&database, Login::App, &["audit", "log", "--tenant", "holding"]).expect(0).json();
    assert!(ids(&holding).contains(&ids(&mine)[0]));
    let every = json(&database, Login::Auditor, &["audit", "log", "--limit", "1000"]).expect(0).json();
    assert!(every.as_array().expect("rows").iter().any(|row| row["tenant_id"] == group.other.id.to_string()));
    let one = ["audit", "log", "--tenant", &group.inactive.id.to_string(), "--limit", "1000"];
    assert!(!ids(&json(&database, Login::Auditor, &one).expect(0).json()).is_empty());
}

#[tokio::test]
async fn a_filter_or_context_that_cannot_be_is_refused() {
    let (database, _) = scene().await;
    for (arguments, code) in [
        (&["audit", "log", "--tenant", "north", "--actor", "robot"][..], 8),
        (&["audit", "log", "--tenant", "north", "--since", "soon"], 6),
        (&["audit", "log"], 3),
        (&["audit", "show", "1", "--tenant", "nowhere"], 3),
        (&["audit", "show", "999999", "--tenant", "north"], 8),
        (&["audit", "history", "work_items", &Uuid::nil().to_string(), "--tenant", "north"], 8),
        (&["audit", "history", "work_items", "7"], 2),
        (&["audit", "verify", "--tenant", "north"], 3),
        (
            &[
                "audit",
                "verify",
                "--tenant",
                "north",
                "--partition",
                "audit_logs_1999_01",
                "--install-id",
                &Uuid::nil().to_string(),
            ],
            8,
        ),
        (&["audit", "verify", "--file", "/no/such/file"], 6),
        (&["audit", "export", "--tenant", "north"], 3),
    ] {
        let outcome = table(&database, Login::App, arguments).expect(code);
        assert!(code == 2 || !outcome.hint().is_empty(), "{outcome:#?}");
    }
}

#[tokio::test]
async fn one_event_is_shown_with_its_states() {
    let (database, group) = scene().await;
    work(&database, &group.north, 1).await;
    let last =
        json(&database, Login::App, &["audit", "tail", "-n", "1", "--tenant", "north"]).expect(0).json();
    let id = last["id"].to_string();
    let shown = json(&database, Login::App, &["audit", "show", &id, "--tenant", "north"]).expect(0).json();
    assert_eq!(shown, last);
    assert_eq!(shown["after_state"]["description"], format!("version 0 of {}", "ż".repeat(40)));
    json(&database, Login::App, &["audit", "show", &id, "--tenant", "south"]).expect(8);
}

#[tokio::test]
async fn a_history_is_asked_for_by_the_key_of_an_applications_own_table() {
    let (database, group) = scene().await;
    let tenant = group.north.id;
    let sql = format!(
        "CREATE SCHEMA shop; CREATE TABLE shop.orders (country text, n integer, tenant_id uuid NOT NULL, v text, PRIMARY KEY (country, n));
         SELECT awgp.track_table('shop.orders'); INSERT INTO shop.orders VALUES ('de', 7, '{tenant}', 'a');
         ALTER TABLE shop.orders RENAME TO purchases; UPDATE shop.purchases SET v = 'b'"
    );
    database.superuser().await.batch_execute(&sql).await.expect("a row of an application's own");
    for (login, name, versions) in [
        (Login::App, "shop.purchases", 2),
        (Login::Auditor, "shop.purchases", 2),
        (Login::App, "shop.orders", 1),
    ] {
        let arguments = ["audit", "history", name, "de", "7", "--tenant", "north"];
        let history = json(&database, login, &arguments).expect(0).json();
        assert_eq!(history.as_array().map(Vec::len), Some(versions), "{name}: {history}");
    }
    json(&database, Login::App, &["audit", "history", "shop.purchases", "de7", "--tenant", "north"])
        .expect(8);
}

#[tokio::test]
async fn a_history_shows_what_changed_from_each_version_to_the_next() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let item = group.north.work_item;
    for sql in [
        r#"UPDATE awgp.work_items SET context = '{"limits": {"daily": 1.10, "n": [1, 2]}}' WHERE id = $1"#,
        r#"UPDATE awgp.work_items SET context = '{"limits": {"daily": 1.25, "n": [1, 3]}}', priority = 1 WHERE id = $1"#,
    ] {
        let transaction = within_as(&mut app, group.north.id, Some(group.north.user("manager"))).await;
        transaction.execute(sql, &[&item]).await.expect("a change");
        transaction.commit().await.expect("committed");
    }
    let arguments = ["audit", "history", "work_items", &item.to_string(), "--tenant", "north"];
    let versions = json(&database, Login::App, &arguments).expect(0);
    assert!(versions.stdout.contains("1.10"), "decimals are kept: {versions:#?}");
    let versions = versions.json();
    let versions = versions.as_array().expect("versions");
    let actions: Vec<_> = versions.iter().map(|version| version["action"].as_str()).collect();
    assert_eq!(actions, [Some("insert"), Some("update"), Some("update")]);
    // A page has the newest versions, and never hides without a word that there are older ones.
    let page = json(&database, Login::App, &[&arguments[..], &["--limit", "2"]].concat()).expect(0);
    assert_eq!(page.json().as_array().map(Vec::len), Some(2));
    let said: Value = serde_json::from_str(&page.stderr).expect("a notice");
    assert_eq!(said["more"], 1);
    let after = said["after"].as_str().expect("a cursor");
    let older = json(&database, Login::App, &[&arguments[..], &["--after", after]].concat()).expect(0).json();
    assert_eq!((older[0]["action"].as_str(), older[1].is_null()), (Some("insert"), true));
    let people = table(&database, Login::App, &[&arguments[..], &["--limit", "2"]].concat()).expect(0);
    assert!(people.stdout.contains("1 more row"), "{people:?}");
    let beginning = &item.to_string()[..8];
    let same = ["audit", "history", "work_items", beginning, "--tenant", "north"];
    assert_eq!(json(&database, Login::App, &same).expect(0).json().as_array().map(Vec::len), Some(3));
    assert_eq!(versions[2]["actor_id"], group.north.user("manager").to_string());
    let fields = |version: &Value| {
        let changes = version["changes"].as_array().expect("changes").clone();
        let of = changes.into_iter().filter(|change| change["field"] != "updated_at");
        of.map(|change| (change["field"].clone(), change["before"].clone(), change["after"].clone()))
            .collect::<Vec<_>>()
    };
    let mut last = fields(&versions[2]);
    last.sort_by_key(|(field, ..)| field.to_string());
    assert_eq!(
        last,
        [
            (json!("context.limits.daily"), json!(1.1), json!(1.25)),
            (json!("context.limits.n[1]"), json!(2), json!(3)),
            (json!("priority"), json!(3), json!(1)),
        ]
    );
    assert!(fields(&versions[0]).iter().all(|(_, before, after)| before.is_null() && !after.is_null()));
    let text = table(&database, Login::App, &arguments).expect(0).stdout;
    assert!(text.contains("context.limits.daily") && text.contains("1.25"), "{text}");
}

#[tokio::test]
async fn a_follower_sees_each_event_once_and_of_its_own_tenant_alone() {
    let (database, group) = scene().await;
    work(&database, &group.north, 2).await;
    let arguments = ["audit", "tail", "-n", "1", "--follow", "--tenant", "north", "--output", "json"];
    let mut follower = Follower::start(&arguments, &database.url(Login::App));
    let first: Value = serde_json::from_str(&follower.line()).expect("JSON");
    assert_eq!(first["after_state"]["description"], format!("version 1 of {}", "ż".repeat(40)));
    work(&database, &group.south, 1).await;
    work(&database, &group.north, 3).await;
    let mut last = first["id"].as_i64().expect("an id");
    for number in 0..3 {
        let event: Value = serde_json::from_str(&follower.line()).expect("JSON");
        assert_eq!(event["after_state"]["description"], format!("version {number} of {}", "ż".repeat(40)));
        assert_eq!(event["tenant_id"], group.north.id.to_string());
        assert!(event["id"].as_i64().expect("an id") > last);
        last = event["id"].as_i64().expect("an id");
    }
}

/// The next notification; none within five minutes is a failure.
async fn next(heard: &mut tokio::sync::mpsc::UnboundedReceiver<String>) -> String {
    let limit = std::time::Duration::from_mins(5);
    tokio::time::timeout(limit, heard.recv()).await.expect("in time").expect("a notification")
}

#[tokio::test]
async fn a_commit_notifies_with_a_number_only_where_the_setting_is_on() {
    let (database, group) = scene().await;
    let dba = database.superuser().await;
    let name = &database.name;
    dba.batch_execute(&format!("ALTER DATABASE {name} SET awgp.audit_notify = on"))
        .await
        .expect("a superuser may");
    let (listener, mut heard) = database.listener(Login::App, "awgp_audit").await;
    work(&database, &group.north, 1).await;
    let newest: i64 =
        dba.query_one("SELECT max(id) FROM awgp.audit_logs", &[]).await.expect("a number").get(0);
    let heard_first = next(&mut heard).await;
    assert_eq!(heard_first, newest.to_string());
    // A transaction that is rolled back, one that writes nothing, and one with the setting off say
    // nothing; the one after them is heard next.
    let mut app = database.app().await;
    let transaction = within_as(&mut app, group.north.id, None).await;
    let sql = "UPDATE awgp.work_items SET description = 'x' WHERE id = $1";
    transaction.execute(sql, &[&group.north.work_item]).await.expect("a change");
    transaction.rollback().await.expect("rolled back");
    dba.batch_execute(&format!("ALTER DATABASE {name} RESET awgp.audit_notify"))
        .await
        .expect("a superuser may");
    work(&database, &group.south, 1).await;
    dba.batch_execute(&format!("ALTER DATABASE {name} SET awgp.audit_notify = on"))
        .await
        .expect("a superuser may");
    work(&database, &group.holding, 1).await;
    let newest: i64 =
        dba.query_one("SELECT max(id) FROM awgp.audit_logs", &[]).await.expect("a number").get(0);
    assert_eq!(next(&mut heard).await, newest.to_string());
    drop(listener);
}

#[tokio::test]
async fn an_application_may_not_switch_notifications_on() {
    let (database, _) = scene().await;
    let refused =
        database.app().await.batch_execute("SELECT awgp.version(); SET awgp.audit_notify = on").await;
    awgp_tests::assert_sqlstate(refused, "42501");
}

#[tokio::test]
async fn a_prepared_transaction_commits_where_notifications_are_on() {
    let (database, group) = scene().await;
    let dba = database.superuser().await;
    let name = &database.name;
    dba.batch_execute(&format!("ALTER DATABASE {name} SET awgp.audit_notify = on"))
        .await
        .expect("a superuser may");
    let app = database.app().await;
    let work = format!(
        "BEGIN; SELECT awgp.set_context('{}'); UPDATE awgp.work_items SET priority = 1",
        group.north.id
    );
    app.batch_execute(&work).await.expect("a change");
    let prepared = app.batch_execute(&format!("PREPARE TRANSACTION '{name}'")).await;
    match prepared {
        Ok(()) => {
            app.batch_execute(&format!("COMMIT PREPARED '{name}'")).await.expect("committed");
            assert_eq!(verify(&database, &[], 0), [Value::Null; 0]);
        }
        // The server may be set up without prepared transactions; then there is nothing to prove.
        Err(error) => assert_eq!(error.code().map(|code| code.code()), Some("55000"), "{error}"),
    }
}

#[tokio::test]
async fn what_log_event_wrote_is_marked_everywhere_and_is_no_version_of_a_thing() {
    let (database, group) = scene().await;
    let item = group.north.work_item;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, group.north.id, Some(group.north.user("operator"))).await;
    let sql = r#"SELECT awgp.log_event('update', 'work_items', $1, '{"status": "backlog"}', '{"status": "completed"}',
                 '{"origin": "capture"}')"#;
    let id: i64 = transaction.query_one(sql, &[&item]).await.expect("an event is recorded").get(0);
    transaction.commit().await.expect("commits");
    let run = |arguments: &[&str]| {
        let all = [arguments, &["--tenant", "north"]].concat();
        (json(&database, Login::App, &all).expect(0), table(&database, Login::App, &all).expect(0).stdout)
    };
    let marked = |row: &Value| row["origin"] == "log_event" && row["metadata"]["origin"] == "log_event";
    for arguments in [&["audit", "log"][..], &["audit", "history", "work_items", &item.to_string()]] {
        let (rows, text) = run(arguments);
        let rows = rows.json();
        let rows = rows.as_array().expect("rows");
        assert!(rows.iter().all(|row| marked(row) == (row["id"] == id)), "{rows:#?}");
        assert_eq!(text.matches("log_event").count(), 1, "{text}");
    }
    let (versions, _) = run(&["audit", "history", "work_items", &item.to_string()]);
    let versions = versions.json();
    assert_eq!(versions.as_array().and_then(|all| all.last()).expect("it")["changes"], json!([]));
    let (shown, text) = run(&["audit", "show", &id.to_string()]);
    assert!(marked(&shown.json()) && text.contains("log_event"), "{text}");
    let (last, text) = run(&["audit", "tail", "-n", "1"]);
    assert!(marked(&last.json()) && text.contains("log_event"), "{text}");
    let export = json(&database, Login::Auditor, &["audit", "export"]).expect(0);
    let line = export.stdout.lines().find(|line| line.contains(&format!("\"id\":{id},"))).expect("its line");
    assert!(line.contains(r#"\"origin\": \"log_event\""#), "{line}");
}
