//! Runs the tests that are functions of the library, each in a database of its own, as the superuser.
//!
//! `awgp_ext` has them under its feature `server_tests`; no script of the extension declares them.

use awgp_tests::Database;

/// Where they are written.
const SOURCES: [&str; 2] = [
    include_str!("../../awgp_ext/src/server_tests.rs"),
    include_str!("../../awgp_ext/src/install/upgrade_tests.rs"),
];

/// Declares the function and calls it, in a transaction that is rolled back.
async fn pass(name: &str) {
    let database = Database::new().await;
    let mut superuser = database.superuser().await;
    let transaction = superuser.transaction().await.expect("a transaction begins");
    // A function's name is no parameter; these are of our own making. pgrx names the symbol.
    let declared = format!(
        "CREATE FUNCTION pg_temp.{name}() RETURNS void LANGUAGE c AS '$libdir/awgp', '{name}_wrapper'"
    );
    transaction.batch_execute(&declared).await.expect("the development build has the function");
    let called = transaction.batch_execute(&format!("SELECT pg_temp.{name}()")).await;
    called.unwrap_or_else(|error| panic!("{}", error.as_db_error().map_or("", |db| db.message())));
}

macro_rules! inside_the_server {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[tokio::test]
            async fn $name() {
                pass(stringify!($name)).await;
            }
        )*
    };
}

inside_the_server! {
    a_permit_ends_with_the_scope_that_holds_it
    a_permit_ends_where_an_error_passes_through_the_scope_that_holds_it
    a_permit_that_no_scope_gives_back_ends_with_the_savepoint_it_began_in
    every_reason_reaches_the_client_with_its_own_sqlstate
    the_doctor_finds_nothing_after_install
    installing_again_changes_nothing
    a_context_ends_with_its_savepoint
    a_jsonb_is_written_as_the_server_prints_it
    an_object_is_built_byte_for_byte_as_the_server_builds_it
    an_escape_is_seen_wherever_it_stands
    a_number_is_written_as_the_server_prints_it
    what_is_hidden_is_hidden_at_any_depth_and_all_else_keeps_its_bytes
    a_damaged_jsonb_is_refused_and_read_no_further_than_it_goes
    a_database_with_rows_is_migrated_to_what_a_new_one_gets
    a_shape_that_changed_without_a_migration_shows_and_so_does_a_migration_alone
    a_migration_that_rows_do_not_keep_says_so_and_changes_nothing
    a_history_that_is_gone_is_written_again_and_nothing_is_migrated_twice
    the_doctor_names_a_migration_that_is_due_one_that_changed_and_one_that_this_library_lacks
}

#[test]
fn none_is_left_out() {
    let functions = SOURCES.iter().flat_map(|source| source.split("#[pg_extern(sql = false)]").skip(1));
    let written: Vec<&str> = functions
        .map(|function| function.trim_start().trim_start_matches("fn ").split('(').next().unwrap_or_default())
        .collect();
    assert_eq!(written, NAMES);
}
