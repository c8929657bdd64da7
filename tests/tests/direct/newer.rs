//! What an operator may add from PostgreSQL 18 on: virtual columns, CHECKs that are not enforced, NOT NULL
//! by a constraint that no row was checked for, and keys over time.

use super::money::{round, scene};
use super::number;
use awgp_tests::{assert_sqlstate, server_major};

/// Tables of which rows are written without a statement, each with a number that a round sets.
const WRITTEN: [(&str, &str); 6] = [
    ("cost_transactions", "cost_amount"),
    ("credit_reservations", "amount"),
    ("governed_actions", "estimated_cost"),
    ("budget_periods", "spent"),
    ("provider_credit_pools", "current_balance"),
    ("audit_logs", "chain_seq"),
];

/// What is added to a table TAB with a number N, what two rounds come to (nothing: they succeed), and how it
/// is taken away.
const ADDED: [(&str, Option<&str>, &str); 5] = [
    ("ALTER TABLE awgp.TAB ADD COLUMN twice numeric GENERATED ALWAYS AS (N * 2) VIRTUAL", None, "SELECT"),
    (
        "ALTER TABLE awgp.TAB ADD CONSTRAINT house CHECK (twice < 0) NOT VALID",
        Some("23514"),
        "ALTER TABLE awgp.TAB DROP COLUMN twice CASCADE",
    ),
    (
        "ALTER TABLE awgp.TAB ADD COLUMN never numeric GENERATED ALWAYS AS (nullif(N, N)) VIRTUAL;
         ALTER TABLE awgp.TAB ADD CONSTRAINT house NOT NULL never NOT VALID",
        Some("23502"),
        "ALTER TABLE awgp.TAB DROP COLUMN never",
    ),
    (
        "ALTER TABLE awgp.TAB ADD CONSTRAINT house CHECK (N < -1) NOT ENFORCED",
        None,
        "ALTER TABLE awgp.TAB DROP CONSTRAINT house",
    ),
    (
        "ALTER TABLE awgp.TAB ADD COLUMN note text; ALTER TABLE awgp.TAB ADD CONSTRAINT house NOT NULL note NOT VALID",
        Some("23502"),
        "ALTER TABLE awgp.TAB DROP COLUMN note",
    ),
];

/// A key over time: each new row has the same span.
const OVER_TIME: &str =
    "ALTER TABLE awgp.TAB ADD COLUMN place int4range DEFAULT '[1,2)', ADD COLUMN span tstzrange;
     ALTER TABLE awgp.TAB ALTER COLUMN span SET DEFAULT '[2000-01-01,)';
     ALTER TABLE awgp.TAB ADD UNIQUE (place, span WITHOUT OVERLAPS)";

#[tokio::test]
async fn what_newer_servers_let_an_operator_add_holds() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let is_known = server_major(&superuser).await >= 18;
    for (table, number_column) in WRITTEN {
        // Rows of the others are not made in a round.
        let over_time =
            ["cost_transactions", "credit_reservations", "governed_actions"].contains(&table).then_some((
                OVER_TIME,
                Some("23P01"),
                "ALTER TABLE awgp.TAB DROP COLUMN place, DROP COLUMN span",
            ));
        for (add, refused, take_away) in ADDED.into_iter().chain(over_time) {
            let of_table = |sql: &str| {
                let words = sql.replace("awgp.TAB", &format!("awgp.{table}"));
                words
                    .replace("(N ", &format!("({number_column} "))
                    .replace("(N, N)", &format!("({number_column}, {number_column})"))
            };
            let add = of_table(add);
            let added = superuser.batch_execute(&add).await;
            if !is_known {
                assert!(added.is_err(), "15 does not know it: {add}");
                continue;
            }
            added.unwrap_or_else(|error| panic!("{add}: {error:?}"));
            let mut outcome = Ok(serde_json::Value::Null);
            for _ in 0..2 {
                outcome = match outcome {
                    Ok(_) => round(&mut app, &group).await,
                    refused => refused,
                };
            }
            match refused {
                Some(code) => assert_sqlstate(outcome, code),
                None => drop(outcome.unwrap_or_else(|error| panic!("{add}: {error:?}"))),
            }
            superuser.batch_execute(&of_table(take_away)).await.expect("and takes it away");
        }
        round(&mut app, &group).await.unwrap_or_else(|error| panic!("{table}, without: {error:?}"));
    }
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
    assert_eq!(awgp_tests::trail::verify(&database).await, []);
}
