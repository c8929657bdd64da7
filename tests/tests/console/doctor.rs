//! The doctor's page: who sees findings, and what each says.

use awgp_tests::Login;
use awgp_tests::console::Console;
use awgp_tests::tokens::{token_of, trusting_database};

#[tokio::test]
async fn the_doctor_is_asked_only_where_the_database_lets_the_console_and_shown_to_admins() {
    let (database, group) = trusting_database().await;
    let console = Console::bearer(&database);
    let page = |role: &str| console.reader_with(&token_of(group.north.user(role))).page("/doctor");
    for role in ["viewer", "super_admin"] {
        let page = page(role);
        assert!(page.says("GRANT EXECUTE ON FUNCTION awgp.doctor_findings()"), "{page:#?}");
        assert!(!page.body.contains("context_mode"), "{page:#?}");
    }
    let superuser = database.connect(Login::Superuser).await;
    let grant = "GRANT EXECUTE ON FUNCTION awgp.doctor_findings() TO awgp_test_app";
    superuser.batch_execute(grant).await.expect("granted in this database");
    for role in ["viewer", "operator", "manager"] {
        assert!(!page(role).body.contains("context_mode"), "{role}");
    }
    for role in ["admin", "super_admin"] {
        assert!(page(role).body.contains("context_mode"), "{role}");
    }
}

#[tokio::test]
async fn a_finding_has_its_object_and_the_command_that_mends_it_and_the_worst_stands_first() {
    let (database, group) = trusting_database().await;
    let superuser = database.connect(Login::Superuser).await;
    superuser
        .batch_execute(
            "GRANT EXECUTE ON FUNCTION awgp.doctor_findings() TO awgp_test_app;
             ALTER TABLE awgp.model_prices NO FORCE ROW LEVEL SECURITY",
        )
        .await
        .expect("a superuser may");
    let console = Console::bearer(&database);
    let mut admin = console.reader_with(&token_of(group.north.user("admin")));
    let page = admin.page("/doctor");
    let rows = superuser.query("SELECT code, object, hint FROM awgp.doctor()", &[]).await.expect("findings");
    assert!(rows.iter().any(|row| row.get::<_, &str>(0) == "rls_not_forced"));
    for row in &rows {
        let said: [String; 3] = [0, 1, 2].map(|column| row.get(column));
        for text in said {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            // An apostrophe stands in HTML as it is.
            assert!(page.says(&text), "{text}: {page:#?}");
        }
    }
    // The login may read none of what the checks read, and yet each was made.
    assert!(!page.body.contains("check_failed"), "{page:#?}");
    let (errors, infos) = (page.text().find("Errors"), page.text().find("To know"));
    assert!(errors.is_some() && errors < infos, "{page:#?}");
    assert!(!page.says("The installation is sound."), "{page:#?}");
}
