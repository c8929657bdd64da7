//! What becomes of each table is decided, and a family with rows in all of them moves.

use super::stage::{family_between, said, text, two};
use awgp_core::moving::tables::{TABLES, moved};
use awgp_tests::everything::{count, everywhere};
use awgp_tests::trail::verify;
use std::collections::BTreeSet;

#[tokio::test]
async fn every_table_is_decided_and_each_with_a_tenant_moves_or_has_a_reason() {
    let (source, _) = two().await;
    let superuser = source.superuser().await;
    let sql = "SELECT relname::text FROM pg_class
               WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition";
    let rows = superuser.query(sql, &[]).await.expect("tables");
    let there: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let decided: BTreeSet<String> = TABLES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(there, decided);
    // Those that come later may refer to those that come earlier, and not the other way round.
    let sql = "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
               WHERE contype = 'f' AND conrelid <> confrelid AND connamespace = 'awgp'::regnamespace";
    let place = |name: &str| {
        let name = name.trim_start_matches("awgp.");
        moved().position(|(moved, _)| moved == name)
    };
    for row in superuser.query(sql, &[]).await.expect("foreign keys") {
        let (from, to): (String, String) = (row.get(0), row.get(1));
        if let (Some(from_place), Some(to_place)) = (place(&from), place(&to)) {
            assert!(from_place > to_place, "{from} refers to {to}");
        }
    }
}

#[tokio::test]
async fn rows_of_every_table_move_and_are_the_same_there() {
    let (source, target) = two().await;
    let group = everywhere(&source).await;
    let superuser = source.superuser().await;
    // What only a test makes up: a trail and balances that no rows yield.
    superuser
        .batch_execute(
            "DELETE FROM awgp.audit_adopted_lanes; DELETE FROM awgp.audit_tree_lanes; DELETE FROM awgp.audit_tree_tiles;
             DELETE FROM awgp.audit_checkpoints; DELETE FROM awgp.audit_chain_anchors;
             DELETE FROM awgp.tenant_moves",
        )
        .await
        .expect("a superuser may");
    let mut before = Vec::new();
    for (table, how) in moved() {
        let sql = format!(
            "SELECT string_agg(r::text, E'\\n' ORDER BY r::text) FROM awgp.{table} AS r
             WHERE {} IN ('{}', '{}', '{}', '{}')",
            how.tenant, group.holding.id, group.north.id, group.south.id, group.inactive.id
        );
        before.push((table, sql.clone(), text(&source, &sql).await));
    }
    let told = family_between("holding", &source, &target, &[]);
    assert_eq!(told.code, 0, "{told:?}");
    said(&told);
    for (table, sql, rows) in before {
        assert_eq!(text(&target, &sql).await, rows, "{table}");
        assert_eq!(text(&source, &sql).await, None, "{table} is cleared");
        if !["identity_providers", "audit_legal_holds"].contains(&table) {
            assert!(rows.is_some(), "{table} has rows in everything.rs");
        }
    }
    assert_ne!(count(&superuser, "users", Some(group.other.id)).await, 0, "others stay");
    assert_eq!(verify(&target).await, []);
}
