//! Each attack is broken once on purpose: with every guard away it must succeed, or else it proves nothing.

use super::stage::{Attack, Stage};
use super::{definers, meddling, reading, writing};

/// Every statement of this suite that is judged by itself.
const ALL: [&[Attack]; 8] = [
    reading::PLAIN,
    reading::SHADOWS,
    reading::LEAKS,
    reading::OWN_OBJECTS,
    writing::WRITES,
    meddling::GUARDS,
    meddling::RIGHTS,
    definers::CALLS,
];

/// What is held off all the same, in the order of the lists, and by what.
const HELD_BY_OTHERS: &[(&str, &str)] = &[
    ("the parent table of the trail alone", "a partitioned table holds no row itself"),
    ("a user by e-mail", FUNCTION),
    ("a user by id", FUNCTION),
    ("pg_temp tables in place of ours", PINNED),
    ("pg_temp users in place of ours", PINNED),
    ("the same, in find_user()", PINNED),
    ("a cast error of one's own", CONTROL),
    ("EXPLAIN", TELLS_NOTHING),
    ("EXPLAIN ANALYZE", TELLS_NOTHING),
    ("other sessions' statements", TELLS_NOTHING),
    ("definitions", TELLS_NOTHING),
    ("ON CONFLICT DO NOTHING on A's key", "a primary key"),
    ("create_work_item() with A's assistant", "a foreign key over the tenant and the assistant"),
    ("A's user in context", FUNCTION),
    ("A's assistant in context", FUNCTION),
    ("prepared statements of others", "each session sees its own"),
    ("a context for an unknown tenant", FUNCTION),
    ("a context for no tenant", FUNCTION),
    ("find_tenant", CONTROL),
    ("find_tenant", FUNCTION),
    ("find_tenant", FUNCTION),
    ("find_tenant", FUNCTION),
    ("find_tenant", FUNCTION),
    ("log_event", FUNCTION),
    ("log_event", FUNCTION),
    ("erase_user", FUNCTION),
    ("erase_user", FUNCTION),
    ("erase_subject", FUNCTION),
    ("trail_actors", FUNCTION),
    ("trail_months", TELLS_NOTHING),
];

const FUNCTION: &str = "the function itself asks; scripts/break-on-purpose breaks it there";
const PINNED: &str = "names that were resolved when the object was made, and a pinned search_path";
const TELLS_NOTHING: &str = "the answer holds no value of a row, whoever asks";
const CONTROL: &str = "shows that the attack beside it could work";

/// Takes away every trigger that stands on the schema's tables.
const UNGUARD: &str = "
    DO $$ DECLARE t record; BEGIN
        FOR t IN SELECT tgname, tgrelid::regclass AS on_table FROM pg_trigger
                 WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'awgp'::regnamespace)
                   AND NOT tgisinternal AND tgparentid = 0 LOOP
            EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.on_table);
        END LOOP;
    END $$";

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_succeeds_where_nothing_guards() {
    let stage = Stage::set().await;
    stage.superuser.batch_execute(UNGUARD).await.expect("a superuser may");
    let mut held = Vec::new();
    for attacks in ALL {
        held.extend(stage.held_without_guards(attacks).await);
    }
    // A server built without XML has nothing to attack there.
    if stage.superuser.execute("SELECT query_to_xml('SELECT 1', true, false, '')", &[]).await.is_err() {
        held.retain(|words| !words.starts_with("XML of"));
    }
    let total: usize = ALL.iter().map(|attacks| attacks.len()).sum();
    println!("{} of {total} attacks succeed", total - held.len());
    let expected: Vec<&str> = HELD_BY_OTHERS.iter().map(|(words, _)| *words).collect();
    assert_eq!(held, expected, "an attack that nothing holds off and that still fails proves nothing");
}
