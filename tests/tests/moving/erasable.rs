//! A family whose trail has values that can be erased: they go with it, and are erased where it works.

use super::stage::{said, stage, text};
use crate::erasure::{SECRET, declare, erase};
use awgp_tests::Login;
use awgp_tests::cli::json;
use awgp_tests::fixture::within;
use awgp_tests::trail::verify;
use uuid::Uuid;

/// What the events say of users, as readers see it.
const SEEN: &str = "SELECT string_agg(coalesce(after_state ->> 'first_name', '-'), ' ' ORDER BY id)
                    FROM awgp.trail_list WHERE entity_type = 'users' AND after_state ->> 'email' LIKE 'her%'";
const KEPT: &str = "SELECT count(*)::text FROM awgp.audit_erasable_values WHERE tenant_id = (SELECT tenant_id FROM awgp.audit_logs
                        WHERE entity_type = 'users' AND after_state #>> '{email,erasable,hmac}' IS NOT NULL LIMIT 1)";

#[tokio::test]
async fn its_values_go_along_and_none_stays_behind() {
    let stage = stage().await;
    let (source, target, north) = (&stage.source, &stage.target, &stage.group.north);
    declare(source).await;
    declare(target).await;
    let mut app = source.app().await;
    let work = within(&mut app, north.id).await;
    let sql = "INSERT INTO awgp.users (email, role, first_name) VALUES ('her@north.example', 'viewer', $1) RETURNING id";
    let user: Uuid = work.query_one(sql, &[&SECRET]).await.expect("a user").get(0);
    work.commit().await.expect("it commits");
    assert_eq!(text(source, SEEN).await.as_deref(), Some(SECRET));
    said(&stage.fleet_move(&[]).expect(0));

    assert_eq!(
        text(target, SEEN).await.as_deref(),
        Some(SECRET),
        "whoever may read the event sees the value"
    );
    assert_eq!(text(source, KEPT).await.as_deref(), Some("0"), "nothing of it is left behind");
    for database in [source, target] {
        assert_eq!(verify(database).await, []);
        json(database, Login::Auditor, &["audit", "verify"]).expect(0);
    }
    erase(target, north, user, false).await;
    assert_eq!(verify(target).await, []);
    assert_eq!(text(target, SEEN).await, None, "the address of the event is erased too");
}
