//! The trail: its list, one event, the history of one thing, and verifying it.

use awgp_tests::console::{Console, Page, Reader};
use awgp_tests::fixture::{Group, within_as};
use awgp_tests::tampering::tamper;
use awgp_tests::tokens::{ISSUER, token_of, trusting_database};
use awgp_tests::{Database, Login};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A reader of north's with this role.
fn reader(console: &Console, group: &Group, role: &str) -> Reader {
    console.reader_with(&token_of(group.north.user(role)))
}

/// The numbers of the events on a page, in their order.
fn numbers(page: &Page) -> Vec<i64> {
    let links = page.links();
    links.iter().filter_map(|link| link.strip_prefix("/audit/")?.parse().ok()).collect()
}

/// The link to the next page.
fn next(page: &Page) -> Option<String> {
    let (_, rest) = page.body.split_once("rel=\"next\" href=\"")?;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}

/// All numbers of a list, page by page.
fn all(reader: &mut Reader, path: &str) -> Vec<i64> {
    let mut page = reader.page(path);
    let mut found = numbers(&page);
    while let Some(path) = next(&page) {
        page = reader.page(&path);
        found.extend(numbers(&page));
    }
    assert!(page.body.contains("list ends here") || found.len() <= 50, "a list says where it ends");
    found
}

/// What the superuser finds of north's events.
async fn wanted(database: &Database, group: &Group, condition: &str) -> Vec<i64> {
    let sql = format!(
        "SELECT id FROM awgp.audit_logs WHERE tenant_id = $1 AND {condition} ORDER BY \"timestamp\" DESC, id DESC"
    );
    let rows = database.superuser().await.query(&sql, &[&group.north.id]).await.expect("events");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Two hundred and more events of north: those of the fixture, of its manager, and of an application.
async fn busy() -> (Database, Group) {
    let (database, group) = trusting_database().await;
    let mut app = database.app().await;
    let sql = "SELECT count(awgp.log_event('tick', 'clock', NULL, NULL, jsonb_build_object('n', n)))
               FROM generate_series(1, 210) AS n";
    let work = within_as(&mut app, group.north.id, None).await;
    work.execute(sql, &[]).await.expect("events");
    work.commit().await.expect("committed");
    let manager = group.north.user("manager");
    for title in ["Sell the <b>ship</b>\u{202e}gnp", "Sell the anchor"] {
        let work = within_as(&mut app, group.north.id, Some(manager)).await;
        let sql = "UPDATE awgp.work_items SET title = $2 WHERE id = $1";
        work.execute(sql, &[&group.north.work_item, &title]).await.expect("a new title");
        work.commit().await.expect("committed");
    }
    (database, group)
}

#[tokio::test]
async fn the_pages_of_the_list_have_every_event_once_and_filters_find_what_people_know() {
    let (database, group) = busy().await;
    let console = Console::bearer(&database);
    let mut viewer = reader(&console, &group, "viewer");
    let everything = wanted(&database, &group, "true").await;
    assert!(everything.len() > 200);
    assert_eq!(all(&mut viewer, "/audit"), everything);
    let item = group.north.work_item.to_string();
    let short = &item[..8];
    let of_item = wanted(&database, &group, &format!("entity_id = '{item}'")).await;
    assert_eq!(of_item.len(), 3);
    for (query, condition) in [
        ("who=MANAGER%40north.example".to_owned(), "actor_type = 'user'".to_owned()),
        (format!("who={}", &group.north.user("manager").to_string()[..8]), "actor_type = 'user'".to_owned()),
        ("who=system".to_owned(), "actor_type = 'system'".to_owned()),
        ("who=nobody%40other.example".to_owned(), "false".to_owned()),
        ("who=admin%40other.example".to_owned(), "false".to_owned()),
        ("action=tick".to_owned(), "action = 'tick'".to_owned()),
        ("kind=users".to_owned(), "entity_type = 'users'".to_owned()),
        (format!("id={item}"), format!("entity_id = '{item}'")),
        (format!("kind=work_items&id={short}"), format!("entity_id = '{item}'")),
        ("text=ANCHOR".to_owned(), "after_state ->> 'title' LIKE '%anchor%'".to_owned()),
        (
            "text=viewer%40north".to_owned(),
            "entity_type = 'users' AND after_state ->> 'role' = 'viewer'".to_owned(),
        ),
        ("from=2001-01-01&until=2001-12-31".to_owned(), "false".to_owned()),
        ("from=2001-01-01&action=tick".to_owned(), "action = 'tick'".to_owned()),
    ] {
        let wanted = wanted(&database, &group, &condition).await;
        assert_eq!(all(&mut viewer, &format!("/audit?{query}")), wanted, "{query}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_named_and_what_was_typed_stays() {
    let (database, group) = trusting_database().await;
    let console = Console::bearer(&database);
    let mut viewer = reader(&console, &group, "viewer");
    for (query, field, typed) in [("id=zz&who=a%22b", "id", "zz"), ("from=24.12.2026", "from", "24.12.2026")]
    {
        let page = viewer.page(&format!("/audit?{query}"));
        assert_eq!(page.value(field).as_deref(), Some(typed));
        assert!(page.body.contains(&format!("id=\"{field}-wrong\"")), "{page:#?}");
        assert_eq!(numbers(&page), [0; 0]);
    }
    viewer.get("/audit?after=x").expect(400);
}

#[tokio::test]
async fn an_event_or_a_thing_of_another_tenant_answers_as_one_that_does_not_exist() {
    let (database, group) = trusting_database().await;
    let console = Console::bearer(&database);
    let foreign = "SELECT max(id), min(entity_id::text) FROM awgp.audit_logs WHERE tenant_id = $1";
    let superuser = database.superuser().await;
    for other in [&group.other, &group.holding, &group.south] {
        let row = superuser.query_one(foreign, &[&other.id]).await.expect("a row");
        let (event, thing): (i64, String) = (row.get(0), row.get(1));
        assert_unknown(&console, &group, event, &thing);
    }
    // A holding sees its subsidiaries.
    let mut holding = console.reader_with(&token_of(group.holding.user("viewer")));
    let row = superuser.query_one(foreign, &[&group.north.id]).await.expect("a row");
    holding.page(&format!("/audit/{}", row.get::<_, i64>(0)));
    let of_south = holding.page("/audit?tenant=south");
    assert!(!numbers(&of_south).is_empty() && !of_south.text().contains("@north.example"));
    assert_eq!(numbers(&holding.page("/audit?tenant=other")), [0; 0]);
}

#[track_caller]
fn assert_unknown(console: &Console, group: &Group, event: i64, thing: &str) {
    let mut admin = reader(console, group, "super_admin");
    let [unknown, no_thing] = [i64::MAX.to_string(), Uuid::from_u128(1).to_string()];
    for (foreign, missing) in [
        (format!("/audit/{event}"), format!("/audit/{unknown}")),
        (format!("/audit/{event}/proof"), format!("/audit/{unknown}/proof")),
        (format!("/audit/of/work_items/{thing}"), format!("/audit/of/work_items/{no_thing}")),
        (format!("/audit/of/users/{thing}"), "/audit/of/users/x".to_owned()),
    ] {
        let [foreign, missing] = [foreign, missing].map(|path| admin.get(&path).expect(404));
        assert_eq!(foreign.body, missing.body);
    }
    assert!(!all(&mut admin, "/audit").contains(&event));
    assert_eq!(all(&mut admin, &format!("/audit?id={thing}")), [0; 0]);
}

#[tokio::test]
async fn a_login_of_the_console_that_is_an_auditors_too_shows_readers_no_more() {
    let (database, group) = trusting_database().await;
    let role = format!("{}_both", database.name);
    let superuser = database.superuser().await;
    let sql = format!("CREATE ROLE {role} LOGIN PASSWORD 'awgp-test' IN ROLE awgp_app, awgp_auditor");
    superuser.batch_execute(&sql).await.expect("a role");
    let url = database.url(Login::App).replace("//awgp_test_app:", &format!("//{role}:"));
    {
        let console = Console::start(&database, &["--bearer", "--database-url", &url]);
        let sql = "SELECT max(id), min(entity_id::text) FROM awgp.audit_logs WHERE tenant_id = $1";
        let row = superuser.query_one(sql, &[&group.other.id]).await.expect("a row");
        let (event, thing): (i64, String) = (row.get(0), row.get(1));
        assert_unknown(&console, &group, event, &thing);
        let mut viewer = reader(&console, &group, "viewer");
        assert_eq!(all(&mut viewer, "/audit"), wanted(&database, &group, "true").await);
        // An auditor's login may ask the doctor; a viewer still may not.
        assert!(!viewer.page("/doctor").body.contains("context_mode"));
        viewer.page("/audit/state");
    }
    let sql = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    superuser.batch_execute(&sql).await.expect("the role goes");
}

#[tokio::test]
async fn an_event_shows_what_changed_and_its_thing_has_a_history_with_names_and_no_disguise() {
    let (database, group) = busy().await;
    let console = Console::bearer(&database);
    let mut viewer = reader(&console, &group, "viewer");
    let events = wanted(&database, &group, &format!("entity_id = '{}'", group.north.work_item)).await;
    let event = viewer.page(&format!("/audit/{}", events[0]));
    assert!(event.says("manager@north.example") && event.says("Sell the anchor"), "{event:#?}");
    assert!(event.body.contains("<ins>Sell the anchor</ins>"), "{event:#?}");
    assert!(event.body.contains("&lt;b&gt;ship&lt;/b&gt;\\u{202e}gnp</del>"), "{event:#?}");
    let path = format!("/audit/of/work_items/{}", group.north.work_item);
    assert!(event.links().contains(&path), "{:?}", event.links());
    assert!(event.links().contains(&format!("/work/{}", group.north.work_item)));
    let history = viewer.page(&path);
    assert_eq!(numbers(&history), events);
    for page in [&event, &history, &viewer.page("/audit")] {
        assert!(!page.body.contains('\u{202e}') && !page.body.contains("<b>ship"), "{page:#?}");
    }
    let hashes = "SELECT integrity_hash FROM awgp.audit_logs WHERE id = $1";
    let hash: String =
        database.superuser().await.query_one(hashes, &[&events[0]]).await.expect("a row").get(0);
    assert!(event.says(&hash));
}

#[tokio::test]
async fn a_decision_shows_under_which_token_it_was_made() {
    let (database, group) = trusting_database().await;
    let mut app = database.app().await;
    let work = app.transaction().await.expect("begun");
    work.execute("SELECT awgp.authenticate($1)", &[&token_of(group.north.user("operator"))])
        .await
        .expect("known");
    let sql = "SELECT id::text FROM awgp.request_approval(work_item_id => $1, risk_level => 3)";
    let approval: String = work.query_one(sql, &[&group.north.work_item]).await.expect("asked").get(0);
    work.commit().await.expect("committed");
    let console = Console::bearer(&database);
    let mut viewer = reader(&console, &group, "viewer");
    let history = viewer.page(&format!("/audit/of/approvals/{approval}"));
    let event = viewer.page(&format!("/audit/{}", numbers(&history)[0]));
    let token = format!("Token issuer {ISSUER} subject {}", group.north.user("operator"));
    assert!(event.says(&token), "{event:#?}");
}

/// The months that a reader may choose.
fn month(page: &Page) -> String {
    let (_, rest) = page.body.split_once("<option value=\"audit_logs_").expect("a month");
    format!("audit_logs_{}", rest.split('"').next().expect("a value"))
}

#[tokio::test]
async fn a_verification_finds_nothing_until_a_superuser_edits_a_row_and_then_names_it() {
    let (database, group) = busy().await;
    let console = Console::bearer(&database);
    let mut viewer = reader(&console, &group, "viewer");
    let state = viewer.page("/audit/state");
    assert!(state.says("awgp audit verify --checkpoint"), "{state:#?}");
    let month = month(&state);
    viewer.post_as_is("/audit/verify", &[("month", &month), ("form_secret", "x")]).expect(403);
    viewer.post("/audit/verify", &[("month", "audit_logs_1999_01")]).expect(404);
    let sound = viewer.post("/audit/verify", &[("month", &month)]).expect(200);
    assert!(sound.says("Nothing was found."), "{sound:#?}");
    let event = wanted(&database, &group, "action = 'tick'").await[5];
    tamper(&database, &format!("UPDATE {{partition}} SET action = 'tock' WHERE id = {event}")).await;
    let found = viewer.post("/audit/verify", &[("month", &month)]).expect(200);
    assert!(found.body.contains("changed row") && numbers(&found).contains(&event), "{found:#?}");
    assert!(!found.says("Nothing was found."), "{found:#?}");
    // Another tenant's trail is as it was.
    let mut other = console.reader_with(&token_of(group.other.user("viewer")));
    other.page("/audit/state");
    assert!(other.post("/audit/verify", &[("month", &month)]).expect(200).says("Nothing was found."));
}

#[tokio::test]
async fn one_verification_of_a_tenant_runs_at_a_time() {
    let (database, group) = trusting_database().await;
    let console = Console::bearer(&database);
    let mut viewer = reader(&console, &group, "viewer");
    let month = month(&viewer.page("/audit/state"));
    let superuser = database.superuser().await;
    let sql = "SELECT pg_advisory_lock(hashtext('awgp console: verify'), hashtext($1))";
    superuser.execute(sql, &[&group.north.id.to_string()]).await.expect("locked");
    viewer.post("/audit/verify", &[("month", &month)]).expect(409);
    let mut other = console.reader_with(&token_of(group.other.user("viewer")));
    other.page("/audit/state");
    other.post("/audit/verify", &[("month", &month)]).expect(200);
}

#[tokio::test]
async fn what_is_signed_and_sealed_is_known_without_verifying() {
    let (database, group) = trusting_database().await;
    let console = Console::bearer(&database);
    let mut holding = console.reader_with(&token_of(group.holding.user("viewer")));
    let before = holding.page("/audit/state");
    let slugs: BTreeSet<&str> =
        ["holding", "north", "south", "other"].into_iter().filter(|slug| before.says(slug)).collect();
    assert_eq!(slugs, BTreeSet::from(["holding", "north", "south"]));
    let auditor = crate::checkpoints::stage::Auditor::new(&database);
    auditor.sign(&database, &["--all-tenants"]);
    let after = holding.page("/audit/state");
    assert!(!before.says(&auditor.public_key) && after.says(&auditor.public_key), "{after:#?}");
    assert!(after.says("every event is signed"), "{after:#?}");
}
