//! Making checkpoints: what is appended, what is signed, and what is refused.

use super::stage::{Auditor, events, last_seq, scene};
use awgp_tests::cli::{awgp, json};
use awgp_tests::fixture::within;
use awgp_tests::tampering::tamper;
use awgp_tests::trail::install_id;
use awgp_tests::writer::Writer;
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use tokio_postgres::Client;
use uuid::Uuid;

async fn checkpoint(client: &Client, tenant: Uuid) -> (i64, i64) {
    let sql = "SELECT (made ->> 'tree_size')::bigint, (made ->> 'appended')::bigint
               FROM awgp.audit_checkpoint($1) AS made";
    let row = client.query_one(sql, &[&tenant]).await.expect("a checkpoint");
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn signing_again_signs_only_what_is_new() {
    let (database, group, auditor) = scene().await;
    let north = ["--tenant", "north"];
    let first = auditor.sign(&database, &north);
    assert_eq!((first.len(), &first[0]["signed"]), (1, &true.into()));
    let again = auditor.sign(&database, &north);
    assert_eq!((&again[0]["signed"], &again[0]["tree_size"]), (&false.into(), &first[0]["tree_size"]));
    events(&database, group.north.id, 3).await;
    let grown = auditor.sign(&database, &north);
    let size = |row: &serde_json::Value| row["tree_size"].as_i64().expect("a size");
    assert_eq!(size(&grown[0]), size(&first[0]) + 3);
    assert_eq!(std::fs::read_dir(auditor.notes()).expect("the folder").count(), 2);
    auditor.assert_holds(&database, &auditor.notes(), 1);
    // Each note by itself proves it too.
    for note in [&first[0]["note"], &grown[0]["note"]] {
        auditor.assert_holds(&database, note.as_str().expect("a path"), 1);
    }
}

#[tokio::test]
async fn all_tenants_are_signed_and_so_is_the_systems_own_chain() {
    let (database, group, auditor) = scene().await;
    let admin = database.admin().await;
    // An identity provider belongs to no tenant.
    let provider =
        "SELECT awgp.create_identity_provider('Own', 'https://id.example.com/realms/own', '{awgp}',
        '{\"keys\": [{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"kid\": \"rfc8037\",
          \"x\": \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}')";
    admin.execute(provider, &[]).await.expect("an administrator may");
    let signed = auditor.sign(&database, &["--all-tenants"]);
    let of_kind = |kind: &str| -> BTreeSet<String> {
        let rows = signed.iter().filter(|row| row["kind"] == kind);
        rows.map(|row| row["tenant_id"].as_str().expect("an id").to_owned()).collect()
    };
    let mut expected: BTreeSet<String> = group.all().iter().map(|tenant| tenant.id.to_string()).collect();
    assert_eq!(of_kind("group"), [group.holding.id.to_string()].into());
    expected.insert(install_id(&database).await.to_string());
    assert_eq!(of_kind("tenant"), expected);
    auditor.assert_holds(&database, &auditor.notes(), 6);
}

#[tokio::test]
async fn appending_writes_as_many_hashes_as_there_are_new_rows_and_little_more() {
    let (database, group, _) = scene().await;
    events(&database, group.north.id, 20_000).await;
    let mut maintainer = database.connect(Login::Maintainer).await;
    let superuser = database.superuser().await;
    let written = "SELECT coalesce(sum(octet_length(hashes) / 32), 0)::bigint FROM awgp.audit_tree_tiles
                   WHERE xmin::text = $1";
    let mut costs = Vec::new();
    for new in [0_i64, 1, 100, 5_000] {
        if new > 0 {
            events(&database, group.north.id, new).await;
        }
        let transaction = maintainer.transaction().await.expect("a transaction");
        let (_, appended) = checkpoint(transaction.client(), group.north.id).await;
        let number: String = transaction
            .query_one("SELECT pg_current_xact_id()::xid::text", &[])
            .await
            .expect("a number")
            .get(0);
        transaction.commit().await.expect("committed");
        let hashes: i64 = superuser.query_one(written, &[&number]).await.expect("a sum").get(0);
        // A 255th for the levels above; on each level one tile that was not full is written again.
        assert!(hashes <= appended + appended / 255 + 3 * 256, "{appended} rows, {hashes} hashes");
        costs.push((appended, hashes));
    }
    assert!(costs[0].0 > 20_000 && costs[1].0 == 1 && costs[3].0 == 5_000, "{costs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn checkpoints_are_whole_while_writers_write() {
    let (database, group, auditor) = scene().await;
    let targets = vec![(group.north.id, group.north.assistant), (group.south.id, group.south.assistant)];
    let mut running = Vec::new();
    for number in 0..4 {
        let (client, writer) =
            (database.app().await, Writer { number, targets: targets.clone(), tenants_per_transaction: 2 });
        running.push(tokio::spawn(async move { writer.run(&client, 25).await }));
    }
    let mut rounds = 0;
    while rounds < 3 || running.iter().any(|writer| !writer.is_finished()) {
        tokio::task::block_in_place(|| auditor.sign(&database, &["--tenant", "holding"]));
        rounds += 1;
    }
    for writer in running {
        writer.await.expect("a writer ends");
    }
    auditor.sign(&database, &["--tenant", "holding"]);
    auditor.assert_holds(&database, &auditor.notes(), 4);
    let rows = "SELECT (SELECT max(tree_size) FROM awgp.audit_checkpoints WHERE tenant_id = $1)
                     = (SELECT count(*) FROM awgp.audit_logs WHERE tenant_id = $1)";
    let all = database.superuser().await.query_one(rows, &[&group.north.id]).await.expect("a comparison");
    assert!(all.get::<_, bool>(0), "every committed row is a leaf in the end");
}

#[tokio::test]
async fn two_makers_at_once_make_one_tree() {
    let (database, group, auditor) = scene().await;
    for _ in 0..5 {
        events(&database, group.north.id, 400).await;
        let mut makers = Vec::new();
        for _ in 0..4 {
            let client = database.connect(Login::Maintainer).await;
            let tenant = group.north.id;
            makers.push(tokio::spawn(async move { checkpoint(&client, tenant).await }));
        }
        let mut appended = Vec::new();
        for maker in makers {
            appended.push(maker.await.expect("a maker ends").1);
        }
        appended.sort_unstable();
        assert_eq!(appended[..3], [0, 0, 0], "{appended:?}");
    }
    // Two auditors with a folder each.
    let folders = [auditor.file("one"), auditor.file("two")];
    std::thread::scope(|scope| {
        for folder in &folders {
            scope.spawn(|| auditor.try_sign(&database, &["--tenant", "north"], folder).expect(0));
        }
    });
    folders.iter().for_each(|folder| auditor.assert_holds(&database, folder, 1));
}

#[tokio::test]
async fn above_read_committed_the_slower_maker_is_told_to_try_again() {
    let (database, group, _) = scene().await;
    let slow = database.connect(Login::Maintainer).await;
    slow.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").await.expect("it begins");
    events(&database, group.north.id, 10).await;
    let fast = database.connect(Login::Maintainer).await;
    let (size, _) = checkpoint(&fast, group.north.id).await;
    events(&database, group.north.id, 10).await;
    let tried = slow.query_one("SELECT awgp.audit_checkpoint($1)", &[&group.north.id]).await;
    if let Err(error) = tried {
        assert_eq!(error.code().map(|code| code.code()), Some("40001"), "{error}");
        slow.batch_execute("ROLLBACK").await.expect("rolled back");
    } else {
        slow.batch_execute("COMMIT").await.expect("committed");
    }
    // Either way there is one tree.
    let (after, _) = checkpoint(&fast, group.north.id).await;
    assert_eq!(after, size + 10);
}

#[tokio::test]
async fn a_trail_that_does_not_verify_is_not_checkpointed() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    let seq = last_seq(&database, group.north.id).await;
    events(&database, group.north.id, 5).await;
    let edit = format!(
        "UPDATE {{partition}} SET action = 'x' WHERE tenant_id = '{}' AND chain_lane = 0 AND chain_seq = {}",
        group.north.id,
        seq + 2
    );
    tamper(&database, &edit).await;
    let maintainer = database.connect(Login::Maintainer).await;
    let refused = maintainer.query_one("SELECT awgp.audit_checkpoint($1)", &[&group.north.id]).await;
    assert_refused(refused, "55000", "audit_findings");
    let nobody = maintainer.query_one("SELECT awgp.audit_checkpoint($1)", &[&Uuid::from_u128(7)]).await;
    assert_refused(nobody, "P0002", "audit_empty");
}

#[tokio::test]
async fn applications_and_administrators_make_no_checkpoints() {
    let (database, group, _) = scene().await;
    let sql = "SELECT awgp.audit_checkpoint($1)";
    for login in [Login::App, Login::Admin, Login::Nobody] {
        assert_sqlstate(database.connect(login).await.query_one(sql, &[&group.north.id]).await, "42501");
    }
    let sql = "SELECT awgp.confirm_checkpoint('x', 'y')";
    for login in [Login::App, Login::Admin, Login::Nobody, Login::Maintainer] {
        assert_sqlstate(database.connect(login).await.query_one(sql, &[]).await, "42501");
    }
}

#[tokio::test]
async fn a_private_key_never_enters_the_database() {
    let (database, group, auditor) = scene().await;
    let signed = auditor.sign(&database, &["--tenant", "north"]);
    let note = std::fs::read_to_string(signed[0]["note"].as_str().expect("a path")).expect("a note");
    let private = std::fs::read_to_string(auditor.key()).expect("a key");
    let login = database.connect(Login::Auditor).await;
    let confirm = "SELECT awgp.confirm_checkpoint($1, $2)";
    assert_refused(login.query_one(confirm, &[&note, &private]).await, "22023", "private_key");
    let dba = database.superuser().await;
    for sql in [
        "UPDATE awgp.audit_checkpoints SET signed_at = now(), signed_by = $1 WHERE tenant_id = $2",
        "UPDATE awgp.audit_checkpoints SET body = body || $1 WHERE tenant_id = $2",
    ] {
        assert_sqlstate(dba.execute(sql, &[&private, &group.north.id]).await, "23514");
    }
    let setting = format!("ALTER DATABASE {} SET app.signing_key = '{}'", database.name, private.trim());
    dba.batch_execute(&setting).await.expect("nobody can stop a superuser");
    let found = database.connect(Login::Auditor).await;
    let code = "SELECT count(*) FROM awgp.doctor() WHERE code = 'private_key' AND severity = 'error'";
    assert_eq!(found.query_one(code, &[]).await.expect("a count").get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_note_that_the_database_did_not_make_or_that_is_not_the_keys_confirms_nothing() {
    let (database, group, auditor) = scene().await;
    let signed = auditor.sign(&database, &["--tenant", "north"]);
    let note = std::fs::read_to_string(signed[0]["note"].as_str().expect("a path")).expect("a note");
    let login = database.connect(Login::Auditor).await;
    let confirm = "SELECT awgp.confirm_checkpoint($1, $2)";
    let other = Auditor::new(&Database::empty().await);
    let key = &auditor.public_key;
    assert_refused(login.query_one(confirm, &[&note, &other.public_key]).await, "42501", "note_wrong_key");
    assert_refused(
        login.query_one(confirm, &[&note.replace("lane 0", "lane 9"), key]).await,
        "42501",
        "note_bad_signature",
    );
    assert_refused(login.query_one(confirm, &[&"x", key]).await, "22023", "note_malformed");
    assert_refused(login.query_one(confirm, &[&note, &"x"]).await, "22023", "checkpoint_key");
    let dba = database.superuser().await;
    dba.execute("DELETE FROM awgp.audit_tree_lanes WHERE tenant_id = $1", &[&group.north.id])
        .await
        .expect("a superuser may");
    dba.execute("DELETE FROM awgp.audit_checkpoints WHERE tenant_id = $1", &[&group.north.id])
        .await
        .expect("a superuser may");
    assert_refused(login.query_one(confirm, &[&note, key]).await, "P0002", "unknown_checkpoint");
}

#[tokio::test]
async fn a_key_is_made_for_its_owner_alone_and_never_overwritten() {
    let (database, _, auditor) = scene().await;
    let mode = std::fs::metadata(auditor.key()).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read_to_string(auditor.key()).expect("the key");
    awgp(&["audit", "keygen", "--plain", "--out", &auditor.key()], &[]).expect(1);
    assert_eq!(std::fs::read_to_string(auditor.key()).expect("the key"), before);
    awgp(&["audit", "keygen", "--plain", "--out", &auditor.file("other"), "--name", "a b"], &[]).expect(6);
    std::fs::set_permissions(auditor.key(), std::fs::Permissions::from_mode(0o644)).expect("it is mine");
    let outcome = auditor.try_sign(&database, &["--tenant", "north"], &auditor.notes()).expect(6);
    assert_eq!(outcome.error()["reason"], "checkpoint_key");
}

#[tokio::test]
async fn an_auditor_must_say_whose_trail_they_sign() {
    let (database, _, auditor) = scene().await;
    let outcome = auditor.try_sign(&database, &[], &auditor.notes()).expect(2);
    assert_eq!(outcome.error()["reason"], "no_tenant_context");
    let key = auditor.key();
    let arguments = ["audit", "checkpoint", "--key", &key, "--out", &auditor.notes(), "--tenant", "north"];
    json(&database, Login::App, &arguments).expect(3);
}

#[tokio::test]
async fn a_prefix_is_appended_and_what_is_not_committed_waits() {
    let (database, group, _) = scene().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let (before, _) = checkpoint(&maintainer, group.north.id).await;
    let mut app = database.app().await;
    let open = within(&mut app, group.north.id).await;
    open.execute("SELECT awgp.log_event('slow', 'test')", &[]).await.expect("an event");
    open.execute("SELECT awgp.flush_audit()", &[]).await.expect("written");
    // The open transaction holds lane 0; this one goes to lane 1.
    events(&database, group.north.id, 2).await;
    assert_eq!(checkpoint(&maintainer, group.north.id).await, (before + 2, 2));
    open.commit().await.expect("committed");
    assert_eq!(checkpoint(&maintainer, group.north.id).await, (before + 3, 1));
}
