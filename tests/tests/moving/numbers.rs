//! Moves in the numbers for monitoring.

use crate::monitoring::numbers;
use awgp_tests::{Database, Login};

#[tokio::test]
async fn moves_that_are_open_are_counted_by_state_with_the_age_of_the_oldest() {
    let database = Database::new().await;
    let (superuser, monitor) = (database.superuser().await, database.connect(Login::Monitor).await);
    let key = |state: &str| format!(r#"{{"state": "{state}"}}"#);
    for name in ["awgp_moves_open", "awgp_moves_oldest_age_seconds"] {
        let none = numbers(&monitor, name).await;
        assert_eq!(none.len(), 4);
        assert!(none.values().all(|value| value.abs() < 0.1), "{none:?}");
    }
    // Began two hours ago, and stopped one hour ago; the other is in that state since ten minutes.
    let rows = "INSERT INTO awgp.tenant_moves (id, side, state, family_id, slug, tenants, install_id, peer_id, peer,
                                               began_at, began_by, stopped_at, settled_at, lanes)
        SELECT gen_random_uuid(), side, state, family, 'x', ARRAY[family], gen_random_uuid(), gen_random_uuid(), 'y',
               now() - interval '2 hours', 'z', now() - stopped, now() - settled, lanes::jsonb
        FROM (VALUES ('source', 'stopped', gen_random_uuid(), interval '1 hour', NULL::interval, NULL),
                     ('source', 'left', gen_random_uuid(), interval '1 hour', interval '10 minutes', '[]'),
                     ('source', 'preparing', gen_random_uuid(), NULL, NULL, NULL),
                     ('source', 'cleared', gen_random_uuid(), interval '1 hour', interval '10 minutes', '[]'),
                     ('target', 'back', gen_random_uuid(), NULL, interval '10 minutes', NULL))
             AS made (side, state, family, stopped, settled, lanes)";
    superuser.batch_execute(rows).await.expect("a superuser may");
    let (open, age) = (
        numbers(&monitor, "awgp_moves_open").await,
        numbers(&monitor, "awgp_moves_oldest_age_seconds").await,
    );
    for (state, count, seconds) in
        [("preparing", 1.0, 7_200.0), ("stopped", 1.0, 3_600.0), ("verified", 0.0, 0.0), ("left", 1.0, 600.0)]
    {
        assert!((open[&key(state)] - count).abs() < 0.1, "{state}: {open:?}");
        let told = age[&key(state)];
        assert!(told >= seconds && told < seconds + 60.0, "{state}: {age:?}");
    }
}
