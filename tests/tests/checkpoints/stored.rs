//! What the database has stored of a tree, edited: nothing of it is believed.

use super::stage::{chain_alone, errors, events, scene};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::tree::Frontier;
use awgp_tests::Login;
use awgp_tests::fixture::within;

#[tokio::test]
async fn a_stored_tree_or_order_that_was_edited_does_not_yield_the_root() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 5).await;
    auditor.sign(&database, &["--tenant", "north"]);
    let dba = database.superuser().await;
    let north = group.north.id;
    // The rows alone yield the root: the stored hashes are not asked.
    dba.execute(
        "UPDATE awgp.audit_tree_tiles SET hashes = decode(repeat('00', octet_length(hashes)), 'hex')",
        &[],
    )
    .await
    .expect("a superuser may");
    auditor.assert_holds(&database, &auditor.notes(), 1);
    // But nothing can be appended to a tree that is not the one that was signed.
    events(&database, north, 1).await;
    let refused = auditor.try_sign(&database, &["--tenant", "north"], &auditor.notes()).expect(4);
    assert_eq!(refused.error()["reason"], "audit_findings");
    dba.execute("UPDATE awgp.audit_tree_lanes SET first_seq = first_seq + 1 WHERE tenant_id = $1", &[&north])
        .await
        .expect("a superuser may");
    let (findings, _) = auditor.verify(&database, &auditor.notes(), 12);
    assert_eq!(errors(&findings), [("root_mismatch".to_owned(), north.to_string())]);
}

#[tokio::test]
async fn rows_in_another_order_than_the_signed_one_yield_another_root() {
    let (database, group, auditor) = scene().await;
    // A lane beside lane 0: whoever writes while another holds that one.
    let mut app = database.app().await;
    let first = within(&mut app, group.north.id).await;
    first.execute("SELECT awgp.log_event('tick', 'test')", &[]).await.expect("an event");
    first.execute("SELECT awgp.flush_audit()", &[]).await.expect("it is written");
    events(&database, group.north.id, 2).await;
    first.commit().await.expect("committed");
    auditor.sign(&database, &["--tenant", "north"]);
    auditor.assert_holds(&database, &auditor.notes(), 1);
    let dba = database.superuser().await;
    let lanes = "SELECT count(*) FROM awgp.audit_tree_lanes WHERE tenant_id = $1";
    let lanes: i64 = dba.query_one(lanes, &[&group.north.id]).await.expect("runs").get(0);
    assert_eq!(lanes, 2);
    // Lane 1 before lane 0, without a gap: every row is there, and every link holds.
    let aside = "UPDATE awgp.audit_tree_lanes SET first_leaf = first_leaf + 1000 WHERE tenant_id = $1";
    let swapped = "UPDATE awgp.audit_tree_lanes SET first_leaf = CASE chain_lane WHEN 0 THEN 2 ELSE 0 END WHERE tenant_id = $1";
    for sql in [aside, swapped] {
        dba.execute(sql, &[&group.north.id]).await.expect("a superuser may");
    }
    assert_eq!(chain_alone(&database).await, 0);
    let (findings, _) = auditor.verify(&database, &auditor.notes(), 12);
    assert_eq!(errors(&findings), [("root_mismatch".to_owned(), group.north.id.to_string())]);
}

#[tokio::test]
async fn a_tree_that_was_forged_with_its_checkpoint_is_not_signed_over() {
    let (database, group, auditor) = scene().await;
    auditor.sign(&database, &["--tenant", "north"]);
    let (dba, north) = (database.superuser().await, group.north.id);
    let tile = "SELECT hashes, body FROM awgp.audit_tree_tiles JOIN awgp.audit_checkpoints USING (tenant_id)
                WHERE tenant_id = $1 AND level = 0 AND tile = 0";
    let row = dba.query_one(tile, &[&north]).await.expect("one tile, one checkpoint");
    let mut hashes: Vec<u8> = row.get(0);
    hashes[0] ^= 1;
    let mut forged = Checkpoint::parse(row.get(1)).expect("a checkpoint");
    let mut frontier = Frontier::default();
    for hash in hashes.chunks_exact(32) {
        frontier.push(Digest(hash.try_into().expect("32 bytes")));
    }
    forged.root = frontier.root();
    dba.execute(
        "UPDATE awgp.audit_tree_tiles SET hashes = $2 WHERE tenant_id = $1 AND level = 0",
        &[&north, &hashes],
    )
    .await
    .expect("a superuser may");
    let sql = "UPDATE awgp.audit_checkpoints SET root_hash = $2, body = $3 WHERE tenant_id = $1";
    dba.execute(sql, &[&north, &forged.root.to_string(), &forged.to_text()]).await.expect("a superuser may");
    // To the database all of it fits, and it appends; what was signed does not.
    events(&database, north, 1).await;
    let maker = database.connect(Login::Auditor).await;
    maker.query("SELECT awgp.audit_checkpoint($1)", &[&north]).await.expect("the database makes one");
    let refused = auditor.try_sign(&database, &["--tenant", "north"], &auditor.notes()).expect(4);
    assert_eq!(refused.error()["reason"], "checkpoint_not_extended");
}
