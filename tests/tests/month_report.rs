//! `awgp.report()` and `awgp report`: a month for people, of those tenants only that the caller may read.

use awgp_tests::cli::{json, table};
use awgp_tests::command::{Folder, output_of};
use awgp_tests::fixture::{self, Group, within, within_as};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio_postgres::Client;
use uuid::Uuid;

const HOSTILE: &str = "North <script>alert(1)</script> & \u{202e}Co";

/// North: a pool, costs, an approved and a rejected approval, a denied and an allowed action, flags. South:
/// one cost.
async fn scene() -> (Database, Group) {
    let (database, group) = fixture::scene().await;
    let north = &group.north;
    let mut app = database.app().await;
    let limits = "UPDATE awgp.tenants SET quota_monthly_cost_limit = 100000";
    database.admin().await.execute(limits, &[]).await.expect("limits");
    for (tenant, amount) in [(north, "1234.500001"), (&group.south, "77")] {
        let transaction = within(&mut app, tenant.id).await;
        let limit = "UPDATE awgp.assistants SET max_cost_per_day = 10000 WHERE id = $1";
        transaction.execute(limit, &[&tenant.assistant]).await.expect("a limit");
        transaction.execute("SELECT awgp.create_credit_pool('openai', 5000)", &[]).await.expect("a pool");
        let sql = "SELECT awgp.record_cost($1, 'openai', 'gpt-x', 10, 20, $2::text::numeric)";
        transaction.execute(sql, &[&tenant.assistant, &amount]).await.expect("a cost");
        transaction.commit().await.expect("committed");
    }
    decide(&mut app, &group, "SELECT awgp.approve($1)").await;
    decide(&mut app, &group, "SELECT awgp.reject($1, 'no')").await;
    let transaction = within(&mut app, north.id).await;
    let capable = "UPDATE awgp.assistants SET capabilities = '{look}' WHERE id = $1";
    transaction.execute(capable, &[&north.assistant]).await.expect("a capability");
    let item = "SELECT id FROM awgp.create_work_item($1, 'Plain', risk_level => 0)";
    let item = fixture::one(&transaction, item, &[&north.assistant]).await;
    for action in ["look", "leap", "leap"] {
        let sql = "SELECT awgp.begin_action($1, $2)";
        transaction.execute(sql, &[&item, &action]).await.expect("an answer");
    }
    let said = "SELECT awgp.log_conversation($1, 'internal', '[{\"role\": \"user\", \"content\": \"a\"}]')";
    transaction.execute(said, &[&north.assistant]).await.expect("a conversation");
    transaction.commit().await.expect("committed");
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    let flag = "SELECT id FROM awgp.flag_hallucination($1, 'pattern', 0.9, 'nonsense')";
    let flag: Uuid = transaction.query_one(flag, &[&north.assistant]).await.expect("a flag").get(0);
    let review = "SELECT awgp.review_hallucination($1, 'confirmed', 'so it is')";
    transaction.execute(review, &[&flag]).await.expect("a review");
    transaction.commit().await.expect("committed");
    // A zone with another name than the others', and the same days.
    let rename = "UPDATE awgp.tenants SET name = $2, settings = settings || '{\"time_zone\": \"Africa/Abidjan\"}' WHERE id = $1";
    database.admin().await.execute(rename, &[&north.id, &HOSTILE]).await.expect("a name");
    (database, group)
}

/// An approval of its own work item that the operator requests and the admin decides.
async fn decide(app: &mut Client, group: &Group, decision: &str) {
    let north = &group.north;
    let transaction = within_as(app, north.id, Some(north.user("operator"))).await;
    let item = "SELECT id FROM awgp.create_work_item($1, 'Risky', risk_level => 3)";
    let item = fixture::one(&transaction, item, &[&north.assistant]).await;
    let ask = "SELECT id FROM awgp.request_approval($1, 'May I?')";
    let approval = fixture::one(&transaction, ask, &[&item]).await;
    transaction.commit().await.expect("committed");
    let transaction = within_as(app, north.id, Some(north.user("admin"))).await;
    transaction.execute(decision, &[&approval]).await.unwrap_or_else(|error| panic!("{decision}: {error:?}"));
    transaction.commit().await.expect("committed");
}

async fn report(client: &Client, sql: &str) -> Value {
    client.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}

async fn of_tenant(database: &Database, tenant: Uuid) -> Value {
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant).await;
    report(transaction.client(), "SELECT awgp.report()").await
}

/// The value of a column in the row of an array whose key has this value.
fn cell<'a>(report: &'a Value, part: &str, key: &str, name: &str, column: &str) -> &'a Value {
    let rows = report[part].as_array().unwrap_or_else(|| panic!("{part}: {report:#}"));
    let row = rows.iter().find(|row| row[key] == name);
    &row.unwrap_or_else(|| panic!("{part} has no {name}: {report:#}"))[column]
}

#[tokio::test]
async fn a_month_says_what_was_spent_decided_denied_flagged_and_recorded() {
    let (database, group) = scene().await;
    let north = of_tenant(&database, group.north.id).await;
    assert_eq!(north["time_zone"], "Africa/Abidjan");
    assert_eq!(north["subject"], HOSTILE);
    let days = north["burn"].as_array().expect("days");
    assert_eq!(days.last().expect("today")["so_far"], "1234.500001");
    assert_eq!(cell(&north, "spenders", "assistant", "helper", "percent"), "100.0");
    assert_eq!(cell(&north, "pools", "provider", "openai", "not_spent"), "3765.499999");
    for (outcome, approvals) in [("approved", 1), ("rejected", 1), ("expired", 0), ("open", 0)] {
        assert_eq!(cell(&north, "approvals", "outcome", outcome, "approvals"), approvals, "{outcome}");
    }
    assert!(cell(&north, "approvals", "outcome", "approved", "median_seconds").is_i64());
    assert!(cell(&north, "approvals", "outcome", "open", "median_seconds").is_null());
    assert_eq!(cell(&north, "actions", "reason", "capability_missing", "actions"), 2);
    assert_eq!(cell(&north, "actions", "decision", "allowed", "actions"), 1);
    assert_eq!(cell(&north, "quality", "assistant", "helper", "confirmed"), 1);
    assert_eq!(cell(&north, "quality", "assistant", "helper", "confirmed_percent"), "100.0");
    let month = north["month"].as_str().expect("a month");
    assert_eq!(cell(&north, "integrity", "month", month, "state"), "still open");
    let months = north["integrity"].as_array().expect("months");
    let events: i64 = months.iter().map(|month| month["events"].as_i64().expect("a count")).sum();
    let count = "SELECT count(*) FROM awgp.audit_logs WHERE tenant_id = $1";
    let superuser = database.superuser().await;
    assert_eq!(
        events,
        superuser.query_one(count, &[&group.north.id]).await.expect("a count").get::<_, i64>(0)
    );
}

#[tokio::test]
async fn a_tenants_report_is_its_own_a_holdings_has_its_subsidiaries_and_an_auditors_has_all() {
    let (database, group) = scene().await;
    let slugs = |report: &Value| -> Vec<String> {
        let tenants = report["tenants"].as_array().expect("tenants");
        tenants.iter().map(|tenant| tenant["slug"].as_str().expect("a slug").to_owned()).collect()
    };
    let spent = |report: &Value| {
        report["burn"].as_array().and_then(|days| days.last()).map(|day| day["so_far"].clone())
    };
    let south = of_tenant(&database, group.south.id).await;
    assert_eq!((slugs(&south), spent(&south)), (vec!["south".to_owned()], Some("77.000000".into())));
    assert!(south["quality"].as_array().is_some_and(Vec::is_empty));
    let holding = of_tenant(&database, group.holding.id).await;
    assert_eq!(
        (slugs(&holding), spent(&holding)),
        (vec!["holding".into(), "north".into(), "south".into()], Some("1311.500001".into()))
    );
    let auditor = database.connect(Login::Auditor).await;
    let all = report(&auditor, "SELECT awgp.report()").await;
    assert_eq!(
        (slugs(&all).len(), spent(&all), all["subject"].is_null()),
        (5, Some("1311.500001".into()), true)
    );
    let one = report(&auditor, &format!("SELECT awgp.report(NULL, '{}')", group.holding.id)).await;
    assert_eq!(slugs(&one), ["holding", "north", "south"]);
    assert_eq!(one["actions"], holding["actions"]);
    let mut app = database.app().await;
    let transaction = within(&mut app, group.holding.id).await;
    let one = report(transaction.client(), &format!("SELECT awgp.report(NULL, '{}')", group.north.id)).await;
    assert_eq!(slugs(&one), ["north"]);
}

#[tokio::test]
async fn what_a_tenant_spends_on_a_day_that_has_not_begun_for_its_holding_is_in_the_report() {
    let (database, group) = scene().await;
    // North is always a day or two ahead.
    let zone = "UPDATE awgp.tenants SET settings = settings || jsonb_build_object('time_zone', $2::text) WHERE id = $1";
    let admin = database.admin().await;
    for (tenant, name) in [
        (group.holding.id, "Etc/GMT+12"),
        (group.south.id, "Etc/GMT+12"),
        (group.north.id, "Pacific/Kiritimati"),
    ] {
        admin.execute(zone, &[&tenant, &name]).await.expect("a zone");
    }
    let mut app = database.app().await;
    let transaction = within(&mut app, group.holding.id).await;
    let sql =
        "SELECT max(day)::text, to_char(max(day), 'YYYY-MM') FROM awgp.cost_by WHERE tenant_slug = 'north'";
    let row = transaction.query_one(sql, &[]).await.expect("a day");
    let (day, month): (String, String) = (row.get(0), row.get(1));
    let whole = report(transaction.client(), &format!("SELECT awgp.report('{month}')")).await;
    let last = whole["burn"].as_array().and_then(|days| days.last()).expect("a day");
    assert_eq!((&last["day"], &last["cost_amount"]), (&day.into(), &"1234.500001".into()));
}

#[tokio::test]
async fn a_report_on_others_without_a_context_or_of_no_month_is_refused() {
    let (database, group) = fixture::scene().await;
    let mut app = database.app().await;
    assert_refused(app.query("SELECT awgp.report()", &[]).await, "42501", "no_tenant_context");
    for other in [group.south.id, group.holding.id, Uuid::from_u128(1)] {
        let transaction = within(&mut app, group.north.id).await;
        let asked = transaction.query("SELECT awgp.report(NULL, $1)", &[&other]).await;
        assert_refused(asked, "42501", "unknown_tenant");
    }
    for month in ["2026", "2026-13", "2026-1", "0000-01", "next", ""] {
        let transaction = within(&mut app, group.north.id).await;
        assert_refused(transaction.query("SELECT awgp.report($1)", &[&month]).await, "22023", "out_of_range");
    }
    for login in [Login::Maintainer, Login::Admin, Login::Monitor, Login::Nobody] {
        let client = database.connect(login).await;
        assert_sqlstate(client.query("SELECT awgp.report()", &[]).await, "42501");
    }
}

/// Chromium from Debian, without a profile of its own left behind.
fn chromium(folder: &Folder, arguments: &[&str]) -> String {
    let profile = format!("--user-data-dir={}", folder.file("chromium"));
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]);
    output_of(command.arg(profile).args(arguments))
}

/// What a test leaves for people to look at.
fn kept(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-output");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder.join(name)
}

#[tokio::test]
async fn the_page_needs_nothing_runs_nothing_and_is_shown_by_a_browser() {
    let (database, _) = scene().await;
    let folder = Folder::new(&database);
    let file = folder.file("report.html");
    let arguments = ["report", "--out", &file, "--tenant", "north", "--currency", "EUR"];
    let said = json(&database, Login::App, &arguments).expect(0).json();
    assert_eq!(said["file"], file);
    let html = std::fs::read_to_string(&file).expect("a page");
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)"), "a name is text");
    assert!(!html.contains('\u{202e}') && html.contains("\\u{202e}"), "nothing hides in a name");
    for outside in ["http://", "https://", "src=", "href=", "url(", "@import", "onload"] {
        let found = html.match_indices(outside).map(|(at, _)| &html[at..]);
        let found: Vec<_> = found.filter(|text| !text.starts_with("http://www.w3.org/2000/svg\"")).collect();
        assert_eq!(found.len(), 0, "{outside}");
    }
    assert!(html.contains("default-src 'none'; style-src 'sha256-"), "a policy");
    assert!(html.contains("1\u{202f}234.500001\u{a0}EUR"), "an exact amount with its currency");
    assert_eq!(html.matches("<figure>").count(), 5);
    assert_eq!(html.matches("<svg aria-hidden=\"true\"").count(), 5);
    let url = format!("file://{file}");
    let dom = chromium(&folder, &["--dump-dom", &url]);
    for heading in ["Money", "Approvals", "Actions", "Quality", "Integrity of the record"] {
        assert!(dom.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
    // A browser that did not take the style would show the text black on white and unbounded.
    for (name, more) in [
        ("report.png", vec!["--window-size=1000,3400"]),
        ("report_dark.png", vec!["--window-size=1000,3400", "--blink-settings=preferredColorScheme=0"]),
        ("report_narrow.png", vec!["--window-size=500,3400"]),
    ] {
        let picture = kept(name);
        let screenshot = format!("--screenshot={}", picture.display());
        chromium(&folder, &[&more[..], &[screenshot.as_str(), url.as_str()]].concat());
        assert!(std::fs::read(&picture).is_ok_and(|bytes| bytes.starts_with(b"\x89PNG")), "{name}");
    }
    let paper = format!("--print-to-pdf={}", kept("report.pdf").display());
    chromium(&folder, &[&paper, &url]);
    std::fs::copy(&file, kept("report.html")).expect("a copy");
}

#[tokio::test]
async fn an_auditor_writes_a_page_of_one_tenant_or_of_all_and_nobody_else_does() {
    let (database, _) = scene().await;
    let folder = Folder::new(&database);
    let file = folder.file("report.html");
    let said = table(&database, Login::Auditor, &["report", "--out", &file]).expect(0);
    assert!(said.stdout.ends_with("all 5 tenants\n"), "{said:?}");
    let page = std::fs::read_to_string(&file).expect("a page");
    assert!(page.contains("1\u{202f}311.500001"), "what all spent");
    table(&database, Login::Auditor, &["report", "--out", &file, "--tenant", "south"]).expect(0);
    assert!(
        std::fs::read_to_string(&file)
            .is_ok_and(|page| page.contains("77.00") && !page.contains("1\u{202f}311"))
    );
    table(&database, Login::App, &["report", "--out", &file]).expect(3);
    table(&database, Login::Monitor, &["report", "--out", &file]).expect(3);
    table(&database, Login::App, &["report", "--out", &file, "--tenant", "north", "--month", "2026-13"])
        .expect(6);
    table(&database, Login::App, &["report", "--out", &file, "--tenant", "north", "--currency", "<b>"])
        .expect(2);
    // A month without anything is a page too.
    table(&database, Login::App, &["report", "--out", &file, "--tenant", "north", "--month", "2001-02"])
        .expect(0);
    assert!(std::fs::read_to_string(&file).is_ok_and(|page| page.contains("February 2001")));
}
