//! A structure of which a part is missing, as after a restore that is not complete.

use super::calling::{attempt, prepare};
use super::calls;
use super::catalog::functions;
use super::scene::{ids, scene};
use awgp_tests::catalog::tables;
use awgp_tests::{Login, assert_refused};

/// Without any one of the tables, its rows or an index, no function is an internal error.
#[tokio::test]
async fn without_a_table_its_rows_or_an_index_no_function_is_an_internal_error() {
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    let functions = functions(&superuser).await;
    let ids = ids(&superuser, &group, &group.north).await;
    let context =
        format!("SELECT awgp.set_context('{}', '{}')", group.north.id, group.north.user("super_admin"));
    let mut wrong = Vec::new();
    for table in tables(&superuser).await {
        let indexes = format!("SELECT indexname::text FROM pg_indexes WHERE schemaname = 'awgp' AND tablename = '{table}'
                               AND to_regclass('awgp.' || quote_ident(indexname)) NOT IN (SELECT conindid FROM pg_constraint)");
        let indexes = superuser.query(&indexes, &[]).await.expect("the indexes");
        let without_index =
            |row: &tokio_postgres::Row| format!("DROP INDEX awgp.{}", row.get::<_, String>(0));
        let damages = indexes.iter().map(without_index).chain([
            format!("DROP TABLE awgp.{table} CASCADE"),
            format!("ALTER TABLE awgp.{table} DISABLE TRIGGER ALL; DELETE FROM awgp.{table}"),
        ]);
        for damage in damages {
            // A session of its own: what a session remembers was true before.
            let client = database.superuser().await;
            prepare(&client).await;
            client.batch_execute("BEGIN").await.expect("it begins");
            client.batch_execute(&damage).await.unwrap_or_else(|error| panic!("{damage}: {error:?}"));
            for login in [Login::App, Login::Auditor, Login::Maintainer, Login::Admin] {
                let own: Vec<_> = functions.iter().filter(|of| of.callers.first() == Some(&login)).collect();
                let texts: Vec<String> = own.iter().map(|of| calls(of, &ids).swap_remove(0).sql).collect();
                let role = format!("SET LOCAL ROLE {}", login.role().expect("an ordinary role"));
                client.batch_execute(&role).await.expect("the role is set");
                let context = if login == Login::App { context.as_str() } else { "SELECT 1" };
                for (call, outcome) in texts.iter().zip(attempt(&client, context, &texts).await) {
                    if outcome.code.starts_with("XX") {
                        wrong.push(format!(
                            "{damage}: {call:.120}: {} {:.150}",
                            outcome.code, outcome.message
                        ));
                    }
                }
                client.batch_execute("RESET ROLE").await.expect("the role is reset");
            }
            client.batch_execute("ROLLBACK").await.expect("all is back");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is missing is named.
#[tokio::test]
async fn verifying_without_the_row_of_the_installation_says_what_is_missing() {
    let (database, _) = scene().await;
    let superuser = database.superuser().await;
    let sql = "SET session_replication_role = replica; DELETE FROM awgp.installation";
    superuser.batch_execute(sql).await.expect("a superuser may");
    for login in [Login::Auditor, Login::App] {
        let client = database.connect(login).await;
        assert_refused(
            client.query("SELECT awgp.verify_audit()", &[]).await,
            "55000",
            "structure_incomplete",
        );
    }
}
