//! Reference data of one member for all others; migrations; moves that help.

use super::stage::Stage;

const TEMPLATES: &str = "SELECT count(*) FROM awgp.assistant_templates WHERE NOT is_system";
const PRICES: &str = "SELECT count(*) FROM awgp.model_prices WHERE model = 'llama'";

#[tokio::test]
async fn templates_and_prices_come_to_all_members_once_and_nothing_is_deleted() {
    let stage = Stage::with_families().await;
    let on_a = |arguments: &[&str]| stage.run(&[arguments, &["--member", "a"]].concat()).expect(0);
    on_a(&["template", "create", "Clerk", "--slug", "clerk", "--type", "custom", "--risk-tier", "1"]);
    on_a(&["price", "set", "local", "llama", "--input-price", "1", "--output-price", "2"]);
    let own = ["template", "create", "Own", "--slug", "own", "--type", "custom", "--member", "c"];
    stage.run(&own).expect(0);
    let sync = ["fleet", "sync", "--from", "a", "--output", "json"];
    let dry = stage.run(&[&sync[..], &["--dry-run"]].concat()).expect(0).json();
    assert_eq!(stage.counts(TEMPLATES).await, [1, 0, 1], "a dry run changes nothing");
    let done = stage.run(&sync).expect(0).json();
    assert_eq!(done, dry);
    let lines: Vec<String> = done
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| ["member", "kind", "done"].map(|key| line[key].as_str().unwrap_or_default()).join(" "))
        .collect();
    assert_eq!(
        lines,
        ["b template added", "b price added", "c template added", "c template only here", "c price added"]
    );
    assert_eq!((stage.counts(TEMPLATES).await, stage.counts(PRICES).await), (vec![1, 1, 2], vec![1, 1, 1]));
    // Again: nothing but what only c has.
    let again = stage.run(&sync).expect(0).json();
    assert_eq!(again.as_array().map(Vec::len), Some(1), "{again}");
    // What differs is changed to what the named member has, under the id that others refer to.
    on_a(&["template", "update", "clerk", "--risk-tier", "3"]);
    let changed = stage.run(&sync).expect(0).json();
    assert_eq!(changed[0]["done"], "changed", "{changed}");
    let tiers =
        stage.counts("SELECT risk_tier::bigint FROM awgp.assistant_templates WHERE slug = 'clerk'").await;
    assert_eq!(tiers, [3, 3, 3]);
    let status = stage.run(&["fleet", "status", "--output", "json"]).expect(0).json();
    let found: Vec<_> = status["findings"].as_array().expect("a list").iter().map(|f| &f["code"]).collect();
    assert_eq!(found, ["templates_differ"], "c has one of its own: {status}");
}

#[tokio::test]
async fn a_price_that_differs_at_the_same_moment_is_reported_and_left_alone() {
    let stage = Stage::with_families().await;
    for (at, price) in [(0, "1"), (1, "2")] {
        let sql = format!(
            "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, valid_from, source)
             VALUES ('local', 'llama', {price}, {price}, '2026-01-01', 'test')"
        );
        stage.client(at).await.batch_execute(&sql).await.expect("a price");
    }
    let done = stage.run(&["fleet", "sync", "--from", "a", "--output", "json"]).expect(12).json();
    assert_eq!((&done[0]["member"], &done[0]["done"]), (&"b".into(), &"differs".into()), "{done}");
    let prices = "SELECT input_price::bigint FROM awgp.model_prices WHERE model = 'llama'";
    assert_eq!(stage.counts(prices).await, [1, 2, 1]);
}

#[tokio::test]
async fn migrations_run_on_every_member() {
    let stage = Stage::with_families().await;
    // The owner of the extension is the superuser.
    stage.write("owner.toml", &stage.lines_as(awgp_tests::Login::Superuser));
    // On one of them an older text of a function is in force.
    let older =
        "UPDATE awgp.schema_migrations SET checksum = repeat('0', 64) WHERE name = 'functions/trail_name';
                 CREATE OR REPLACE FUNCTION awgp.trail_name(tenant_id uuid, kind text, id uuid) RETURNS text
                 LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT 'older' $$";
    stage.members[1].superuser().await.batch_execute(older).await.expect("a superuser may");
    let done = stage.run_by("owner.toml", &["fleet", "migrate", "--output", "json"]).expect(0).json();
    let done = done.as_array().expect("a list");
    let versions: Vec<_> = done.iter().map(|row| &row["after"]).collect();
    assert_eq!(versions, ["0.1.0", "0.1.0", "0.1.0"]);
    let did: Vec<_> = done.iter().map(|row| row["did"] == "nothing to do").collect();
    assert_eq!(did, [true, false, true], "{done:?}");
    let is_older = "SELECT count(*) FROM pg_proc WHERE proname = 'trail_name' AND prosrc LIKE '%older%'";
    assert_eq!(stage.counts(is_older).await, [0, 0, 0]);
    let refused = stage.run(&["fleet", "migrate", "--output", "json"]);
    assert_eq!(refused.code, 3, "{refused:?}");
}

#[tokio::test]
async fn a_plan_moves_a_family_off_the_fullest_member_and_leaves_an_even_fleet_alone() {
    let stage = Stage::with_families().await;
    let even = stage.run(&["fleet", "plan"]).expect(0).stdout;
    assert!(even.contains("no move helps"), "{even}");
    stage.fill(0).await;
    let plan = stage.run(&["fleet", "plan", "--moves", "1", "--output", "json"]).expect(0).json();
    let moves = plan.as_array().expect("a list");
    assert_eq!(moves.len(), 1, "{plan}");
    assert_eq!(moves[0]["from"], "a");
    // The other two are as empty as each other.
    assert!(["b", "c"].iter().any(|member| moves[0]["to"] == *member), "{plan}");
    assert!(moves[0]["load_after"].as_f64() < moves[0]["load_before"].as_f64());
    assert!(stage.run(&["fleet", "plan"]).expect(0).stdout.contains("nothing was moved"));
}
