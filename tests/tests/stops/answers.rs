//! What is answered about a stop, and to whom.

use super::{WAYS, begin, id_of, scene, stop};
use awgp_core::civil::parse_timestamp;
use awgp_tests::cli::{json, table};
use awgp_tests::fixture::within;
use awgp_tests::{Login, assert_refused, assert_sqlstate};
use serde_json::{Value, json};

#[tokio::test]
async fn an_auditor_reads_every_stop_and_what_runs_under_it_and_resumes_none() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    begin(&transaction, WAYS[2].1, group.north.assistant, group.north.work_item).await.expect("begun");
    transaction.commit().await.expect("commits");
    let admin = database.admin().await;
    let north = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    let everything = stop(&admin, "installation", None).await.expect("stopped");
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT awgp.stop_details($1)";
    for stopped in [&north, &everything] {
        let details: Value =
            auditor.query_one(sql, &[&id_of(stopped)]).await.expect("an auditor reads").get(0);
        assert_eq!(details["running"]["work_items"]["count"], 1, "{details:#}");
    }
    let refused = auditor.query_one("SELECT awgp.resume($1, 'x')", &[&id_of(&north)]).await;
    assert_sqlstate(refused, "42501");
    let refused = database.connect(Login::Maintainer).await.query_one(sql, &[&id_of(&north)]).await;
    assert_sqlstate(refused, "42501");
    let transaction = within(&mut app, group.other.id).await;
    assert_refused(transaction.query_one(sql, &[&id_of(&north)]).await, "P0002", "unknown_stop");
    let id = id_of(&north).to_string();
    let shown = json(&database, Login::Auditor, &["stop", "show", &id[..8]]).expect(0).json();
    assert_eq!(
        (&shown["tenant_slug"], &shown["running"]["work_items"]["count"]),
        (&json!("north"), &json!(1))
    );
}

/// Every text in an answer below a key that ends with `_at`.
fn times<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a str)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if key.ends_with("_at") => found.push((key, text)),
                    _ => times(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| times(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_time_in_an_answer_has_one_spelling_whatever_the_session_says() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    for (name, sql) in [WAYS[1], WAYS[2], WAYS[0]] {
        let transaction = within(&mut app, group.north.id).await;
        begin(&transaction, sql, group.north.assistant, group.north.work_item).await.expect(name);
        transaction.commit().await.expect("commits");
    }
    let admin = database.admin().await;
    admin
        .batch_execute("SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'")
        .await
        .expect("settings");
    let stopped = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    let mut found = Vec::new();
    times(&stopped, &mut found);
    // Of the stop, of actions and reservations two each, of the item.
    assert!(found.len() >= 6, "{stopped:#}");
    let moment = |time: &str| parse_timestamp(time).unwrap_or_else(|| panic!("{time}"));
    let now = moment(stopped["stopped_at"].as_str().expect("a time"));
    // The zone is six hours away. A reservation may last longer.
    for (key, time) in found {
        let apart = moment(time).abs_diff(now);
        assert!(apart < 3 * 3600 * 1_000_000 || key == "expires_at", "{key} {time}");
    }
}

#[tokio::test]
async fn lists_of_assistants_say_who_is_stopped_and_by_the_widest_stop() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    let listed = || {
        let list = json(&database, Login::App, &["assistant", "list", "--tenant", "north"]).expect(0).json();
        list.as_array().expect("a list").iter().map(|one| one["stopped"].clone()).collect::<Vec<_>>()
    };
    assert!(listed().iter().all(Value::is_null));
    stop(&admin, "assistant", Some(group.north.assistant)).await.expect("stopped");
    assert!(listed().contains(&json!("assistant")));
    stop(&admin, "holding", Some(group.holding.id)).await.expect("stopped");
    assert!(listed().iter().all(|stopped| stopped == "holding"));
    let shown = table(&database, Login::App, &["assistant", "list", "--tenant", "north"]).expect(0).stdout;
    assert!(shown.contains("stopped") && shown.contains("holding"), "{shown}");
    let other = json(&database, Login::App, &["assistant", "list", "--tenant", "other"]).expect(0).json();
    assert!(other.as_array().expect("a list").iter().all(|one| one["stopped"].is_null()), "{other:#}");
}

#[tokio::test]
async fn monitoring_knows_how_long_the_oldest_stop_stands() {
    let (database, group) = scene().await;
    stop(&database.admin().await, "tenant", Some(group.north.id)).await.expect("stopped");
    let older = "ALTER TABLE awgp.stops DISABLE TRIGGER USER;
                 UPDATE awgp.stops SET stopped_at = now() - interval '5 hours'";
    database.superuser().await.batch_execute(older).await.expect("a superuser may");
    let monitor = database.connect(Login::Monitor).await;
    let sql = "SELECT labels ->> 'scope', value::float8 FROM awgp.metrics()
               WHERE name = 'awgp_stops_oldest_age_seconds' ORDER BY 1";
    let ages = monitor.query(sql, &[]).await.expect("numbers");
    let ages: Vec<(String, bool)> =
        ages.iter().map(|row| (row.get(0), row.get::<_, f64>(1) >= 18_000.0)).collect();
    let expected = [("assistant", false), ("holding", false), ("installation", false), ("tenant", true)];
    assert_eq!(ages, expected.map(|(scope, is_old)| (scope.to_owned(), is_old)));
}
