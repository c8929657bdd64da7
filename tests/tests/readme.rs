//! The page of functions, and the page of settings, against what is there.

use awgp_tests::Database;

const FUNCTIONS: &str = include_str!("../../docs/functions.md");
const SETTINGS: &str = include_str!("../../docs/settings.md");

/// `name(argument, …)` of each call that stands in backticks in the table, but not those that leave
/// arguments out.
fn calls() -> Vec<(String, Vec<String>)> {
    let table: String = FUNCTIONS.lines().filter(|line| line.starts_with('|')).collect();
    let spans = table.split('`').skip(1).step_by(2);
    let call = |span: &str| {
        let (name, arguments) = span.strip_suffix(')')?.split_once('(')?;
        let arguments = arguments.split(", ").filter(|argument| !argument.is_empty());
        Some((name.to_owned(), arguments.map(str::to_owned).collect()))
    };
    spans
        .filter_map(call)
        .filter(|(_, arguments): &(_, Vec<String>)| !arguments.contains(&"…".to_owned()))
        .collect()
}

#[tokio::test]
async fn functions_have_the_arguments_that_their_page_gives_them() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT COALESCE(proargnames[:pronargs], '{}') FROM pg_proc
               WHERE pronamespace = 'awgp'::regnamespace AND proname = $1";
    let calls = calls();
    assert!(calls.len() > 60, "{} functions", calls.len());
    let mut wrong = Vec::new();
    for (name, arguments) in calls {
        let rows = superuser.query(sql, &[&name]).await.expect("the catalog is readable");
        let there: Vec<Vec<String>> = rows.iter().map(|row| row.get(0)).collect();
        if !there.contains(&arguments) {
            wrong.push(format!("{name}({}) is {there:?}", arguments.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "mend docs/functions.md:\n{}", wrong.join("\n"));
}

/// What views, policies and the functions that return rows are made of; no client needs them.
const INNER: [&str; 18] = [
    "checked_messages",
    "checked_moment",
    "checked_objects",
    "checked_whole",
    "conversation_hits",
    "load_partition_rows",
    "may_decide_approval",
    "message_text",
    "number",
    "own_conversation",
    "own_flag",
    "own_or_visible",
    "own_tenant",
    "pool_period",
    "require_assistant",
    "require_delegation",
    "require_work_item",
    "step_up_approval",
];

#[tokio::test]
async fn what_an_application_may_call_stands_on_the_page_of_functions() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT DISTINCT proname::text FROM pg_proc
               WHERE pronamespace = 'awgp'::regnamespace AND prorettype <> 'trigger'::regtype
                 AND EXISTS (SELECT FROM unnest(ARRAY['awgp_app', 'awgp_auditor', 'awgp_maintainer', 'awgp_admin']) AS role
                             WHERE has_function_privilege(role, pg_proc.oid, 'EXECUTE'))
               ORDER BY 1";
    let rows = superuser.query(sql, &[]).await.expect("the catalog is readable");
    let missing: Vec<String> = rows
        .iter()
        .map(|row| row.get(0))
        .filter(|name: &String| !FUNCTIONS.contains(&format!("`{name}(")))
        .collect();
    assert_eq!(missing, INNER, "name it in docs/functions.md; what only AWGP's own SQL calls, here");
}

#[tokio::test]
async fn every_setting_of_the_server_is_documented_with_its_default() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    // Loads the library, which defines them.
    superuser.batch_execute("SELECT awgp.current_tenant()").await.expect("anybody may ask");
    let sql = "SELECT name, COALESCE(boot_val, '') FROM pg_settings WHERE name LIKE 'awgp.%'";
    let rows = superuser.query(sql, &[]).await.expect("settings are readable");
    assert!(rows.len() >= 9, "the library is loaded");
    let missing: Vec<String> = rows
        .iter()
        .map(|row| match (row.get(0), row.get(1)) {
            // A list of names, too long for a table.
            (name @ "awgp.audit_mask", _) => format!("| `{name}` | a list of the usual secrets |"),
            (name, "") => format!("| `{name}` | empty |"),
            (name, default) => format!("| `{name}` | `{default}` |"),
        })
        .filter(|line| !SETTINGS.contains(line.as_str()))
        .collect();
    assert!(missing.is_empty(), "add to docs/settings.md:\n{}", missing.join("\n"));
}
