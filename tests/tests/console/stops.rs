//! Stops on the console: who sees what, who stops and who resumes.

use super::scenery::{NOBODY, console, done, reader, seen};
use awgp_tests::console::Page;
use awgp_tests::fixture::Tenant;
use uuid::Uuid;

const IN_FORCE: &str = "SELECT count(*)::text FROM awgp.stops WHERE resumed_at IS NULL";

fn stopping(scope: &str, id: Uuid) -> String {
    format!("/stops/new?scope={scope}&id={id}")
}

/// The fields of the form that stops.
fn fields<'a>(scope: &'a str, id: &'a str, reason: &'a str) -> [(&'a str, &'a str); 3] {
    [("scope", scope), ("id", id), ("reason", reason)]
}

fn has_form(page: &Page, path: &str) -> bool {
    page.forms().iter().any(|form| form == path)
}

/// An item of a tenant's assistant is in progress.
async fn started(database: &awgp_tests::Database, tenant: &Tenant) {
    let sql = "UPDATE awgp.work_items SET risk_level = 1 WHERE id = $1 RETURNING id::text";
    done(database, tenant, "admin", sql, &[&tenant.work_item]).await;
    let sql = "SELECT id::text FROM awgp.start_work_item($1)";
    done(database, tenant, "operator", sql, &[&tenant.work_item]).await;
}

#[tokio::test]
async fn a_manager_stops_an_assistant_after_reading_what_it_will_stop_and_somebody_else_resumes() {
    let (database, group, console) = console().await;
    started(&database, &group.north).await;
    let id = group.north.assistant.to_string();
    let mut manager = reader(&console, &group.north, "manager");
    let assistant = manager.page(&format!("/assistants/{id}"));
    let ask = stopping("assistant", group.north.assistant);
    assert!(assistant.links().contains(&ask), "{assistant:#?}");
    let asked = manager.page(&ask);
    assert!(asked.says("It is at once.") && asked.says("the assistant Helper of north"), "{asked:#?}");
    assert!(asked.says("Work in progress, which may be completed 1"), "{asked:#?}");
    // Asking stops nothing, and neither does a blank reason.
    manager.post("/stops", &fields("assistant", &id, "  ")).expect(400);
    assert_eq!(seen(&database, IN_FORCE).await, "0");
    let answer = manager.post("/stops", &fields("assistant", &id, "It writes <b>twice</b>")).expect(303);
    assert_eq!(seen(&database, IN_FORCE).await, "1");
    let page = manager.follow(&answer);
    assert!(page.says("Helper is stopped") && page.says("It writes <b>twice</b>"), "{page:#?}");
    assert!(page.says("Work in progress: 1") && page.says("manager@north.example"), "{page:#?}");
    let path = answer.location().expect("a page").to_owned();
    let resume = format!("{path}/resume");
    assert!(!has_form(&page, &resume) && page.says("You have stopped it"), "{page:#?}");
    let refused = manager.post(&resume, &[("reason", "mended")]).expect(403);
    assert_eq!(refused.reason().as_deref(), Some("own_stop"));
    // A second one changes nothing.
    let again = manager.post("/stops", &fields("assistant", &id, "again")).expect(303);
    assert!(manager.follow(&again).says("was stopped already"));

    let mut admin = reader(&console, &group.north, "admin");
    assert!(admin.page("/inbox").says("1 stop in force"));
    assert!(admin.page("/assistants").says("stopped"));
    let page = admin.page(&path);
    assert!(has_form(&page, &resume), "{page:#?}");
    admin.post(&resume, &[("reason", "")]).expect(400);
    assert_eq!(seen(&database, IN_FORCE).await, "1");
    let answer = admin.post(&resume, &[("reason", "The template was corrected")]).expect(303);
    let page = admin.follow(&answer);
    assert!(page.says("Resumed") && page.says("The template was corrected"), "{page:#?}");
    assert!(!has_form(&page, &resume));
    assert_eq!(seen(&database, IN_FORCE).await, "0");
    let ended = admin.post(&resume, &[("reason", "again")]).expect(409);
    assert_eq!(ended.reason().as_deref(), Some("stop_ended"));
    assert!(!admin.page("/inbox").says("in force"));
    let list = admin.page("/stops");
    assert!(list.says("lifted") && list.says("assistant helper of north"), "{list:#?}");
}

#[tokio::test]
async fn who_may_not_stop_sees_no_form_and_is_refused() {
    let (database, group, console) = console().await;
    let (assistant, tenant) = (group.north.assistant.to_string(), group.north.id.to_string());
    for role in ["viewer", "operator"] {
        let mut reader = reader(&console, &group.north, role);
        let page = reader.page(&stopping("assistant", group.north.assistant));
        assert!(!has_form(&page, "/stops") && page.says("Managers stop an assistant"), "{page:#?}");
        assert!(reader.page("/stops").says("Managers stop an assistant"));
        reader.page("/messages");
        let refused = reader.post("/stops", &fields("assistant", &assistant, "x")).expect(403);
        assert_eq!(refused.reason().as_deref(), Some("role_not_sufficient"), "{role}");
    }
    let mut admin = reader(&console, &group.north, "admin");
    let page = admin.page(&stopping("tenant", group.north.id));
    assert!(!has_form(&page, "/stops"), "{page:#?}");
    admin.page("/messages");
    let refused = admin.post("/stops", &fields("tenant", &tenant, "x")).expect(403);
    assert_eq!(refused.reason().as_deref(), Some("role_not_sufficient"));
    let mut highest = reader(&console, &group.north, "super_admin");
    highest.page("/messages");
    // North is no holding, and nobody here stops the installation.
    highest.post("/stops", &fields("holding", &tenant, "x")).expect(400);
    highest.post("/stops", &fields("installation", &tenant, "x")).expect(400);
    assert_eq!(seen(&database, IN_FORCE).await, "0");
    assert!(has_form(&highest.page(&stopping("tenant", group.north.id)), "/stops"));
    let answer = highest.post("/stops", &fields("tenant", &tenant, "Incident 17")).expect(303);
    assert!(highest.follow(&answer).says("tenant north, all its assistants"));
}

#[tokio::test]
async fn a_holding_stops_with_all_below_it_and_a_subsidiary_reads_that_it_is_stopped_from_above() {
    let (database, group, console) = console().await;
    let mut highest = reader(&console, &group.holding, "super_admin");
    let page = highest.page("/stops");
    let ask = stopping("holding", group.holding.id);
    assert!(page.links().contains(&ask) && page.says("Nothing was ever stopped here."), "{page:#?}");
    assert!(page.links().contains(&stopping("tenant", group.south.id)), "{page:#?}");
    let asked = highest.page(&ask);
    assert!(asked.says("with all tenants below it") && has_form(&asked, "/stops"), "{asked:#?}");
    let id = group.holding.id.to_string();
    let answer = highest.post("/stops", &fields("holding", &id, "The port is closed")).expect(303);
    let path = answer.location().expect("a page").to_owned();
    highest.follow(&answer);
    let mut viewer = reader(&console, &group.north, "viewer");
    let page = viewer.page("/stops");
    assert!(page.says("The holding above is stopped") && page.says("The port is closed"), "{page:#?}");
    assert!(viewer.page("/inbox").says("1 stop in force"));
    // Its row is the holding's.
    viewer.get(&path).expect(404);
    // Who is beside them reads nothing of it.
    let mut stranger = reader(&console, &group.other, "super_admin");
    let page = stranger.page("/stops");
    assert!(!page.says("The port is closed") && !page.says("is stopped"), "{page:#?}");
    assert!(!stranger.page("/inbox").says("in force"));
    database
        .admin()
        .await
        .execute("SELECT awgp.stop('installation', 'Everything')", &[])
        .await
        .expect("stopped");
    assert!(stranger.page("/stops").says("The installation is stopped"));
}

#[tokio::test]
async fn a_stop_of_another_tenant_answers_as_one_that_there_is_not() {
    let (database, group, console) = console().await;
    let sql = "SELECT awgp.stop('tenant', 'Theirs') ->> 'stop_id'";
    let theirs = done(&database, &group.other, "super_admin", sql, &[]).await;
    let mut highest = reader(&console, &group.north, "super_admin");
    highest.page("/messages");
    for (path, place) in [("/stops/ID", ""), ("/stops/new?scope=tenant&id=ID", &*group.other.id.to_string())]
    {
        let other = highest.get(&path.replace("ID", if place.is_empty() { &theirs } else { place }));
        let nobody = highest.get(&path.replace("ID", NOBODY)).expect(404);
        assert_eq!((other.status, other.body), (404, nobody.body), "{path}");
    }
    highest.get("/stops/x'--").expect(404);
    for (scope, id) in [("tenant", group.other.id), ("assistant", group.other.assistant)] {
        let other = highest.post("/stops", &fields(scope, &id.to_string(), "x"));
        let nobody = highest.post("/stops", &fields(scope, NOBODY, "x")).expect(404);
        assert_eq!((other.status, other.body), (404, nobody.body), "{scope}");
    }
    let other = highest.post(&format!("/stops/{theirs}/resume"), &[("reason", "x")]);
    let nobody = highest.post(&format!("/stops/{NOBODY}/resume"), &[("reason", "x")]).expect(404);
    assert_eq!((other.status, other.body), (404, nobody.body));
    assert!(!highest.page("/stops").says("Theirs"));
    assert_eq!(seen(&database, IN_FORCE).await, "1");
}

#[tokio::test]
async fn a_form_without_the_secret_of_this_console_stops_and_resumes_nothing() {
    let (database, group, console) = console().await;
    let id = group.north.assistant.to_string();
    let mut manager = reader(&console, &group.north, "manager");
    manager.page("/stops");
    manager.post_as_is("/stops", &fields("assistant", &id, "x")).expect(400);
    let forged = [&[("form_secret", "0")], &fields("assistant", &id, "x")[..]].concat();
    manager.post_as_is("/stops", &forged).expect(403);
    assert_eq!(seen(&database, IN_FORCE).await, "0");
    let sql = "SELECT awgp.stop('assistant', 'Theirs', $1) ->> 'stop_id'";
    let stopped = done(&database, &group.north, "admin", sql, &[&group.north.assistant]).await;
    manager
        .post_as_is(&format!("/stops/{stopped}/resume"), &[("form_secret", "0"), ("reason", "x")])
        .expect(403);
    assert_eq!(seen(&database, IN_FORCE).await, "1");
}

#[tokio::test]
async fn stops_page_and_text_cannot_disguise() {
    let (database, group, console) = console().await;
    let superuser = database.superuser().await;
    let sql = "INSERT INTO awgp.stops (scope, tenant_id, reason, stopped_login, resume_by_other, resume_role,
                                       stopped_at, resumed_at, resumed_login, resume_reason)
               SELECT 'tenant', $1, 'Incident ' || n, 'dba', true, 'super_admin', now() - n * interval '1 day',
                      now() - n * interval '1 day', 'dba', E'<i>done\\u202e</i>'
               FROM generate_series(1, 60) AS n";
    superuser.execute(sql, &[&group.north.id]).await.expect("a superuser may");
    let mut viewer = reader(&console, &group.north, "viewer");
    let first = viewer.page("/stops");
    assert!(
        first.says("Incident 1 ") && first.says("Incident 50") && !first.says("Incident 51"),
        "{first:#?}"
    );
    let links = first.links();
    let next = links.iter().find(|link| link.contains("after=")).expect("a link to the next page");
    let second = viewer.page(next);
    assert!(second.says("Incident 51") && second.says("Incident 60"), "{second:#?}");
    let one = first.links().into_iter().find(|link| link.len() == "/stops/".len() + 36).expect("a stop");
    let page = viewer.page(&one);
    assert!(!page.body.contains('\u{202e}') && !page.body.contains("<i>done"), "{page:#?}");
    assert!(page.says("u{202e}") && page.says("the login dba, without a user"), "{page:#?}");
}
