//! A whole move, without a disturbance.

use super::stage::{between, said, stage, text};
use awgp_tests::fixture::within;
use awgp_tests::trail::{verify, verify_with};
use awgp_tests::{Login, assert_refused};
use serde_json::json;

/// Every event of the family, as text.
const TRAIL: &str = "
    SELECT string_agg(row::text, E'\\n' ORDER BY tenant_id, chain_lane, chain_seq)
    FROM awgp.audit_logs AS row
    WHERE tenant_id IN (SELECT unnest(tenants) FROM awgp.tenant_moves) AND entity_type <> 'tenant_move'";

#[tokio::test]
async fn a_family_moves_with_everything_and_works_there_alone() {
    let stage = stage().await;
    let (source, target, group) = (&stage.source, &stage.target, &stage.group);
    let told = said(&stage.fleet_move(&[]).expect(0));
    assert_eq!((&told["source"], &told["target"]), (&json!("cleared"), &json!("active")), "{told}");
    assert_eq!(text(target, TRAIL).await, text(source, TRAIL).await, "the trail is the same, row by row");
    assert_eq!(verify(source).await, []);
    assert_eq!(verify(target).await, []);

    // It works there: its trail goes on and verifies, also for itself.
    let mut app = target.app().await;
    for tenant in [group.holding.id, group.north.id] {
        let work = within(&mut app, tenant).await;
        work.execute("SELECT awgp.log_event('after', 'test')", &[]).await.expect("it writes");
        work.commit().await.expect("it commits");
    }
    assert_eq!(verify(target).await, []);
    app.execute(&format!("SELECT set_config('app.current_tenant', '{}', false)", group.north.id), &[])
        .await
        .expect("the tenant's own");
    assert_eq!(verify_with(&app).await, []);

    // And not here.
    let app = source.app().await;
    let gone = app.execute("SELECT awgp.set_context($1::uuid)", &[&group.north.id]).await;
    assert_refused(gone, "55000", "tenant_moved");
    let left = text(source, "SELECT count(*)::text FROM awgp.users WHERE email LIKE '%north.example'").await;
    assert_eq!(left.as_deref(), Some("0"));

    // The notes of before hold in both places.
    stage.auditor.assert_holds(source, &stage.auditor.notes(), 4);
    stage.auditor.assert_holds(target, &stage.auditor.notes(), 4);
    // Once more changes nothing.
    said(&between(source, target, &[]).expect(0));
    let found = source.connect(Login::Maintainer).await;
    let sql = "SELECT code FROM awgp.doctor() WHERE severity = 'error'";
    assert!(found.query(sql, &[]).await.expect("the doctor").is_empty());
}
