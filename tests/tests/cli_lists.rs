//! Lists of the command line: pages, filters, ids by their beginning, and times as people type and read them.

use awgp_tests::cli::{Outcome, awgp, json, table};
use awgp_tests::fixture::{self, within_as};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};

/// A command as the administrator of north, for programs.
fn north(database: &Database, arguments: &[&str]) -> Outcome {
    let context = ["--tenant", "north", "--user", "admin@north.example"];
    json(database, Login::App, &[arguments, &context].concat())
}

/// The same for people, on a screen of 80 columns, with these variables.
fn on_screen(database: &Database, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let url = database.url(Login::App);
    let context = ["--tenant", "north", "--user", "admin@north.example"];
    let all = [&[("DATABASE_URL", url.as_str()), ("COLUMNS", "80")], variables].concat();
    awgp(&[arguments, &context].concat(), &all)
}

fn column(rows: &Value, name: &str) -> Vec<String> {
    let text = |row: &Value| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned);
    rows.as_array().expect("a list").iter().map(text).collect()
}

/// What a list of JSON says on stderr about the rows that follow.
fn notice(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stderr).unwrap_or_else(|error| panic!("{error}: {outcome:#?}"))
}

/// A group, and this many further work items in north.
async fn scene(items: usize) -> Database {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let north = &group.north;
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    for number in 0..items {
        // In one transaction, and so with the same created_at: only the id makes their order certain.
        let sql = "SELECT awgp.create_work_item($1, $2, risk_level => 1)";
        transaction.execute(sql, &[&north.assistant, &format!("Task {number}")]).await.expect("an item");
    }
    transaction.commit().await.expect("committed");
    database
}

#[tokio::test]
async fn pages_follow_each_other_and_hold_every_row_once() {
    let database = scene(7).await;
    let all = north(&database, &["work", "list", "--all"]).expect(0).json();
    let whole = north(&database, &["work", "list"]).expect(0);
    assert_eq!((whole.json(), whole.stderr.as_str()), (all.clone(), ""));
    let expected = column(&all, "id");
    assert_eq!(expected.len(), 8);
    let first = north(&database, &["work", "list", "--limit", "3"]).expect(0);
    let mut ids = column(&first.json(), "id");
    let mut said = notice(&first);
    assert_eq!(said["more"], 5);
    // What comes meanwhile is on no page that follows, and hides nothing.
    north(&database, &["work", "create", "New", "--assistant", "helper"]).expect(0);
    let cursor = said["after"].as_str().expect("a cursor").to_owned();
    let second = north(&database, &["work", "list", "--limit", "3", "--after", &cursor]).expect(0);
    ids.extend(column(&second.json(), "id"));
    said = notice(&second);
    assert_eq!(said["more"], 2);
    let cursor = said["after"].as_str().expect("a cursor").to_owned();
    let third = north(&database, &["work", "list", "--limit", "3", "--after", &cursor]).expect(0);
    ids.extend(column(&third.json(), "id"));
    assert_eq!(third.stderr, "");
    assert_eq!(ids, expected);
    north(&database, &["work", "list", "--after", "nonsense"]).expect(6);
    north(&database, &["user", "list", "--after", &cursor]).expect(6);
}

#[tokio::test]
async fn a_table_that_is_cut_says_how_many_rows_follow() {
    let database = scene(4).await;
    let page = on_screen(&database, &["work", "list", "--limit", "2"], &[]).expect(0).stdout;
    assert!(page.contains("3 more rows") && page.contains("--after ") && page.contains("--all"), "{page}");
    let whole = on_screen(&database, &["work", "list"], &[]).expect(0).stdout;
    assert!(!whole.contains("more row"), "{whole}");
    let context = ["--tenant", "north", "--output", "csv"];
    let csv =
        table(&database, Login::App, &[&["work", "list", "--limit", "2"][..], &context].concat()).expect(0);
    assert_eq!(csv.stdout.lines().count(), 3);
    assert!(csv.stderr.contains("3 more rows"), "{}", csv.stderr);
}

#[tokio::test]
async fn a_long_list_is_the_same_in_parts() {
    let database = scene(1100).await;
    let all = north(&database, &["work", "list", "--all"]).expect(0).json();
    let at_once = north(&database, &["work", "list", "--limit", "5000"]).expect(0).json();
    assert_eq!((all.as_array().map(Vec::len), &all), (Some(1101), &at_once));
    let context = ["--tenant", "north", "--output", "csv"];
    let csv =
        table(&database, Login::App, &[&["work", "list", "--all"][..], &context].concat()).expect(0).stdout;
    assert_eq!(csv.lines().count(), 1102);
    let people = on_screen(&database, &["work", "list", "--all"], &[]).expect(0).stdout;
    assert_eq!(people.lines().filter(|line| line.starts_with(" title")).count(), 1);
    assert!(people.lines().count() > 1102, "{}", people.lines().count());
    // The trail is read page by page, with its states.
    let auditor = |arguments: &[&str]| json(&database, Login::Auditor, arguments).expect(0).json();
    let trail = auditor(&["audit", "log", "--all", "--entity", "work_items"]);
    assert_eq!(trail, auditor(&["audit", "log", "--limit", "5000", "--entity", "work_items"]));
    assert!(trail.as_array().expect("a list").iter().all(|event| event["after_state"].is_object()));
    assert!(trail.as_array().is_some_and(|events| events.len() > 1100));
}

#[tokio::test]
async fn every_list_has_csv_and_the_options_of_lists() {
    let database = scene(1).await;
    for list in [
        &["tenant", "list"][..],
        &["user", "list"],
        &["assistant", "list"],
        &["work", "list"],
        &["approval", "inbox"],
        &["delegation", "list"],
        &["policy", "list"],
        &["template", "list"],
        &["conversation", "list"],
        &["conversation", "search", "x"],
        &["flag", "list"],
        &["flag", "quality"],
        &["pool", "list"],
        &["price", "list"],
        &["cost", "report"],
        &["audit", "log"],
    ] {
        for options in [&["--all"][..], &["--limit", "1"]] {
            let arguments = [list, options, &["--output", "csv", "--tenant", "north"]].concat();
            let csv = table(&database, Login::App, &arguments).expect(0).stdout;
            assert!(csv.lines().next().is_some_and(|header| header.contains(',')), "{list:?}: {csv}");
        }
    }
    for list in [&["partition", "list"][..], &["partition", "holds"]] {
        let arguments = [list, &["--output", "csv", "--limit", "1"]].concat();
        assert!(table(&database, Login::Auditor, &arguments).expect(0).stdout.contains("partition_name"));
    }
    let arguments = ["provider", "list", "--output", "csv", "--all"];
    assert!(table(&database, Login::Admin, &arguments).expect(0).stdout.starts_with("name,issuer"));
}

#[tokio::test]
async fn a_list_is_narrowed_by_what_people_know() {
    let database = scene(12).await;
    let titles = |arguments: &[&str]| column(&north(&database, arguments).expect(0).json(), "title");
    assert_eq!(titles(&["work", "list", "--match", "task 11"]), ["Task 11"]);
    assert_eq!(titles(&["work", "list", "--match", "TASK 1"]).len(), 3);
    assert_eq!(titles(&["work", "list", "--match", "%"]), [""; 0]);
    assert_eq!(titles(&["work", "list", "--older-than", "1 hour"]), [""; 0]);
    assert_eq!(titles(&["work", "list", "--newer-than", "1 hour"]).len(), 13);
    let users = north(&database, &["user", "list", "--match", "MANAGER@"]).expect(0).json();
    assert_eq!(column(&users, "email"), ["manager@north.example"]);
    let none = north(&database, &["user", "list", "--inactive", "--match", "manager@"]).expect(0).json();
    assert_eq!(none, json!([]));
    north(&database, &["work", "list", "--older-than", "soon"]).expect(6);
    north(&database, &["work", "list", "--limit", "3", "--all"]).expect(2);
}

#[tokio::test]
async fn an_id_is_taken_by_its_beginning_and_an_ambiguous_one_is_refused() {
    let database = scene(0).await;
    let item = north(&database, &["work", "create", "Pay", "--assistant", "helper"]).expect(0).json();
    let id = item["id"].as_str().expect("an id");
    for beginning in [&id[..8], &id[..13], &id[..9].to_uppercase(), id] {
        let shown = north(&database, &["work", "show", beginning]).expect(0).json();
        assert_eq!(shown["title"], "Pay", "{beginning}");
    }
    let screen = on_screen(&database, &["work", "list", "--match", "Pay"], &[]).expect(0).stdout;
    assert!(screen.contains(&id[..8]) && !screen.contains(&id[..10]), "{screen}");
    let started =
        north(&database, &["work", "cancel", &id[..8], "--reason", "enough", "--yes"]).expect(0).json();
    assert_eq!(started["status"], "cancelled");
    north(&database, &["work", "show", "0000ffff"]).expect(8);
    north(&database, &["work", "show", "zzz"]).expect(6);
    // Two rows whose ids begin alike, as a superuser can make them.
    let superuser = database.superuser().await;
    let make = "
        INSERT INTO awgp.assistants (id, tenant_id, name, slug, type)
        SELECT ('abcdef00-0000-4000-8000-00000000000' || n)::uuid, id, 'Twin', 'twin-' || n, 'custom'
        FROM awgp.tenants, generate_series(1, 2) AS n WHERE slug = 'north'";
    superuser
        .batch_execute(&format!(
            "BEGIN; SELECT awgp.set_context('north', 'admin@north.example'); {make}; COMMIT"
        ))
        .await
        .expect("twins");
    let refused = north(&database, &["assistant", "show", "abcdef"]).expect(6).error();
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("twin-2")), "{refused}");
    let one =
        north(&database, &["assistant", "show", "abcdef00-0000-4000-8000-000000000002"]).expect(0).json();
    assert_eq!(one["slug"], "twin-2");
    // Of another tenant nothing is confirmed.
    let other = json(&database, Login::App, &["work", "show", &id[..8], "--tenant", "other"]);
    other.expect(8);
}

#[tokio::test]
async fn tables_fit_eighty_columns() {
    let database = scene(3).await;
    let long = "Pay the invoice of a supplier whose name is long enough to need more than one line";
    let item = ["work", "create", long, "--assistant", "helper", "--risk-level", "4"];
    let item = north(&database, &item).expect(0).json();
    let id = item["id"].as_str().expect("an id");
    north(&database, &["approval", "request", id]).expect(0);
    for list in [
        &["tenant", "list"][..],
        &["user", "list"],
        &["assistant", "list"],
        &["work", "list"],
        &["approval", "inbox", "--user", "super_admin@north.example"],
        &["template", "list"],
        &["audit", "log"],
        &["pool", "list"],
    ] {
        let url = database.url(Login::App);
        let variables = [("DATABASE_URL", url.as_str()), ("COLUMNS", "80"), ("AWGP_TENANT", "north")];
        let text = awgp(&[list, &["--all"]].concat(), &variables).expect(0).stdout;
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{list:?}\n{text}");
    }
}

#[tokio::test]
async fn times_are_typed_and_read_in_the_zone_of_the_reader() {
    let database = scene(0).await;
    let settings = r#"UPDATE awgp.tenants SET settings = settings || '{"time_zone": "Pacific/Auckland"}'
                      WHERE slug = 'north'"#;
    database.superuser().await.batch_execute(settings).await.expect("a zone");
    let berlin = [("TZ", "Europe/Berlin")];
    let due = |time: &str, variables: &[(&str, &str)], further: &[&str]| {
        let make = ["work", "create", "x", "--assistant", "helper", "--output", "json", "--due-at", time];
        let made = on_screen(&database, &[&make[..], further].concat(), variables).expect(0).json();
        let utc = made["due_at"].as_str().expect("a time").parse::<String>().expect("a text");
        let id = made["id"].as_str().expect("an id").to_owned();
        (utc, id)
    };
    let (at_noon, id) = due("2099-07-03 12:00", &berlin, &[]);
    assert!(at_noon.starts_with("2099-07-03T10:00:00"), "{at_noon}");
    let (in_utc, _) = due("2099-07-03 12:00", &berlin, &["--utc"]);
    assert!(in_utc.starts_with("2099-07-03T12:00:00"), "{in_utc}");
    // A day alone is the tenant's, whole.
    let (day, _) = due("2099-12-24", &berlin, &[]);
    assert!(day.starts_with("2099-12-24T11:00:00"), "{day}");
    let shown = |further: &[&str]| on_screen(&database, &[&["work", "show", &id], further].concat(), &berlin);
    assert!(shown(&[]).expect(0).stdout.contains("2099-07-03 12:00 (in "));
    assert!(shown(&["--utc"]).expect(0).stdout.contains("2099-07-03 10:00 (in "));
    assert!(shown(&["--iso"]).expect(0).stdout.contains("2099-07-03T12:00:00+02:00"));
    for ambiguous in ["03/01/2099", "3.1.2099", "2026-10-25 02:30"] {
        let make = ["work", "create", "x", "--assistant", "helper", "--due-at", ambiguous];
        on_screen(&database, &make, &berlin).expect(6);
    }
    let until = ["delegation", "create", "manager@north.example", "--until", "2099-12-24"];
    let made = north(&database, &until).expect(0).json();
    assert!(made["ends_at"].as_str().is_some_and(|at| at.starts_with("2099-12-24T11:00:00")), "{made}");
    let soon = ["delegation", "create", "operator@north.example", "--until", "in 3 days"];
    north(&database, &soon).expect(0);
}

#[tokio::test]
async fn an_auditor_reads_names_beside_ids_and_no_table_of_a_tenant() {
    let database = scene(2).await;
    let auditor = |arguments: &[&str]| json(&database, Login::Auditor, arguments);
    let mine = auditor(&["audit", "log", "--actor", "Admin@North.example", "--entity", "work_items"]);
    let mine = mine.expect(0).json();
    assert_eq!(mine.as_array().map(Vec::len), Some(2), "{mine}");
    assert_eq!(column(&mine, "actor_name"), ["admin@north.example"; 2]);
    let users = auditor(&["audit", "log", "--entity", "users", "--match", "manager@north"]).expect(0).json();
    assert_eq!(column(&users, "entity_name"), ["manager@north.example"]);
    let id = mine[0]["entity_id"].as_str().expect("an id");
    let history = auditor(&["audit", "history", "work_items", id]).expect(0).json();
    assert_eq!(history[0]["actor_name"], "admin@north.example");
    auditor(&["audit", "log", "--actor", "nobody@nowhere.example"]).expect(8);
    let tenants = auditor(&["tenant", "list"]).expect(0).json();
    assert!(column(&tenants, "slug").contains(&"north".to_owned()), "{tenants}");
    assert!(tenants[0].get("settings").is_none());
    assert_eq!(auditor(&["tenant", "show", "north"]).expect(0).json()["slug"], "north");
    auditor(&["user", "list", "--tenant", "north"]).expect(3);
    // A tenant sees its own names only.
    let other = ["audit", "log", "--tenant", "other", "--actor", "admin@north.example"];
    json(&database, Login::App, &other).expect(8);
    let group_north: uuid::Uuid = mine[0]["tenant_id"].as_str().expect("an id").parse().expect("an id");
    let actor: uuid::Uuid = mine[0]["actor_id"].as_str().expect("an id").parse().expect("an id");
    let app = database.app().await;
    let name = app.query_one("SELECT awgp.trail_name($1, 'user', $2)", &[&group_north, &actor]).await;
    assert_eq!(name.expect("a row").get::<_, Option<String>>(0), None);
}

#[tokio::test]
async fn an_approval_is_never_changed_before_it_is_made() {
    let database = scene(0).await;
    let item = ["work", "create", "Pay", "--assistant", "helper", "--risk-level", "4"];
    let item = north(&database, &item).expect(0).json();
    let made =
        north(&database, &["approval", "request", item["id"].as_str().expect("an id")]).expect(0).json();
    assert_eq!(made["created_at"], made["updated_at"], "{made}");
}

#[tokio::test]
async fn many_are_made_from_a_file_or_none_with_the_line_of_each_fault() {
    let database = scene(0).await;
    let folder = std::env::temp_dir().join(format!("awgp-load-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let faulty = "\u{feff}Email,role,First name\nada@n.example,viewer,Ada\nbo@n.example,king,Bo\n,viewer,\n";
    let faulty = file("faulty.csv", faulty);
    let said = north(&database, &["user", "load", &faulty]).expect(12).json();
    let lines: Vec<_> =
        said["faults"].as_array().expect("faults").iter().map(|fault| &fault["line"]).collect();
    assert_eq!((lines, &said["created"]), (vec![&json!(3), &json!(4)], &json!(0)), "{said}");
    let known = |text: &str| north(&database, &["user", "list", "--match", text]).expect(0).json();
    assert_eq!(known("n.example@"), json!([]));
    assert_eq!(known("ada@n.example"), json!([]));
    let good = file("good.csv", "email,role\nada@n.example,viewer\n\"bo@n.example\",manager\n");
    let said = north(&database, &["user", "load", &good, "--dry-run"]).expect(0).json();
    assert_eq!((&said["created"], &said["dry_run"]), (&json!(2), &json!(true)));
    assert_eq!(known("ada@n.example"), json!([]));
    north(&database, &["user", "load", &good]).expect(0);
    assert_eq!(column(&known("ada@n.example"), "role"), ["viewer"]);
    north(&database, &["user", "load", &good]).expect(12);
    let again = north(&database, &["user", "load", &good, "--if-not-exists"]).expect(0).json();
    assert_eq!((&again["created"], &again["there_already"]), (&json!(0), &json!(2)));
    let text = "name,slug,type,capabilities,risk_tier\nLedger,ledger,custom,read; post,2\n";
    north(&database, &["assistant", "load", &file("assistants.csv", text)]).expect(0);
    let ledger = north(&database, &["assistant", "show", "ledger"]).expect(0).json();
    assert_eq!((&ledger["capabilities"], &ledger["risk_tier"]), (&json!(["read", "post"]), &json!(2)));
    let text = "title,assistant,risk_level,due_at\nPay,ledger,1,2099-01-03\nRead,ledger,,in 3 days\n";
    north(&database, &["work", "load", &file("work.csv", text)]).expect(0);
    let text = "title,assistant,due_at\nLost,ledger,03/01/2099\nLost,nobody,\n";
    let said = north(&database, &["work", "load", &file("faults.csv", text)]).expect(12).json();
    assert_eq!(said["faults"].as_array().map(Vec::len), Some(2), "{said}");
    let work = north(&database, &["work", "list", "--assistant", "ledger"]).expect(0).json();
    assert_eq!(work.as_array().map(Vec::len), Some(2), "{work}");
    north(&database, &["user", "load", &file("unknown.csv", "mail,role\na@b.example,viewer\n")]).expect(6);
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[tokio::test]
async fn what_is_there_already_is_shown_and_a_dry_run_changes_nothing() {
    let database = scene(0).await;
    let make = ["user", "create", "ada@north.example", "--role", "viewer"];
    let dry = north(&database, &[&make[..], &["--dry-run"]].concat()).expect(0).json();
    assert_eq!(dry["email"], "ada@north.example");
    assert_eq!(north(&database, &["user", "list", "--match", "ada@"]).expect(0).json(), json!([]));
    let made = north(&database, &make).expect(0).json();
    north(&database, &make).expect(7);
    let again = north(&database, &[&make[..], &["--if-not-exists"]].concat()).expect(0).json();
    assert_eq!(again["id"], made["id"]);
    let helper = ["assistant", "create", "Helper", "--slug", "helper", "--type", "custom", "--if-not-exists"];
    assert_eq!(north(&database, &helper).expect(0).json()["slug"], "helper");
    // Another fault is not hidden by it.
    let wrong = ["assistant", "create", "x", "--slug", "helper", "--type", "none", "--if-not-exists"];
    north(&database, &wrong).expect(7);
}
