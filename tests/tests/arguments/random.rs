//! Every function with random values of its arguments' types. The values are those of a seed:
//! `AWGP_ARGUMENTS_SEED=7 AWGP_ARGUMENTS_CALLS=500` draws others, and more of them for each function.

use super::catalog::{Argument, Function, functions};
use super::scene::{ids, scene};
use super::{Call, Met, call_all, contexts, listed, meant};
use crate::arguments::calling::digest;
use awgp_tests::Login;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use std::cell::RefCell;

/// Calls of each function in each context.
const CALLS: usize = 4;

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}

fn texts() -> BoxedStrategy<String> {
    let any = prop_oneof![
        3 => any::<String>(),
        2 => "[a-zA-Z0-9_.@*,:/ '\"\\\\%{}-]{0,40}",
        1 => "[a-z]{1,3}([-_.@][a-z]{1,3}){0,4}",
        1 => "\\PC{200,400}",
    ];
    any.prop_map(|drawn| text(&drawn)).boxed()
}

fn jsons() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter_map("a number", |number| serde_json::Number::from_f64(number).map(Value::Number)),
        any::<String>().prop_map(|drawn| Value::from(drawn.replace('\0', ""))),
    ];
    let tree = leaf.prop_recursive(4, 24, 5, |inner| {
        let keys = prop_oneof![
            "[a-z_]{1,12}",
            Just("role".to_owned()),
            Just("content".to_owned()),
            Just("incurred".to_owned()),
            Just("action".to_owned()),
            Just("approval_policy".to_owned()),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    tree.boxed()
}

/// A number in digits, of any size.
fn numbers() -> BoxedStrategy<String> {
    prop_oneof![
        2 => "-?[0-9]{1,13}(\\.[0-9]{1,8})?",
        1 => "-?[0-9]{1,40}(\\.[0-9]{1,40})?",
        1 => "[0-9](\\.[0-9]{1,3})?e-?[0-9]{1,3}",
        1 => Just("'NaN'".to_owned()),
    ]
    .boxed()
}

/// Random values of a type, as SQL.
fn values(kind: &str) -> BoxedStrategy<String> {
    let cast = |strategy: BoxedStrategy<String>| {
        let kind = kind.to_owned();
        strategy.prop_map(move |value| format!("({value})::{kind}")).boxed()
    };
    if let Some(element) = kind.strip_suffix("[]") {
        let elements = prop_oneof![9 => values(element), 1 => Just(format!("NULL::{element}"))];
        let listed =
            prop::collection::vec(elements, 0..5).prop_map(|of| format!("ARRAY[{}]", of.join(", "))).boxed();
        return cast(listed);
    }
    match kind {
        "text" => texts(),
        "uuid" => cast(any::<u128>().prop_map(|id| format!("'{}'", uuid::Uuid::from_u128(id))).boxed()),
        "boolean" => any::<bool>().prop_map(|flag| flag.to_string()).boxed(),
        "smallint" => cast(any::<i16>().prop_map(|number| number.to_string()).boxed()),
        "integer" => cast(prop_oneof![any::<i32>(), -9..9].prop_map(|number| number.to_string()).boxed()),
        "bigint" => cast(prop_oneof![any::<i64>(), -9..9_i64].prop_map(|number| number.to_string()).boxed()),
        "jsonb" => cast(jsons().prop_map(|value| text(&value.to_string())).boxed()),
        "timestamp with time zone" => {
            let drawn = (-4_700..12_000_i64, 1..13, 1..29, 0..86_400_000_000_i64).prop_map(|(year, month, day, us)| {
                let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
                format!("'{year:04}-{month:02}-{day:02} 00:00:00+00{era}'::timestamptz + interval '{us} microseconds'")
            });
            cast(drawn.boxed())
        }
        "interval" => {
            let drawn = (any::<i16>(), any::<i16>(), any::<i64>());
            cast(
                drawn
                    .prop_map(|(months, days, us)| format!("'{months} months {days} days {us} microseconds'"))
                    .boxed(),
            )
        }
        "regclass" => cast(any::<u16>().prop_map(|oid| format!("{oid}::oid")).boxed()),
        _ => cast(numbers()),
    }
}

/// Random calls of a function: about half of the arguments are what could be meant.
fn drawn(
    runner: &mut TestRunner,
    function: &Function,
    ids: &[(&'static str, String)],
    calls: usize,
) -> Vec<Call> {
    let meant = meant(function, ids);
    let value = |argument: &Argument, meant: &String| prop_oneof![5 => Just(meant.clone()), 4 => values(&argument.kind), 1 => Just(format!("NULL::{}", argument.kind))];
    let arguments: Vec<_> =
        function.arguments.iter().zip(&meant).map(|(of, meant)| value(of, meant)).collect();
    let mut draw = || arguments.new_tree(runner).expect("values are drawn").current();
    let call = |arguments: Vec<String>| Call {
        sql: format!("SELECT awgp.{}({})", function.name, listed(function, &arguments)),
        outside: false,
    };
    (0..calls).map(|_| call(draw())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_random_argument_of_any_function_is_an_internal_error_takes_long_or_leaves_anything_behind() {
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    let functions = functions(&superuser).await;
    let ids = ids(&superuser, &group, &group.north).await;
    let given = |name: &str| std::env::var(name).ok().and_then(|given| given.parse::<u32>().ok());
    let seed = given("AWGP_ARGUMENTS_SEED").unwrap_or(1);
    let calls = given("AWGP_ARGUMENTS_CALLS").map_or(CALLS, |calls| calls as usize);
    let seed: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let runner = RefCell::new(TestRunner::new_with_rng(Config::default(), rng));
    let before = digest(&superuser).await;
    let mut met = Met::default();
    for login in [Login::App, Login::Auditor, Login::Maintainer, Login::Admin, Login::Notifier] {
        // Without a tenant in context, and as one of its users.
        let contexts: Vec<String> = contexts(login, &group.north).into_iter().take(2).collect();
        let may = |function: &&Function| function.callers.contains(&login) && !function.arguments.is_empty();
        let own: Vec<Function> = functions.iter().filter(may).cloned().collect();
        let draw = |function: &Function| drawn(&mut runner.borrow_mut(), function, &ids, calls);
        call_all(&database, login, &contexts, &own, &draw, &mut met).await;
    }
    println!("{} functions, {} random calls: {:?}", functions.len(), met.calls, met.by_code);
    met.wrong.sort();
    met.wrong.dedup();
    assert!(met.wrong.is_empty(), "{} calls:\n{}", met.wrong.len(), met.wrong.join("\n"));
    assert!(met.answered.len() > 50, "hardly a call is answered: {:?}", met.answered);
    assert_eq!(before, digest(&superuser).await, "something was written");
}
