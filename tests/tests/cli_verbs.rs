//! The verbs of each noun on the command line: who may, what changes, and that it stays in the tenant.

use awgp_tests::approving::asked;
use awgp_tests::cli::{Outcome, json, table};
use awgp_tests::command::Folder;
use awgp_tests::fixture::scene;
use awgp_tests::{Database, Login};
use serde_json::{Value, json};

/// A command in the context of a user of north, by role.
fn by(database: &Database, role: &str, arguments: &[&str]) -> Outcome {
    let user = format!("{role}@north.example");
    json(database, Login::App, &[arguments, &["--tenant", "north", "--user", &user]].concat())
}

/// A command as administrator.
fn admin(database: &Database, arguments: &[&str]) -> Outcome {
    json(database, Login::Admin, arguments)
}

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap_or_else(|| panic!("no id: {row}")).to_owned()
}

/// How many events of this kind the trail of north has for a row.
fn events(database: &Database, entity: &str, id: &str, action: &str) -> usize {
    let arguments = ["audit", "log", "--entity", entity, "--entity-id", id, "--action", action];
    by(database, "viewer", &arguments).expect(0).json().as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn an_administrator_updates_deactivates_reactivates_and_moves_a_tenant_and_nobody_else_does() {
    let (database, group) = scene().await;
    let updated =
        admin(&database, &["tenant", "update", "north", "--name", "North 2", "--max-users", "60"]).expect(0);
    let updated = updated.json();
    assert_eq!((&updated["name"], &updated["quota_max_users"]), (&json!("North 2"), &json!(60)));
    assert_eq!(events(&database, "tenants", &group.north.id.to_string(), "update"), 1);
    let lowered = admin(&database, &["tenant", "update", "north", "--max-users", "1"]).expect(5);
    assert_eq!(lowered.error()["reason"], "quota_in_use");
    admin(&database, &["tenant", "update", "north"]).expect(2);
    admin(&database, &["tenant", "update", "nowhere", "--name", "x"]).expect(8);
    by(&database, "super_admin", &["tenant", "update", "north", "--name", "Mine"]).expect(3);
    by(&database, "super_admin", &["tenant", "deactivate", "north"]).expect(3);
    assert_eq!(admin(&database, &["tenant", "deactivate", "north"]).expect(0).json()["is_active"], false);
    assert_eq!(by(&database, "viewer", &["user", "list"]).expect(3).error()["reason"], "unknown_tenant");
    assert_eq!(admin(&database, &["tenant", "reactivate", "north"]).expect(0).json()["is_active"], true);
    by(&database, "viewer", &["user", "list"]).expect(0);
    let moved = admin(&database, &["tenant", "move", "north", "--parent", "other"]).expect(0).json();
    assert_eq!(moved["parent_tenant_id"], json!(group.other.id));
    let moved = admin(&database, &["tenant", "move", "north", "--no-parent"]).expect(0).json();
    assert_eq!(moved["parent_tenant_id"], Value::Null);
    let wrong = admin(&database, &["tenant", "move", "north", "--parent", "south"]).expect(7);
    assert_eq!(wrong.error()["reason"], "parent_not_holding");
}

#[tokio::test]
async fn an_admin_shows_changes_deactivates_and_reactivates_a_user_of_their_tenant_only() {
    let (database, group) = scene().await;
    let operator = "operator@north.example";
    let shown = by(&database, "viewer", &["user", "show", "Operator@North.example"]).expect(0).json();
    assert_eq!(shown["id"], json!(group.north.user("operator")));
    let update = ["user", "update", operator, "--role", "manager", "--first-name", "Ada"];
    by(&database, "manager", &update).expect(3);
    let updated = by(&database, "admin", &update).expect(0).json();
    assert_eq!((&updated["role"], &updated["first_name"]), (&json!("manager"), &json!("Ada")));
    let removed = by(&database, "admin", &["user", "update", operator, "--first-name", ""]).expect(0).json();
    assert_eq!((&removed["first_name"], &removed["role"]), (&Value::Null, &json!("manager")));
    let above = by(&database, "admin", &["user", "update", operator, "--role", "super_admin"]).expect(3);
    assert_eq!(above.error()["reason"], "role_grant");
    let gone = by(&database, "admin", &["user", "deactivate", operator]).expect(0).json();
    assert_eq!(gone["is_active"], false);
    by(&database, "operator", &["user", "list"]).expect(3);
    assert_eq!(by(&database, "admin", &["user", "reactivate", operator]).expect(0).json()["is_active"], true);
    assert_eq!(events(&database, "users", &id(&gone), "update"), 4);
    by(&database, "admin", &["user", "update", "operator@south.example", "--role", "viewer"]).expect(8);
    let stranger = group.south.user("operator").to_string();
    by(&database, "admin", &["user", "deactivate", &stranger]).expect(8);
    // A holding reads its subsidiaries, and changes nothing there.
    let by_holding =
        ["user", "deactivate", &stranger, "--tenant", "holding", "--user", "admin@holding.example"];
    json(&database, Login::App, &by_holding).expect(8);
}

#[tokio::test]
async fn a_manager_changes_and_retires_an_assistant_and_moves_work_to_another() {
    let (database, group) = scene().await;
    let update = [
        "assistant",
        "update",
        "helper",
        "--risk-tier",
        "4",
        "--capability",
        "read",
        "--max-cost-per-day",
        "0.5",
    ];
    by(&database, "operator", &update).expect(3);
    let updated = by(&database, "manager", &update).expect(0).json();
    assert_eq!((&updated["risk_tier"], &updated["capabilities"]), (&json!(4), &json!(["read"])));
    assert_eq!(updated["name"], "Helper");
    by(&database, "manager", &["assistant", "update", "helper", "--risk-tier", "9"]).expect(7);
    let item = group.north.work_item.to_string();
    let edited =
        by(&database, "operator", &["work", "edit", &item, "--priority", "1", "--title", "New"]).expect(0);
    assert_eq!((&edited.json()["priority"], &edited.json()["title"]), (&json!(1), &json!("New")));
    by(&database, "viewer", &["work", "edit", &item, "--priority", "2"]).expect(3);
    let foreign = group.south.work_item.to_string();
    by(&database, "operator", &["work", "edit", &foreign, "--priority", "2"]).expect(8);
    let create = ["assistant", "create", "Second", "--slug", "second", "--type", "custom"];
    let second = by(&database, "manager", &create).expect(0).json();
    let moved =
        by(&database, "operator", &["work", "reassign", &item, "--assistant", "second"]).expect(0).json();
    assert_eq!(moved["assistant_id"], second["id"]);
    let retired =
        by(&database, "manager", &["assistant", "retire", "helper", "--reason", "replaced"]).expect(0).json();
    assert_eq!((&retired["status"], &retired["status_reason"]), (&json!("inactive"), &json!("replaced")));
}

#[tokio::test]
async fn an_approval_that_was_asked_no_longer_holds_for_work_that_was_edited() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let asked = asked(&mut app, &group.north, 3).await;
    let (item, approval) = (asked.item.to_string(), asked.approval.to_string());
    by(&database, "operator", &["work", "edit", &item, "--description", "more"]).expect(0);
    let refused = by(&database, "manager", &["approval", "approve", &approval, "--yes"]).expect(4);
    assert_eq!(refused.error()["reason"], "digest_mismatch");
    let lower = by(&database, "operator", &["work", "edit", &item, "--risk-level", "1"]).expect(4);
    assert_eq!(lower.error()["reason"], "risk_lowered");
    let listed = by(&database, "viewer", &["approval", "list", "--status", "pending"]).expect(0).json();
    assert_eq!(listed[0]["id"], json!(approval));
    by(&database, "viewer", &["approval", "list", "--status", "open"]).expect(7);
    let history = by(&database, "viewer", &["approval", "history", &approval]).expect(0).json();
    assert_eq!(history[0]["action"], "insert");
    by(&database, "admin", &["approval", "break-glass", &approval, "--reason", "fire", "--yes"]).expect(3);
}

#[tokio::test]
async fn an_admin_shows_changes_deactivates_and_deletes_a_policy() {
    let (database, _) = scene().await;
    let create = ["policy", "create", "Talk", "--from-type", "custom", "--channel", "internal"];
    let made = by(&database, "admin", &create).expect(0).json();
    assert_eq!(by(&database, "viewer", &["policy", "show", "Talk"]).expect(0).json()["id"], made["id"]);
    let update = ["policy", "update", "Talk", "--rate-limit-per-hour", "3", "--from-type", "any"];
    by(&database, "manager", &update).expect(3);
    let updated = by(&database, "admin", &update).expect(0).json();
    assert_eq!(
        (&updated["rate_limit_per_hour"], &updated["from_assistant_types"]),
        (&json!(3), &Value::Null)
    );
    assert_eq!(updated["allowed_channels"], json!(["internal"]));
    assert_eq!(
        by(&database, "admin", &["policy", "deactivate", "Talk"]).expect(0).json()["is_active"],
        false
    );
    assert_eq!(
        by(&database, "admin", &["policy", "update", "Talk", "--active"]).expect(0).json()["is_active"],
        true
    );
    by(&database, "admin", &create).expect(0);
    by(&database, "admin", &["policy", "delete", "Talk", "--yes"]).expect(6);
    by(&database, "manager", &["policy", "delete", &id(&made), "--yes"]).expect(3);
    by(&database, "admin", &["policy", "delete", &id(&made), "--yes"]).expect(0);
    by(&database, "admin", &["policy", "delete", &id(&made), "--yes"]).expect(8);
    assert_eq!(events(&database, "communication_policies", &id(&made), "delete"), 1);
}

#[tokio::test]
async fn administrators_make_and_change_templates_and_change_providers() {
    let (database, _) = scene().await;
    let create =
        ["template", "create", "Travel", "--slug", "travel", "--type", "custom", "--capability", "book"];
    by(&database, "super_admin", &create).expect(3);
    let made = admin(&database, &create).expect(0).json();
    assert_eq!((&made["version"], &made["risk_tier"]), (&json!(1), &json!(2)));
    let updated = admin(&database, &["template", "update", "travel", "--risk-tier", "1"]).expect(0).json();
    assert_eq!((&updated["version"], &updated["capabilities"]), (&json!(2), &json!(["book"])));
    let shipped = admin(&database, &["template", "update", "shared-finance", "--risk-tier", "0"]).expect(3);
    assert_eq!(shipped.error()["reason"], "system_template");
    admin(&database, &["template", "update", "nothing", "--risk-tier", "0"]).expect(8);
    admin(&database, &["provider", "deactivate", "https://nowhere.example"]).expect(8);
    by(&database, "super_admin", &["provider", "deactivate", "https://nowhere.example"]).expect(3);
}

/// What calls the command line.
type Calls<'a> = &'a dyn Fn(&[&str]) -> Outcome;

#[tokio::test]
async fn what_is_made_can_be_tried_first_and_is_made_once() {
    let (database, _) = scene().await;
    let admin_of_north = |arguments: &[&str]| by(&database, "admin", arguments);
    let made: [(Calls<'_>, Vec<&str>, Vec<&str>); 4] = [
        (
            &admin_of_north,
            vec!["policy", "create", "Talk", "--channel", "internal"],
            vec!["policy", "show", "Talk"],
        ),
        (
            &|arguments| admin(&database, arguments),
            vec!["template", "create", "Travel", "--slug", "travel", "--type", "custom"],
            vec!["template", "show", "travel"],
        ),
        (
            &admin_of_north,
            vec!["template", "apply", "shared-finance", "Money", "--slug", "money"],
            vec!["assistant", "show", "money"],
        ),
        (
            &admin_of_north,
            vec!["delegation", "create", "manager@north.example", "--until", "2099-12-24", "--risk", "2"],
            vec!["delegation", "list", "--of", "manager@north.example"],
        ),
    ];
    for (run, create, look) in made {
        let tried = run(&[&create[..], &["--dry-run"]].concat()).expect(0);
        assert!(tried.stderr.contains("nothing was changed"), "{tried:?}");
        let absent = run(&look);
        assert!(absent.code == 8 || absent.json() == json!([]), "{absent:?}");
        let create = [&create[..], &["--if-not-exists"]].concat();
        let first = run(&create).expect(0).json();
        assert_eq!(run(&create).expect(0).json()["id"], first["id"], "{create:?}");
    }
    let other = ["delegation", "create", "manager@north.example", "--until", "2099-12-24", "--risk", "1"];
    admin_of_north(&[&other[..], &["--if-not-exists"]].concat()).expect(0);
    let both = admin_of_north(&["delegation", "list"]).expect(0).json();
    assert_eq!(both.as_array().map(Vec::len), Some(2));
    let flag = ["flag", "create", "--assistant", "helper", "--method", "pattern", "--content", "x"];
    by(&database, "operator", &[&flag[..], &["--if-not-exists"]].concat()).expect(2);
    by(&database, "operator", &[&flag[..], &["--dry-run"]].concat()).expect(0);
    assert_eq!(by(&database, "operator", &["flag", "list"]).expect(0).json(), json!([]));
    let made = id(&by(&database, "operator", &flag).expect(0).json());
    by(&database, "manager", &["flag", "review", &made[..8], "--status", "reviewed"]).expect(0);
    let listed = by(&database, "viewer", &["flag", "list"]).expect(0).json();
    assert_eq!(
        (&listed[0]["reviewed_by_email"], &listed[0]["tenant_slug"]),
        (&json!("manager@north.example"), &json!("north"))
    );
}

#[tokio::test]
async fn ids_of_policies_and_tenants_are_taken_by_their_beginning_and_names_stand_beside_ids() {
    let (database, group) = scene().await;
    let made = id(&by(&database, "admin", &["policy", "create", "Talk"]).expect(0).json());
    let shown = by(&database, "viewer", &["policy", "show", &made[..8]]).expect(0).json();
    assert_eq!((&shown["name"], &shown["tenant_slug"]), (&json!("Talk"), &json!("north")));
    let north = group.north.id.to_string();
    let shown = admin(&database, &["tenant", "show", &north[..8]]).expect(0).json();
    assert_eq!((&shown["slug"], &shown["parent_slug"]), (&json!("north"), &json!("holding")));
    let updated = admin(&database, &["tenant", "update", &north[..8], "--name", "N"]).expect(0).json();
    assert_eq!(updated["name"], "N");
    let create = ["work", "create", "Pay", "--assistant", "helper", "--risk-level", "3"];
    let item = id(&by(&database, "operator", &create).expect(0).json());
    let shown = by(&database, "viewer", &["work", "show", &item[..8]]).expect(0).json();
    assert_eq!(
        (&shown["assistant_slug"], &shown["created_by_email"], &shown["tenant_slug"]),
        (&json!("helper"), &json!("operator@north.example"), &json!("north"))
    );
    let request = ["approval", "request", &item, "--approver", "manager@north.example"];
    let approval = id(&by(&database, "operator", &request).expect(0).json());
    by(&database, "manager", &["approval", "approve", &approval, "--yes"]).expect(0);
    let shown = by(&database, "viewer", &["approval", "show", &approval]).expect(0).json();
    assert_eq!(
        (&shown["approved_by_email"], &shown["approver_emails"], &shown["tenant_slug"]),
        (&json!("manager@north.example"), &json!(["manager@north.example"]), &json!("north"))
    );
    by(&database, "manager", &["template", "apply", "shared-finance", "Money", "--slug", "money"]).expect(0);
    let shown = by(&database, "viewer", &["assistant", "show", "money"]).expect(0).json();
    assert_eq!(
        (&shown["template_slug"], &shown["created_by_email"]),
        (&json!("shared-finance"), &json!("manager@north.example"))
    );
    let event = json(&database, Login::Auditor, &["audit", "log", "--entity", "approvals", "--limit", "1"]);
    assert_eq!(event.expect(0).json()[0]["tenant_slug"], "north");
}

#[tokio::test]
async fn money_is_held_settled_given_back_corrected_and_added_to_a_pool() {
    let (database, _) = scene().await;
    by(&database, "admin", &["pool", "create", "openai", "--budget", "10"]).expect(0);
    let reserve = ["cost", "reserve", "0.5", "--assistant", "helper", "--provider", "openai"];
    by(&database, "viewer", &reserve).expect(3);
    let first = id(&by(&database, "operator", &reserve).expect(0).json());
    let second = id(&by(&database, "operator", &reserve).expect(0).json());
    let settle = ["cost", "settle", &first, "--model", "gpt-4", "--amount", "0.4"];
    let entry = by(&database, "operator", &settle).expect(0);
    assert!(entry.stdout.contains("\"cost_amount\": 0.400000"), "{}", entry.stdout);
    assert_eq!(by(&database, "operator", &settle).expect(4).error()["reason"], "reservation_resolved");
    let released = by(&database, "operator", &["cost", "release", &second]).expect(0).json();
    assert_eq!(released["state"], "released");
    let entry = id(&entry.json());
    let reversed =
        by(&database, "operator", &["cost", "reverse", &entry, "--reason", "twice"]).expect(0).json();
    assert_eq!(reversed["reverses_id"], json!(entry));
    by(&database, "manager", &["pool", "top-up", "openai", "5"]).expect(3);
    let raised =
        by(&database, "admin", &["pool", "top-up", "openai", "5", "--reason", "a campaign"]).expect(0);
    assert!(raised.stdout.contains("\"monthly_budget\": 15.000000"), "{}", raised.stdout);
    by(&database, "admin", &["pool", "top-up", "azure", "5"]).expect(8);
    assert_eq!(by(&database, "viewer", &["cost", "verify-ledger"]).expect(0).json(), json!([]));
    let unknown = by(&database, "viewer", &["cost", "estimate", "openai", "no-such-model"]).expect(8);
    assert_eq!(unknown.error()["reason"], "unknown_price");
    by(
        &database,
        "operator",
        &["cost", "record", "--assistant", "helper", "--provider", "openai", "--model", "x", "--amount", "8"],
    )
    .expect(0);
    let alerts = by(&database, "viewer", &["alert", "list"]).expect(0).json();
    assert!(alerts.as_array().expect("a list").iter().any(|alert| alert["budget"] == "openai"), "{alerts}");
    let of_south = ["alert", "list", "--tenant", "south"];
    assert_eq!(json(&database, Login::App, &of_south).expect(0).json(), json!([]));
}

#[tokio::test]
async fn a_conversation_goes_on_and_ends_and_actions_are_listed_and_shown() {
    let (database, group) = scene().await;
    let folder = Folder::new(&database);
    let file = folder.file("messages.json");
    std::fs::write(&file, r#"[{"role": "user", "content": "Is it paid?"}]"#).expect("a file");
    let log = ["conversation", "log", "--assistant", "helper", "--file", &file];
    let conversation = id(&by(&database, "operator", &log).expect(0).json());
    let more = by(&database, "operator", &["conversation", "append", &conversation, "--file", &file])
        .expect(0)
        .json();
    assert_eq!(more["message_count"], 2);
    by(&database, "operator", &["conversation", "end", &conversation]).expect(0);
    let late =
        by(&database, "operator", &["conversation", "append", &conversation, "--file", &file]).expect(4);
    assert_eq!(late.error()["reason"], "conversation_ended");
    by(&database, "manager", &["assistant", "update", "helper", "--capability", "pay"]).expect(0);
    let create = ["work", "create", "Pay", "--assistant", "helper", "--risk-level", "1"];
    let item = id(&by(&database, "operator", &create).expect(0).json());
    let begun = by(&database, "operator", &["action", "begin", &item, "pay"]).expect(0).json();
    let listed = by(&database, "viewer", &["action", "list", "--status", "begun"]).expect(0).json();
    assert_eq!((&listed[0]["id"], &listed[0]["assistant_slug"]), (&begun["action_id"], &json!("helper")));
    let action = id(&listed[0]);
    assert_eq!(
        by(&database, "viewer", &["action", "show", &action]).expect(0).json()["work_item_title"],
        "Pay"
    );
    let foreign = ["action", "show", &action, "--tenant", "south"];
    json(&database, Login::App, &foreign).expect(8);
    assert_eq!(group.north.slug, "north");
}

#[tokio::test]
async fn an_application_records_events_and_tracks_a_table_of_its_own() {
    let (database, _) = scene().await;
    let superuser = database.superuser().await;
    let role = Login::App.role().expect("a role");
    superuser.batch_execute(&format!("CREATE SCHEMA shop AUTHORIZATION {role}")).await.expect("a schema");
    let app = database.app().await;
    let sql =
        "CREATE TABLE shop.orders (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, customer text, card text)";
    app.batch_execute(sql).await.expect("a table");
    json(
        &database,
        Login::App,
        &["audit", "track", "shop.orders", "--mask", "card", "--exclude", "customer"],
    )
    .expect(0);
    let tracked = json(&database, Login::Auditor, &["audit", "tracked"]).expect(0).json();
    assert_eq!(tracked[0]["table_name"], "shop.orders");
    assert_eq!((&tracked[0]["masked"], &tracked[0]["excluded"]), (&json!(["card"]), &json!(["customer"])));
    json(&database, Login::App, &["audit", "untrack", "shop.orders"]).expect(0);
    assert_eq!(json(&database, Login::App, &["audit", "tracked"]).expect(0).json(), json!([]));
    let record = ["audit", "record", "export", "report", "--metadata", r#"{"rows": 12}"#];
    let event = by(&database, "operator", &record).expect(0).json();
    let shown = by(&database, "viewer", &["audit", "show", &event["id"].to_string()]).expect(0).json();
    assert_eq!((&shown["action"], &shown["metadata"]["rows"]), (&json!("export"), &json!(12)));
}

#[tokio::test]
async fn the_help_of_a_command_ends_with_examples() {
    let (database, _) = scene().await;
    for command in [
        ["tenant", "update"],
        ["tenant", "move"],
        ["user", "show"],
        ["user", "update"],
        ["assistant", "retire"],
        ["work", "edit"],
        ["work", "reassign"],
        ["policy", "delete"],
        ["template", "create"],
        ["provider", "update"],
        ["pool", "top-up"],
        ["conversation", "append"],
        ["cost", "reserve"],
        ["cost", "verify-ledger"],
        ["approval", "list"],
        ["approval", "break-glass"],
        ["audit", "track"],
        ["action", "list"],
        ["alert", "list"],
    ] {
        let help = table(&database, Login::App, &[&command[..], &["--help"]].concat()).expect(0).stdout;
        let example = format!("Examples: awgp {} {}", command[0], command[1]);
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&example), "{help}");
    }
}
