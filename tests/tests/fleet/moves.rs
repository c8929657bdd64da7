//! Families that move between members by their names.

use super::stage::Stage;

#[tokio::test]
async fn a_family_moves_to_a_member_and_commands_follow_it() {
    let stage = Stage::with_families().await;
    let shown = stage.run(&["tenant", "show", "north-a", "--output", "json"]).expect(0).json();
    stage.run(&["fleet", "move", "holding-a", "--to", "x", "--yes"]).expect(8);
    let moved =
        stage.run(&["fleet", "move", "holding-a", "--to", "b", "--yes", "--output", "json"]).expect(0).json();
    assert_eq!((&moved["source"], &moved["target"]), (&"cleared".into(), &"active".into()), "{moved}");
    let where_now = stage.run(&["fleet", "status", "--families", "--output", "csv"]).expect(0).stdout;
    assert!(where_now.contains("holding-a,b,2,"), "{where_now}");
    let again = stage.run(&["tenant", "show", "north-a", "--output", "json"]).expect(0).json();
    assert_eq!(again["id"], shown["id"], "the same tenant, found where it works");
    stage.run(&["tenant", "update", "north-a", "--name", "Further"]).expect(0);
    stage.run(&["audit", "verify"]).expect(0);
    // By a URL, and back.
    let back = ["fleet", "move", "holding-a", "--from", "b", "--to", &stage.url(0), "--yes"];
    stage.run(&back).expect(0);
    let where_now = stage.run(&["fleet", "status", "--families", "--output", "csv"]).expect(0).stdout;
    assert!(where_now.contains("holding-a,a,2,"), "{where_now}");
}

#[tokio::test]
async fn a_plan_that_is_applied_moves_what_it_proposes() {
    let stage = Stage::with_families().await;
    stage.fill(0).await;
    stage.run(&["fleet", "plan", "--moves", "1", "--apply"]).expect(2);
    let done = stage.run(&["fleet", "plan", "--moves", "1", "--apply", "--yes"]).expect(0);
    // The other two are as empty as each other.
    let to_b = done.stderr.contains(" from a to b");
    assert!(to_b || done.stderr.contains(" from a to c"), "{done:?}");
    let families = stage.counts("SELECT count(*) FROM awgp.tenants WHERE parent_tenant_id IS NULL").await;
    assert_eq!(families, if to_b { [1, 2, 1] } else { [1, 1, 2] });
    stage.run(&["fleet", "status"]).expect(0);
    stage.run(&["audit", "verify"]).expect(0);
}
