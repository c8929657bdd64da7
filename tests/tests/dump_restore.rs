//! A dump restored into an empty database is the same installation: rows, sequences, catalog,
//! doctor, and a trail that verifies and goes on.

use awgp_tests::catalog::{assert_same, assert_same_lines, findings};
use awgp_tests::command::{Folder, restore_in_parallel, run};
use awgp_tests::tokens::signed_database;
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::writer::{Target, Writer, recorded_titles, targets};
use awgp_tests::{Database, Login, assert_refused, cli, everything, fixture};
use tokio_postgres::Client;

/// Digest and number of rows of every table, partitions one by one, and state of every sequence.
async fn contents(superuser: &Client) -> Vec<String> {
    superuser
        .batch_execute("SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 3")
        .await
        .expect("settings can be set");
    let sql = "SELECT relname::text, relkind::text FROM pg_class
               WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'S') ORDER BY relname";
    let mut contents = Vec::new();
    for row in superuser.query(sql, &[]).await.expect("pg_class is readable") {
        let (name, kind): (String, String) = (row.get(0), row.get(1));
        let sql = match kind.as_str() {
            "S" => format!("SELECT format('%s %s', last_value, is_called) FROM awgp.{name}"),
            _ => format!(
                "SELECT format('%s rows, %s', count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")))
                 FROM awgp.{name} AS t"
            ),
        };
        let line: String = superuser.query_one(&sql, &[]).await.expect("the table is readable").get(0);
        contents.push(format!("{name}: {line}"));
    }
    contents
}

async fn assert_restored(original: &Database, restored: &Database) {
    let (left, right) = (original.superuser().await, restored.superuser().await);
    assert_same_lines(&contents(&left).await, &contents(&right).await);
    assert_same(&left, &right).await;
    let found = findings(&right).await;
    assert!(found.is_empty(), "{found:#?}");
    let due = right.query_one("SELECT awgp.migrate()", &[]).await.expect("migrate answers");
    assert_eq!(due.get::<_, &str>(0), "nothing to do");
}

/// The restored rules work, as ordinary roles see them.
async fn assert_governed(restored: &Database, group: &fixture::Group) {
    let mut app = restored.app().await;
    assert_eq!(everything::count(&app, "users", None).await, 0);
    let transaction = fixture::within(&mut app, group.north.id).await;
    assert_eq!(everything::count(transaction.client(), "users", None).await, 5);
    let made =
        transaction.query_one("SELECT id FROM awgp.create_user('new@north.example', 'viewer')", &[]).await;
    assert!(made.is_ok(), "{made:?}");
    transaction.rollback().await.expect("rolled back");
    let written = app.execute("DELETE FROM awgp.users", &[]).await;
    assert_refused(written, "42501", "no_tenant_context");
}

#[tokio::test]
async fn a_plain_dump_restores_the_same_installation() {
    let original = Database::new().await;
    let group = everything::everywhere(&original).await;
    let folder = Folder::new(&original);
    let file = folder.file("plain.sql");
    run("pg_dump", &original, &["--file", &file]);
    let restored = Database::empty().await;
    run("psql", &restored, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &file]);
    assert_restored(&original, &restored).await;
    assert_governed(&restored, &group).await;
}

#[tokio::test]
async fn a_custom_dump_restores_the_same_installation_with_two_jobs() {
    let original = Database::new().await;
    let group = everything::everywhere(&original).await;
    let folder = Folder::new(&original);
    let file = folder.file("custom.dump");
    run("pg_dump", &original, &["--format=custom", "--file", &file]);
    let restored = Database::empty().await;
    restore_in_parallel(&restored, &file);
    assert_restored(&original, &restored).await;
    assert_governed(&restored, &group).await;
}

/// ALTER DATABASE … SET is in a dump, and pg_restore runs it with --create only.
#[tokio::test]
async fn a_restore_that_loses_signed_mode_is_warned_of_with_the_statement_that_brings_it_back() {
    let (original, _) = signed_database().await;
    let folder = Folder::new(&original);
    let file = folder.file("signed.dump");
    run("pg_dump", &original, &["--format=custom", "--file", &file]);
    let restored = Database::empty().await;
    run("pg_restore", &restored, &["--exit-on-error", &file]);
    let superuser = restored.superuser().await;
    let found = findings(&superuser).await;
    let codes: Vec<(&str, &str)> =
        found.iter().map(|(code, severity, ..)| (code.as_str(), severity.as_str())).collect();
    assert_eq!(codes, [("trusted_with_provider", "warning")]);
    superuser.batch_execute(&found[0].3).await.expect("the hint is a statement");
    let found = findings(&restored.superuser().await).await;
    assert!(found.iter().all(|(code, ..)| code != "trusted_with_provider"), "{found:?}");
    let set = restored.app().await.execute("SELECT awgp.set_context(gen_random_uuid())", &[]).await;
    assert_refused(set, "42501", "signed_mode");
}

#[tokio::test]
async fn schema_and_data_restored_apart_are_the_same_installation_once_the_doctor_was_heard() {
    let original = Database::new().await;
    let group = everything::everywhere(&original).await;
    let folder = Folder::new(&original);
    let (schema, data) = (folder.file("schema.sql"), folder.file("data.sql"));
    run("pg_dump", &original, &["--schema-only", "--file", &schema]);
    run("pg_dump", &original, &["--data-only", "--disable-triggers", "--file", &data]);
    let restored = Database::empty().await;
    for file in [&schema, &data] {
        run("psql", &restored, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", file]);
    }
    // --disable-triggers ends with ENABLE TRIGGER ALL, which makes ALWAYS triggers ordinary ones.
    let superuser = restored.superuser().await;
    for (code, _, object, hint) in findings(&superuser).await {
        assert_eq!(code, "trigger_disabled", "{object}");
        superuser.batch_execute(&hint).await.unwrap_or_else(|error| panic!("{hint}: {error:?}"));
    }
    assert_restored(&original, &restored).await;
    assert_governed(&restored, &group).await;
}

#[tokio::test]
async fn a_schema_without_data_becomes_an_installation_by_migrating() {
    let original = Database::new().await;
    let folder = Folder::new(&original);
    let schema = folder.file("schema.sql");
    run("pg_dump", &original, &["--schema-only", "--file", &schema]);
    let restored = Database::empty().await;
    run("psql", &restored, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &schema]);
    let superuser = restored.superuser().await;
    let found = findings(&superuser).await;
    let codes: Vec<&str> = found.iter().map(|(code, ..)| code.as_str()).collect();
    assert_eq!(codes, ["migration_due"]);
    superuser.batch_execute(&found[0].3).await.expect("the hint works");
    assert_same(&original.superuser().await, &superuser).await;
    assert!(findings(&superuser).await.is_empty());
    // Another database, so another identity: chains of the two do not fit each other.
    let sql = "SELECT id FROM awgp.installation";
    let id = |row: tokio_postgres::Row| row.get::<_, uuid::Uuid>(0);
    let theirs = id(superuser.query_one(sql, &[]).await.expect("there is one identity"));
    let ours = id(original.superuser().await.query_one(sql, &[]).await.expect("there is one identity"));
    assert_ne!(ours, theirs);
}

#[tokio::test]
async fn a_dump_of_a_restored_database_is_the_same_text() {
    let original = Database::new().await;
    everything::everywhere(&original).await;
    let folder = Folder::new(&original);
    let file = folder.file("first.sql");
    run("pg_dump", &original, &["--file", &file]);
    let restored = Database::empty().await;
    run("psql", &restored, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &file]);
    // Newer pg_dumps guard their meta-commands with a word that is drawn anew each time.
    let lines = |text: String| -> Vec<String> {
        text.lines().filter(|line| !line.contains("restrict ")).map(str::to_owned).collect()
    };
    let schema = lines(run("pg_dump", &original, &["--schema-only"]));
    assert_eq!(schema, lines(run("pg_dump", &restored, &["--schema-only"])));
}

/// Clients that write to a few tenants at once, so that the chain has lanes.
async fn write(database: &Database, targets: &[Target], round: u64) {
    let mut running = Vec::new();
    for number in 0..6 {
        let client = database.app().await;
        let number = round * 100 + number;
        let writer = Writer { number, targets: targets.to_vec(), tenants_per_transaction: 2 };
        running.push(tokio::spawn(async move { writer.run(&client, 20).await }));
    }
    for writer in running {
        writer.await.expect("a writer ends");
    }
}

/// By several jobs, in the steps that this takes.
const JOBS: &[&str] = &["--jobs"];

/// The ways to dump and restore, each as (options of pg_dump, options of pg_restore or psql).
const WAYS: [&[(&[&str], &[&str])]; 5] = [
    &[(&["--format=plain"], &[])],
    &[(&["--format=custom"], &["--exit-on-error"])],
    &[(&["--format=custom"], JOBS)],
    &[(&["--format=directory", "--jobs=2"], JOBS)],
    &[(&["--schema-only"], &[]), (&["--data-only", "--disable-triggers"], &[])],
];

fn dump_and_restore(original: &Database, restored: &Database, folder: &Folder, way: &[(&[&str], &[&str])]) {
    for (number, (dump, restore)) in way.iter().enumerate() {
        let file = folder.file(&format!("{}-{number}", restored.name));
        run("pg_dump", original, &[*dump, &["--file", &file]].concat());
        if restore.is_empty() {
            run("psql", restored, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &file]);
        } else if *restore == JOBS {
            restore_in_parallel(restored, &file);
        } else {
            run("pg_restore", restored, &[*restore, &[&file]].concat());
        }
    }
}

#[tokio::test]
async fn a_restored_trail_verifies_and_goes_on_whichever_way_it_came() {
    let original = Database::new().await;
    let targets = targets(&original, 3).await;
    write(&original, &targets, 0).await;
    let install_id = trail::install_id(&original).await;
    let rows = trail::rows(&original).await;
    let lanes = assert_intact(install_id, &rows);
    assert!(lanes.values().any(|lanes| *lanes > 1), "several lanes: {lanes:?}");
    let folder = Folder::new(&original);
    for (round, way) in (1..).zip(WAYS) {
        let restored = Database::empty().await;
        dump_and_restore(&original, &restored, &folder, way);
        let superuser = restored.superuser().await;
        for (code, _, object, hint) in findings(&superuser).await {
            assert_eq!(code, "trigger_disabled", "{way:?}: {object}");
            superuser.batch_execute(&hint).await.unwrap_or_else(|error| panic!("{hint}: {error:?}"));
        }
        assert_eq!(trail::install_id(&restored).await, install_id, "{way:?}");
        assert!(trail::rows(&restored).await == rows, "{way:?}: the same rows");
        assert_eq!(trail::verify(&restored).await, [], "{way:?}");
        cli::table(&restored, Login::Auditor, &["audit", "verify", "--jobs", "2"]).expect(0);
        write(&restored, &targets, round).await;
        let more = trail::rows(&restored).await;
        assert_intact(install_id, &more);
        assert!(recorded_titles(&more).len() > recorded_titles(&rows).len() + 50, "{way:?}");
        assert!(rows.iter().all(|row| more.contains(row)), "{way:?}: the chain goes on where it was");
        assert_eq!(trail::verify(&restored).await, [], "{way:?}");
    }
}
