//! Assistants on the console, and their flags.

use super::scenery::{NOBODY, console, done, flag, reader, seen};
use awgp_tests::Login;

#[tokio::test]
async fn a_manager_suspends_with_a_reason_and_resumes_and_an_operator_may_not() {
    let (database, group, console) = console().await;
    let path = format!("/assistants/{}", group.north.assistant);
    let status = format!("SELECT status FROM awgp.assistants WHERE id = '{}'", group.north.assistant);
    let mut operator = reader(&console, &group.north, "operator");
    let page = operator.page(&path);
    assert!(page.forms().is_empty() && page.says("Managers suspend"), "{page:#?}");
    operator.page("/messages");
    let refused = operator.post(&format!("{path}/suspend"), &[("reason", "x")]).expect(403);
    assert_eq!(refused.reason().as_deref(), Some("role_not_sufficient"));

    let mut manager = reader(&console, &group.north, "manager");
    manager.page(&path);
    manager.post(&format!("{path}/suspend"), &[("reason", "  ")]).expect(400);
    assert_eq!(seen(&database, &status).await, "active");
    let answer =
        manager.post(&format!("{path}/suspend"), &[("reason", "It repeats <b>itself</b>")]).expect(303);
    assert_eq!(seen(&database, &status).await, "suspended");
    let page = manager.follow(&answer);
    assert!(page.says("Helper is suspended") && page.says("Reason: It repeats <b>itself</b>"), "{page:#?}");
    assert!(page.says("manager@north.example") && page.says("status: active → suspended"), "{page:#?}");
    assert!(page.forms().contains(&format!("{path}/resume")), "{page:#?}");
    manager.post(&format!("{path}/resume"), &[]).expect(303);
    assert_eq!(seen(&database, &status).await, "active");
}

#[tokio::test]
async fn retiring_asks_whether_one_is_sure() {
    let (database, group, console) = console().await;
    let path = format!("/assistants/{}/retire", group.north.assistant);
    let status = format!("SELECT status FROM awgp.assistants WHERE id = '{}'", group.north.assistant);
    let mut manager = reader(&console, &group.north, "manager");
    manager.page(&format!("/assistants/{}", group.north.assistant));
    manager.post(&path, &[("reason", "old")]).expect(400);
    assert_eq!(seen(&database, &status).await, "active");
    manager.post(&path, &[("reason", "old"), ("sure", "yes")]).expect(303);
    assert_eq!(seen(&database, &status).await, "inactive");
}

#[tokio::test]
async fn assistants_page_and_filters_stay_in_the_links() {
    let (database, group, console) = console().await;
    let sql = "SELECT count(*)::text FROM generate_series(1, 60) AS n,
               LATERAL awgp.create_assistant('Clerk ' || lpad(n::text, 2, '0'), 'clerk-' || n, 'custom')";
    done(&database, &group.north, "admin", sql, &[]).await;
    let mut viewer = reader(&console, &group.north, "viewer");
    let first = viewer.page("/assistants?q=clerk&status=inactive");
    assert!(first.says("Clerk 01") && first.says("Clerk 50") && !first.says("Clerk 51"), "{first:#?}");
    assert!(!first.says("Helper"), "{first:#?}");
    let links = first.links();
    let next = links.iter().find(|link| link.contains("after=")).expect("a link to the next page");
    assert!(next.contains("q=clerk") && next.contains("status=inactive"), "{next}");
    let second = viewer.page(next);
    assert!(second.says("Clerk 51") && second.says("Clerk 60") && !second.says("Clerk 50"), "{second:#?}");
    assert!(second.says("The list ends here."), "{second:#?}");
}

#[tokio::test]
async fn a_name_cannot_disguise_and_is_no_markup() {
    let (database, group, console) = console().await;
    let sql = "SELECT id::text FROM awgp.update_assistant($1, name => E'<i>Pay\\u202egnp</i>', description => E'a\\u200bb')";
    done(&database, &group.north, "manager", sql, &[&group.north.assistant]).await;
    let id = flag(&database, &group.north, "Paid \u{202e}<script>alert(1)</script>").await;
    let mut viewer = reader(&console, &group.north, "viewer");
    for path in [
        "/assistants".into(),
        format!("/assistants/{}", group.north.assistant),
        "/flags".into(),
        format!("/flags/{id}"),
    ] {
        let page = viewer.page(&path);
        assert!(!page.body.contains(['\u{202e}', '\u{200b}']), "{path}: {page:#?}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<i>Pay"), "{path}: {page:#?}");
        assert!(page.body.contains("u{202e}"), "{path}: {page:#?}");
    }
}

#[tokio::test]
async fn a_manager_reviews_a_flag_and_the_one_that_reaches_the_limit_suspends() {
    let (database, group, console) = console().await;
    let settings = r#"{"hallucination_policy": {"suspend": {"confirmed": 2}}}"#;
    let sql = "UPDATE awgp.tenants SET settings = $2::text::jsonb WHERE id = $1";
    database.connect(Login::Admin).await.execute(sql, &[&group.north.id, &settings]).await.expect("settings");
    let (one, two) =
        (flag(&database, &group.north, "Paid.").await, flag(&database, &group.north, "Shipped.").await);
    let review = |id: &uuid::Uuid| format!("/flags/{id}/review");

    let mut operator = reader(&console, &group.north, "operator");
    let page = operator.page(&format!("/flags/{one}"));
    assert!(
        page.forms().is_empty() && page.says("Paid.") && page.says("Whoever has the role manager"),
        "{page:#?}"
    );
    operator.page("/messages");
    let refused = operator.post(&review(&one), &[("status", "confirmed")]).expect(403);
    assert_eq!(refused.reason().as_deref(), Some("role_not_sufficient"));

    let mut manager = reader(&console, &group.north, "manager");
    assert!(manager.page("/flags").says("Paid."));
    let page = manager.page(&format!("/flags/{one}"));
    assert!(page.says("2 confirmed flags within a week suspend it. Now 0 count."), "{page:#?}");
    manager.post(&review(&one), &[("notes", "n")]).expect(400);
    let answer =
        manager.post(&review(&one), &[("status", "confirmed"), ("notes", "It was not.")]).expect(303);
    let page = manager.follow(&answer);
    assert!(page.says("helper goes on") && page.says("It was not."), "{page:#?}");
    let answer = manager.post(&review(&two), &[("status", "confirmed")]).expect(303);
    assert!(manager.follow(&answer).says("helper is suspended"));
    let again = manager.post(&review(&two), &[("status", "confirmed")]).expect(409);
    assert_eq!(again.reason().as_deref(), Some("review_transition"));
    assert!(manager.page("/flags").says("No flag waits for a review."));
    let page = manager.page(&format!("/assistants/{}", group.north.assistant));
    assert!(page.says("2 confirmed hallucinations within 168 hours"), "{page:#?}");
}

#[tokio::test]
async fn an_id_of_another_tenant_answers_as_one_that_there_is_not() {
    let (database, group, console) = console().await;
    let theirs = flag(&database, &group.other, "Theirs.").await;
    let pool = super::scenery::pool(&database, &group.other, "10").await;
    let mut manager = reader(&console, &group.north, "super_admin");
    manager.page("/messages");
    for (place, id) in [("assistants", group.other.assistant), ("flags", theirs), ("money", pool)] {
        let (other, nobody) =
            (manager.get(&format!("/{place}/{id}")), manager.get(&format!("/{place}/{NOBODY}")));
        assert_eq!((other.status, other.body), (404, nobody.expect(404).body));
        manager.get(&format!("/{place}/x'--")).expect(404);
    }
    for (path, fields) in [
        ("/assistants/ID/suspend", vec![("reason", "x")]),
        ("/assistants/ID/resume", vec![]),
        ("/flags/ID/review", vec![("status", "confirmed")]),
        ("/money/ID/top-up", vec![("amount", "1"), ("reason", "x"), ("budget", "10")]),
    ] {
        let id = match path.split('/').nth(1) {
            Some("assistants") => group.other.assistant,
            Some("flags") => theirs,
            _ => pool,
        };
        let other = manager.post(&path.replace("ID", &id.to_string()), &fields);
        let nobody = manager.post(&path.replace("ID", NOBODY), &fields).expect(404);
        assert_eq!((other.status, other.body), (404, nobody.body), "{path}");
    }
    for path in ["/assistants", "/flags?status=all", "/money", "/messages"] {
        let page = manager.page(path);
        assert!(
            !page.body.contains(&group.other.assistant.to_string()) && !page.says("Theirs."),
            "{path}: {page:#?}"
        );
    }
}

#[tokio::test]
async fn an_assistants_page_says_that_a_stop_covers_it() {
    let (database, group, console) = console().await;
    let path = format!("/assistants/{}", group.north.assistant);
    let mut viewer = reader(&console, &group.north, "viewer");
    assert!(!viewer.page(&path).says("Stopped since"));
    let sql = "SELECT awgp.stop('holding', 'It answers letters twice', $1)";
    database.admin().await.query_one(sql, &[&group.holding.id]).await.expect("stopped");
    let page = viewer.page(&path);
    assert!(page.says("with the whole holding") && page.says("It answers letters twice"), "{page:#?}");
    // The stop of the holding has no page here; the list says what it is.
    assert!(page.links().contains(&"/stops".to_owned()), "{page:#?}");
    assert!(viewer.page("/assistants").says("stopped"));
}
