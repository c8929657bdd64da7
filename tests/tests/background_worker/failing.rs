//! What goes wrong in one database is said once, and stops neither the other steps nor the other databases.

use super::stage::{
    configure, is_preloaded, last_run, maintain, of, postgres, said, wait_for_run, wait_for_word,
};
use awgp_tests::everything::forge_audit_row;
use awgp_tests::own_server::until;
use awgp_tests::{Database, fixture};

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_keeps_failing_is_said_once_and_again_when_it_fails_anew() {
    if !is_preloaded("failing::a_step_that_keeps_failing_is_said_once_and_again_when_it_fails_anew", &[]) {
        return;
    }
    let (database, other) = (Database::new().await, Database::new().await);
    let client = database.superuser().await;
    let function = "FUNCTION awgp.ensure_partitions(bigint, timestamptz)";
    let revoke = format!("REVOKE EXECUTE ON {function} FROM awgp_maintainer");
    let grant = format!("GRANT EXECUTE ON {function} TO awgp_maintainer");
    maintain(&[&database, &other]).await;
    wait_for_run(&database).await;
    let warned = ["WARNING:", &of(&database), "ensure_partitions failed"];
    for times in 1..=2 {
        client.batch_execute(&revoke).await.expect("a superuser may");
        wait_for_word(&warned, times - 1).await;
        // Every step, this one and those after it, runs again and again.
        wait_for_run(&database).await;
        wait_for_run(&database).await;
        wait_for_run(&other).await;
        assert_eq!(said(&warned), times);
        client.batch_execute(&grant).await.expect("a superuser may");
        let sql = "SELECT bool_and(last_success_at = last_run_at) FROM awgp.maintenance_steps";
        until("all steps succeed", async || client.query_one(sql, &[]).await.expect("steps").get(0)).await;
    }
    assert_eq!(said(&["WARNING:", &of(&database)]), 2, "nothing else fails");
    assert_eq!(said(&["WARNING:", &of(&other)]), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_another_version_or_structure_is_left_alone() {
    if !is_preloaded("failing::a_database_with_another_version_or_structure_is_left_alone", &[]) {
        return;
    }
    let (version, structure, other) = (Database::new().await, Database::new().await, Database::new().await);
    let damage = "UPDATE pg_extension SET extversion = '0.0.0' WHERE extname = 'awgp'";
    version.superuser().await.batch_execute(damage).await.expect("a superuser may");
    let damage = "DELETE FROM awgp.schema_migrations WHERE name = 'policies/users'";
    structure.superuser().await.batch_execute(damage).await.expect("a superuser may");
    maintain(&[&version, &structure, &other]).await;
    for damaged in [&version, &structure] {
        wait_for_word(&["WARNING:", &of(damaged)], 0).await;
        wait_for_word(&["DEBUG:", &of(damaged)], 1).await;
        assert_eq!(said(&["WARNING:", &of(damaged)]), 1);
        assert_eq!(last_run(damaged).await, None);
    }
    wait_for_run(&other).await;
    let repair = "UPDATE pg_extension SET extversion = awgp.version() WHERE extname = 'awgp'";
    version.superuser().await.batch_execute(repair).await.expect("a superuser may");
    structure.superuser().await.batch_execute("SELECT awgp.migrate()").await.expect("a superuser may");
    wait_for_run(&version).await;
    wait_for_run(&structure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_missing_or_may_not_is_said_once() {
    if !is_preloaded("failing::a_role_that_is_missing_or_may_not_is_said_once", &[]) {
        return;
    }
    let database = Database::new().await;
    postgres().await.batch_execute("CREATE ROLE \"no maintainer\"").await.expect("a superuser may");
    maintain(&[&database]).await;
    // The launcher has read that: what it reads next is a change of its own.
    wait_for_run(&database).await;
    for role in ["nobody at all", "no maintainer"] {
        configure("awgp.maintenance_role", role).await;
        let trouble = [&of(&database), role];
        wait_for_word(&["WARNING:", trouble[0], trouble[1]], 0).await;
        wait_for_word(&["DEBUG:", trouble[0], trouble[1]], 1).await;
        assert_eq!(said(&["WARNING:", trouble[0], trouble[1]]), 1);
    }
    postgres().await.batch_execute("GRANT awgp_maintainer TO \"no maintainer\"").await.expect("as hinted");
    wait_for_run(&database).await;
}

/// A step that wants to be the superuser as whom the process began, at once or at the commit.
const HOSTILE: &str = "
    CREATE TABLE public.caught (what text, who name, is_superuser text);
    CREATE FUNCTION public.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RESET SESSION AUTHORIZATION; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER later AFTER INSERT ON public.caught DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.what = 'later') EXECUTE FUNCTION public.at_commit();
    GRANT ALL ON public.caught TO PUBLIC;
    CREATE OR REPLACE FUNCTION awgp.expire_approvals(at timestamptz DEFAULT NULL) RETURNS integer LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.caught VALUES ('before', session_user, current_setting('is_superuser'));
        BEGIN RESET SESSION AUTHORIZATION; EXCEPTION WHEN OTHERS THEN NULL; END;
        BEGIN RESET ROLE; EXCEPTION WHEN OTHERS THEN NULL; END;
        INSERT INTO public.caught VALUES ('after', session_user, current_setting('is_superuser'));
        RETURN 0;
    END $$;
    CREATE OR REPLACE FUNCTION awgp.abandon_actions(at timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO public.caught VALUES ('later', session_user, current_setting('is_superuser')); RETURN 0; END $$";

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_run_as_the_role_of_the_setting_and_no_step_becomes_more() {
    if !is_preloaded("failing::the_steps_run_as_the_role_of_the_setting_and_no_step_becomes_more", &[]) {
        return;
    }
    let (database, hostile) = (Database::new().await, Database::new().await);
    let make = "CREATE ROLE nightly IN ROLE awgp_maintainer";
    postgres().await.batch_execute(make).await.expect("a superuser may");
    configure("awgp.maintenance_role", "nightly").await;
    let client = database.superuser().await;
    let tenant = fixture::group(&database).await.north.id;
    forge_audit_row(&client, tenant, "2001-01-31 12:00:00+00").await;
    hostile.superuser().await.batch_execute(HOSTILE).await.expect("a superuser may");
    maintain(&[&database, &hostile]).await;

    // The trail says who moved the row, and the superuser is nowhere.
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE metadata ->> 'role' = 'nightly'";
    until("the row is moved", async || {
        client.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0) > 0
    })
    .await;
    wait_for_run(&hostile).await;
    let sql = "SELECT DISTINCT what, who::text, is_superuser FROM public.caught ORDER BY what";
    let rows = hostile.superuser().await.query(sql, &[]).await.expect("a superuser reads all");
    let caught: Vec<[String; 3]> =
        rows.iter().map(|row| [0, 1, 2].map(|column| row.get::<_, String>(column))).collect();
    assert_eq!(caught, [["after", "nightly", "off"], ["before", "nightly", "off"]], "{caught:?}");
    wait_for_word(&["WARNING:", &of(&hostile), "abandon_actions failed"], 0).await;
}
