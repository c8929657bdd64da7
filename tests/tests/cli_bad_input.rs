//! Bad input: one clear line, a hint, and the exit code of its family.

use awgp_tests::cli::{json, table};
use awgp_tests::{Database, Login, fixture};

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Runs a command that must fail, in both outputs; gives the reason, or the constraint, or the SQLSTATE.
#[track_caller]
fn fails(database: &Database, login: Login, arguments: &[&str], code: i32) -> String {
    assert!(!table(database, login, arguments).expect(code).hint().is_empty());
    let error = json(database, login, arguments).expect(code).error();
    assert_eq!(error["exit_code"], code, "{error}");
    assert!(error["hint"].is_string() && error["error"].is_string(), "{error}");
    let name = ["reason", "constraint", "sqlstate"].iter().find_map(|key| error[key].as_str());
    name.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_unknown_tenant_or_user_is_refused_by_name() {
    let database = Database::new().await;
    fixture::group(&database).await;
    for tenant in ["no-such-tenant", NOBODY, "inactive", "'; DROP TABLE awgp.users; --"] {
        let arguments = ["user", "list", "--tenant", tenant];
        assert_eq!(fails(&database, Login::App, &arguments, 3), "unknown_tenant");
    }
    for user in ["nobody@north.example", "viewer@south.example", NOBODY] {
        let arguments = ["user", "list", "--tenant", "north", "--user", user];
        assert_eq!(fails(&database, Login::App, &arguments, 3), "unknown_user");
    }
}

#[tokio::test]
async fn a_command_that_needs_a_tenant_says_so() {
    let database = Database::new().await;
    for arguments in [
        &["user", "list"] as &[&str],
        &["user", "create", "a@b.example", "--role", "viewer"],
        &["assistant", "list"],
        &["assistant", "show", "x"],
        &["work", "list"],
        &["work", "create", "x", "--assistant", "y"],
        &["user", "list", "--user", "a@b.example"],
    ] {
        assert_eq!(fails(&database, Login::App, arguments, 3), "no_tenant_context");
    }
}

#[tokio::test]
async fn moments_outside_of_the_years_1_to_9999_are_bad_arguments() {
    let database = Database::new().await;
    for at in ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"] {
        let at = format!("--at={at}");
        for arguments in [["partition", "ensure", &at], ["maintenance", "run", &at]] {
            assert_eq!(fails(&database, Login::Maintainer, &arguments, 6), "out_of_range", "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn malformed_values_are_bad_arguments() {
    let database = Database::new().await;
    fixture::group(&database).await;
    for arguments in [
        &["work", "show", "not-a-uuid"] as &[&str],
        &["work", "create", "x", "--assistant", "helper", "--estimated-cost", "much"],
        &["work", "create", "x", "--assistant", "helper", "--due-at", "someday"],
        &["work", "create", "x", "--assistant", "helper", "--context", "{oops"],
    ] {
        let sqlstate = fails(&database, Login::App, &[arguments, &["--tenant", "north"]].concat(), 6);
        assert!(sqlstate.starts_with("22"), "{arguments:?}: {sqlstate}");
    }
}

#[tokio::test]
async fn json_that_the_server_cannot_store_is_refused_with_the_element() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let id = NOBODY;
    let work = ["work", "create", "x", "--assistant", "helper", "--context"];
    let assistant = ["assistant", "create", "X", "--slug", "x", "--type", "custom"];
    for bad in [r"\u0000", r"\ud83d", r"\ude00\ud83d"] {
        let json = format!(r#"{{"a": [1, {{"b": "x{bad}"}}]}}"#);
        for arguments in [
            &[&work[..], &[&json]].concat(),
            &[&assistant[..], &["--configuration", &json]].concat(),
            &[&assistant[..], &["--model-config", &json]].concat(),
            &vec!["work", "complete", id, "--result", &json],
            &vec!["action", "finish", id, "completed", "--result", &json],
            &vec![
                "message",
                "check",
                "--from",
                "helper",
                "--to",
                "helper",
                "--channel",
                "c",
                "--content",
                "x",
                "--metadata",
                &json,
            ],
            &vec!["policy", "create", "p", "--content-rules", &json],
            &vec!["approval", "request", id, "--context", &json],
        ] {
            let arguments =
                [&arguments[..], &["--tenant", "north", "--user", "operator@north.example"]].concat();
            refused_element(&database, Login::App, &arguments, "$.a[1].b");
        }
        let settings = ["tenant", "create", "T", "--slug", "t", "--type", "holding", "--settings", &json];
        refused_element(&database, Login::Admin, &settings, "$.a[1].b");
    }
    let number = [&work[..], &[r#"{"n": 1e200000}"#, "--tenant", "north"]].concat();
    refused_element(&database, Login::App, &number, "$.n");
    let marked = [&work[..], &["\u{feff}{\"n\": 1e100}", "--tenant", "north"]].concat();
    json(&database, Login::App, &marked).expect(0);
    let oops = [&work[..], &["{'n': 1}", "--tenant", "north"]].concat();
    let hint = table(&database, Login::App, &oops).expect(6).hint();
    assert!(hint.contains("double quotes") && !hint.contains("uuid"), "{hint}");
}

#[track_caller]
fn refused_element(database: &Database, login: Login, arguments: &[&str], element: &str) {
    assert_eq!(fails(database, login, arguments, 6), "json_unsupported", "{arguments:?}");
    let error = json(database, login, arguments).error();
    let detail: serde_json::Value =
        serde_json::from_str(error["detail"].as_str().expect("facts")).expect("JSON");
    assert_eq!(detail["element"], element, "{arguments:?}");
}

#[tokio::test]
async fn a_value_outside_of_its_list_is_told_with_the_rule() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let cases: [(&[&str], &str); 6] = [
        (&["user", "create", "a@b.example", "--role", "boss"], "users_role_check"),
        (&["user", "list", "--role", "boss"], "users_role_check"),
        (&["assistant", "list", "--status", "asleep"], "assistants_status_check"),
        (&["assistant", "create", "X", "--slug", "x", "--type", "robot"], "assistants_type_check"),
        (&["work", "list", "--status", "lost"], "work_items_status_check"),
        (
            &["work", "create", "X", "--assistant", "helper", "--risk-level", "6"],
            "work_items_risk_level_check",
        ),
    ];
    for (arguments, constraint) in cases {
        let arguments = [arguments, &["--tenant", "north"]].concat();
        assert_eq!(fails(&database, Login::App, &arguments, 7), constraint);
    }
    let arguments = ["user", "create", "a@b.example", "--role", "boss", "--tenant", "north"];
    let hint = table(&database, Login::App, &arguments).expect(7).hint();
    assert!(fixture::ROLES.iter().all(|role| hint.contains(role)), "{hint}");
}

#[tokio::test]
async fn a_duplicate_is_told_with_the_rule() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let arguments = ["user", "create", "viewer@north.example", "--role", "viewer", "--tenant", "north"];
    assert_eq!(fails(&database, Login::App, &arguments, 7), "users_tenant_id_email_key");
    let arguments = ["tenant", "create", "North again", "--slug", "north"];
    assert_eq!(fails(&database, Login::Admin, &arguments, 7), "tenants_slug_key");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let database = Database::new().await;
    fixture::group(&database).await;
    for arguments in [
        &["assistant", "show", "nix"] as &[&str],
        &["work", "create", "x", "--assistant", "nix"],
        &["work", "list", "--assistant", "nix"],
        &["work", "show", NOBODY],
        &["tenant", "show", "nix"],
    ] {
        fails(&database, Login::App, &[arguments, &["--tenant", "north"]].concat(), 8);
    }
}

#[tokio::test]
async fn a_login_without_the_right_role_is_not_allowed() {
    let database = Database::new().await;
    fails(&database, Login::App, &["tenant", "create", "X", "--slug", "x"], 3);
    fails(&database, Login::Nobody, &["tenant", "list"], 3);
}
