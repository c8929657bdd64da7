//! Every function of the catalog, called with what it should not be called
//! with: by every role, in every context.
//!
//! The calls are generated from pg_proc ([`catalog`]), so that a function that is added is
//! called too. Each argument is given every hostile value of its type ([`values`]) while the
//! others could be meant; and all of them NULL. Random values are [`random`].

mod calling;
mod catalog;
mod incomplete;
mod random;
mod scene;
mod values;

use awgp_tests::fixture::{Tenant, within};
use awgp_tests::own_server::is_inside;
use awgp_tests::standby::{catch_up, connect};
use awgp_tests::{Database, Login, assert_refused};
use calling::{Outcome, attempt, digest, prepare, processor_milliseconds};
use catalog::{Function, functions};
use scene::{ids, scene};
use std::collections::{BTreeMap, BTreeSet};

/// No call needs the processor for longer.
const LONGEST_MILLISECONDS: f64 = 1000.0;

/// One call: its text, and whether it passes a moment or a span outside of the years that are supported.
struct Call {
    sql: String,
    outside: bool,
}

/// The arguments of a call, one after the other.
fn listed(function: &Function, arguments: &[String]) -> String {
    let mut arguments = arguments.to_vec();
    if let Some(last) = arguments.last_mut().filter(|_| function.is_variadic) {
        last.insert_str(0, "VARIADIC ");
    }
    arguments.join(", ")
}

/// Arguments that could be meant.
fn meant(function: &Function, ids: &[(&'static str, String)]) -> Vec<String> {
    let with_ids = |value: String| ids.iter().fold(value, |value, (name, id)| value.replace(name, id));
    function.arguments.iter().map(|argument| with_ids(values::plausible(function, argument))).collect()
}

/// The calls of a function.
fn calls(function: &Function, ids: &[(&'static str, String)]) -> Vec<Call> {
    let meant = meant(function, ids);
    let call = |arguments: &[String], outside: bool| Call {
        sql: format!("SELECT awgp.{}({})", function.name, listed(function, arguments)),
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

/// The contexts of a login in trusted mode: statements that set them.
fn contexts(login: Login, tenant: &Tenant) -> Vec<String> {
    let none = "SELECT 1".to_owned();
    let user = format!("SELECT awgp.set_context('{}', '{}')", tenant.id, tenant.user("super_admin"));
    let assistant = format!("SELECT awgp.set_context('{}', NULL, '{}')", tenant.id, tenant.assistant);
    // As on a standby.
    let read_only = format!("SET LOCAL transaction_read_only = on; {user}");
    match login {
        Login::App => vec![none, user, assistant, read_only],
        Login::Monitor | Login::Nobody => vec![none],
        _ => vec![none, user, read_only],
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
        // Of the classes 57 (shut down, cancelled), 58 (the system) and XX (a bug) none is an answer; nor
        // is a refusal of AWGP's own without its reason.
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
    of: &dyn Fn(&Function) -> Vec<Call>,
    met: &mut Met,
) {
    let client = database.connect(login).await;
    prepare(&client).await;
    for context in contexts {
        let who = format!("{login:?} {context}");
        for function in functions {
            let mut calls = of(function);
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
    let every = |function: &Function| calls(function, &ids);
    for login in Login::ORDINARY {
        let contexts = contexts(login, &group.north);
        call_all(&database, login, &contexts, &functions, &every, &mut met).await;
    }
    let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'signed'", database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets the mode");
    for login in Login::ORDINARY {
        let nothing = ["SELECT 1".to_owned()];
        call_all(&database, login, &nothing, &functions, &every, &mut met).await;
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

/// Nothing is written on a standby, and what would write says so.
#[tokio::test(flavor = "multi_thread")]
async fn on_a_standby_no_function_is_an_internal_error() {
    const NAME: &str = "arguments::on_a_standby_no_function_is_an_internal_error";
    if !is_inside(NAME, &["--standby", "--conf", "hot_standby_feedback=on"]) {
        return;
    }
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    let functions = functions(&superuser).await;
    let ids = ids(&superuser, &group, &group.north).await;
    catch_up(&database).await;
    let mut met = Met::default();
    for login in [Login::App, Login::Auditor, Login::Maintainer, Login::Admin] {
        let client = connect(&database, login).await;
        let contexts = contexts(login, &group.north);
        for (context, function) in
            contexts[..2].iter().flat_map(|context| functions.iter().map(move |of| (context, of)))
        {
            let calls = calls(function, &ids);
            for call in calls.iter().take(1).chain(calls.last()) {
                let sql = format!("BEGIN; {context}; {}", call.sql);
                let outcome = Outcome::of(client.batch_execute(&sql).await);
                client.batch_execute("ROLLBACK").await.expect("it ends");
                met.add(&format!("{login:?} {context}"), function, call, &outcome);
            }
        }
    }
    println!("{} calls on a standby: {:?}", met.calls, met.by_code);
    assert!(met.wrong.is_empty(), "{}", met.wrong.join("\n"));
}

/// The clock of the ledger, where a superuser has set it, is a moment like any other.
#[tokio::test]
async fn an_accounting_time_outside_of_the_years_is_refused_where_money_moves() {
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    for at in ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"] {
        let sql = format!("ALTER DATABASE {} SET awgp.accounting_time = '{at}'", database.name);
        superuser.batch_execute(&sql).await.expect("a superuser sets it");
        let mut app = database.app().await;
        for call in ["record_cost($1, 'openai', 'm', 1, 1, 1)", "reserve_credit($1, 'openai', 1)"] {
            let transaction = within(&mut app, group.north.id).await;
            let sql = format!("SELECT awgp.{call}");
            let answer = transaction.query(&sql, &[&group.north.assistant]).await;
            assert_refused(answer, "22023", "out_of_range");
        }
    }
}
