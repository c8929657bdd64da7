//! Every function of the catalog, called with what it should not be called with: by every role, in every context.
//!
//! The calls are generated from pg_proc ([`catalog`]), so that a function that is added is called too. Each argument is
//! given every hostile value of its type ([`values`]) while the others could be meant; and all of them NULL.

mod calling;
mod catalog;
mod values;

use awgp_tests::everything::everywhere;
use awgp_tests::fixture::{Group, Tenant};
use awgp_tests::{Database, Login};
use calling::{Outcome, attempt, digest, prepare, processor_milliseconds};
use catalog::{Function, functions};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Client;

/// No call needs the processor for longer.
const LONGEST_MILLISECONDS: f64 = 1000.0;

/// One call: its text, and whether it passes a moment or a span outside of the years that are supported.
struct Call {
    sql: String,
    outside: bool,
}

/// The calls of a function.
fn calls(function: &Function, ids: &[(&'static str, String)]) -> Vec<Call> {
    let with_ids = |value: String| ids.iter().fold(value, |value, (name, id)| value.replace(name, id));
    let meant: Vec<String> =
        function.arguments.iter().map(|argument| with_ids(values::plausible(function, argument))).collect();
    let call = |arguments: &[String], outside: bool| Call {
        sql: format!("SELECT awgp.{}({})", function.name, arguments.join(", ")),
        outside,
    };
    let mut calls = vec![call(&meant, false)];
    for (place, argument) in function.arguments.iter().enumerate() {
        for value in values::hostile(&argument.kind) {
            let outside = values::is_outside(function, argument, &value);
            let mut arguments = meant.clone();
            arguments[place] = value;
            calls.push(call(&arguments, outside));
        }
    }
    if function.arguments.len() > 1 {
        let nothing: Vec<String> =
            function.arguments.iter().map(|argument| format!("NULL::{}", argument.kind)).collect();
        calls.push(call(&nothing, false));
    }
    calls
}

/// Ids that stand in the values, of rows of the tenant.
async fn ids(superuser: &Client, group: &Group, tenant: &Tenant) -> Vec<(&'static str, String)> {
    let of = async |sql: &str| -> String {
        let sql = format!("SELECT quote_literal(found) FROM ({sql} LIMIT 1) AS of (found)");
        superuser
            .query_one(&sql, &[&tenant.id])
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
            .get(0)
    };
    let row = async |table: &str| -> String {
        format!(
            "{}::uuid",
            of(&format!("SELECT id FROM awgp.{table} WHERE tenant_id = $1 ORDER BY id")).await
        )
    };
    // Longer names first: they begin with shorter ones.
    vec![
        (":work_item", row("work_items").await),
        (":assistant", row("assistants").await),
        (":approval", row("approvals").await),
        (":delegation", row("approval_delegations").await),
        (":reservation", row("credit_reservations").await),
        (":transaction", row("cost_transactions").await),
        (":conversation", row("conversation_logs").await),
        (":flag", row("hallucination_flags").await),
        (":action", row("governed_actions").await),
        (
            ":hold",
            format!("{}::uuid", of("SELECT id FROM awgp.audit_legal_holds WHERE $1::uuid IS NOT NULL").await),
        )
            .clone(),
        (
            ":audit_row",
            format!("{}::bigint", of("SELECT max(id) FROM awgp.audit_logs WHERE tenant_id = $1").await),
        ),
        (
            ":partition",
            of("SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                WHERE inhparent = 'awgp.audit_logs'::regclass AND relname <> 'audit_logs_default'
                  AND $1::uuid IS NOT NULL ORDER BY 1")
            .await,
        ),
        (":tenant", format!("'{}'::uuid", tenant.id)),
        (":holding", format!("'{}'::uuid", group.holding.id)),
        (":user", format!("'{}'::uuid", tenant.user("operator"))),
        (":other", format!("'{}'::uuid", tenant.user("admin"))),
    ]
}

/// A scene with rows everywhere, a table of an application's own, and break-glass granted as an administrator may.
async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let superuser = database.superuser().await;
    let sql = "GRANT EXECUTE ON FUNCTION awgp.break_glass, awgp.force_approval TO awgp_app;
               CREATE TABLE public.orders (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, note text);
               ALTER TABLE public.orders OWNER TO awgp_test_app";
    superuser.batch_execute(sql).await.expect("the scene is set");
    // What would fill the disk is to fail here, not the machine of whoever runs the test.
    let sql = format!("ALTER DATABASE {} SET temp_file_limit = '64MB'", database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets a limit");
    (database, group)
}

/// The contexts of a login in trusted mode: statements that set them.
fn contexts(login: Login, tenant: &Tenant) -> Vec<String> {
    let none = "SELECT 1".to_owned();
    let user = format!("SELECT awgp.set_context('{}', '{}')", tenant.id, tenant.user("super_admin"));
    let assistant = format!("SELECT awgp.set_context('{}', NULL, '{}')", tenant.id, tenant.assistant);
    match login {
        Login::App => vec![none, user, assistant],
        Login::Nobody => vec![none],
        _ => vec![none, user],
    }
}

/// What was met, over all calls.
#[derive(Default)]
struct Met {
    calls: usize,
    by_code: BTreeMap<String, usize>,
    answered: BTreeSet<String>,
    /// Calls with a moment or a span outside, of which some caller was told so; and all such calls.
    told: BTreeSet<String>,
    outside: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Met {
    fn add(&mut self, who: &str, function: &Function, call: &Call, outcome: &Outcome) {
        self.calls += 1;
        *self.by_code.entry(outcome.code.clone()).or_default() += 1;
        let mut wrong = |why: &str| {
            let Outcome { code, message, .. } = outcome;
            self.wrong.push(format!("{why}: {who}: {:.200}: {code} {message:.200}", call.sql));
        };
        // Of the classes 57 (shut down, cancelled), 58 (the system) and XX (a bug) none is an answer; nor is a refusal of
        // AWGP's own without its reason.
        if ["XX", "57", "58"].iter().any(|class| outcome.code.starts_with(class)) || outcome.code == "55002" {
            wrong("no answer");
        }
        if ["22023", "53400"].contains(&outcome.code.as_str()) && outcome.reason.is_none() {
            wrong("no reason");
        }
        if outcome.code == "00000" {
            self.answered.insert(function.name.clone());
        }
        if call.outside {
            self.outside.insert(call.sql.clone());
            if outcome.code == "00000" {
                wrong("a moment outside is taken");
            }
            if (outcome.code.as_str(), outcome.reason.as_deref()) == ("22023", Some("out_of_range")) {
                self.told.insert(call.sql.clone());
            }
        }
    }
}

/// Calls all that the login may call; of the rest, each function once.
async fn call_all(
    database: &Database,
    login: Login,
    contexts: &[String],
    functions: &[Function],
    ids: &[(&'static str, String)],
    met: &mut Met,
) {
    let client = database.connect(login).await;
    prepare(&client).await;
    for context in contexts {
        let who = format!("{login:?} {context}");
        for function in functions {
            let mut calls = calls(function, ids);
            if !function.callers.contains(&login) {
                calls.truncate(1);
            }
            let texts: Vec<String> = calls.iter().map(|call| call.sql.clone()).collect();
            let outcomes = attempt(&client, context, &texts).await;
            for (call, outcome) in calls.iter().zip(&outcomes) {
                met.add(&who, function, call, outcome);
                if outcome.milliseconds > LONGEST_MILLISECONDS {
                    // By the clock; by the processor it is asked only where it may have been long.
                    let spent = processor_milliseconds(&client, context, &call.sql).await;
                    if spent > LONGEST_MILLISECONDS {
                        met.wrong.push(format!("{spent} ms: {who}: {:.200}", call.sql));
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_argument_of_any_function_is_an_internal_error_takes_long_or_leaves_anything_behind() {
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    let functions = functions(&superuser).await;
    let ids = ids(&superuser, &group, &group.north).await;
    let before = digest(&superuser).await;
    let mut met = Met::default();
    for login in Login::ORDINARY {
        let contexts = contexts(login, &group.north);
        call_all(&database, login, &contexts, &functions, &ids, &mut met).await;
    }
    let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'signed'", database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets the mode");
    for login in Login::ORDINARY {
        let nothing = ["SELECT 1".to_owned()];
        call_all(&database, login, &nothing, &functions, &ids, &mut met).await;
    }
    println!("{} functions, {} calls: {:?}", functions.len(), met.calls, met.by_code);
    let silent: Vec<&str> = functions
        .iter()
        .filter(|function| !function.callers.is_empty() && !met.answered.contains(&function.name))
        .map(|function| function.name.as_str())
        .collect();
    println!("never answered: {}", silent.join(", "));
    met.wrong.sort();
    met.wrong.dedup();
    assert!(met.wrong.is_empty(), "{} calls:\n{}", met.wrong.len(), met.wrong.join("\n"));
    let untold: Vec<&String> = met.outside.difference(&met.told).collect();
    assert!(untold.is_empty(), "nobody is told that these are out of range: {untold:#?}");
    let after = digest(&superuser).await;
    let changed: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(changed.is_empty() && before.len() == after.len(), "something was written: {changed:#?}");
}

/// What nobody but the installing role may call.
#[tokio::test]
async fn the_installing_role_is_told_too_what_it_may_not_pass() {
    let (database, _) = scene().await;
    let superuser = database.superuser().await;
    prepare(&superuser).await;
    let calls = ["SELECT awgp.install(NULL)".to_owned(), "SELECT awgp.install(force => NULL)".to_owned()];
    for outcome in attempt(&superuser, "SELECT 1", &calls).await {
        assert_eq!((outcome.code.as_str(), outcome.reason.as_deref()), ("22023", Some("out_of_range")));
    }
}
