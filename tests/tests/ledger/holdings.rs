//! A holding's own limit, over all its subsidiaries.

use super::{app_of, assert_sound, record, text};
use awgp_tests::fixture::group;
use awgp_tests::{Database, assert_refused};

#[tokio::test]
async fn a_holdings_limit_counts_what_all_subsidiaries_spend_also_what_they_spent_before_it_was_set() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (north, south) = (app_of(&database, group.north.id).await, app_of(&database, group.south.id).await);
    record(&north, group.north.assistant, "3", "").await.expect("no limit yet");
    let admin = database.admin().await;
    let sql = r#"UPDATE awgp.tenants SET settings = '{"holding_monthly_cost_limit": "7.5"}' WHERE id = $1"#;
    admin.execute(sql, &[&group.holding.id]).await.expect("set");
    record(&south, group.south.assistant, "4", "").await.expect("seven of seven and a half");
    assert_refused(record(&north, group.north.assistant, "1", "").await, "53400", "budget_exceeded");
    record(&north, group.north.assistant, "0.5", "").await.expect("to the last cent");
    let stranger = app_of(&database, group.other.id).await;
    record(&stranger, group.other.assistant, "5", "").await.expect("of another group");
    let holding = app_of(&database, group.holding.id).await;
    let sql = "SELECT spent::text FROM awgp.budget_periods WHERE scope = 'holding'";
    assert_eq!(text(&holding, sql).await, "7.500000");
    let sql =
        "SELECT string_agg(spent::text, ' ' ORDER BY spent) FROM awgp.budget_periods WHERE scope = 'tenant'";
    assert_eq!(text(&holding, sql).await, "3.500000 4.000000", "a holding sees its subsidiaries' periods");
    let sql = "SELECT count(*)::text FROM awgp.budget_periods WHERE scope = 'holding'";
    assert_eq!(text(&north, sql).await, "0", "and a subsidiary not its holding's");
    let sql = r#"UPDATE awgp.tenants SET settings = '{"holding_monthly_cost_limit": -1}' WHERE id = $1"#;
    assert_refused(admin.execute(sql, &[&group.holding.id]).await, "22023", "invalid_setting");
    assert_sound(&database).await;
}
