//! The pages that are made of the catalog say what a new database has. `UPDATE_GOLDEN=1` writes them.

use awgp_tests::Database;
use awgp_tests::pages::{assert_complete, assert_written, schema};

#[tokio::test]
async fn every_table_and_view_has_a_page_that_says_what_is_installed() {
    let database = Database::new().await;
    let pages = schema::pages(&database.superuser().await).await;
    assert!(pages.len() > 30, "there are tables");
    assert_written(&pages);
    assert_complete("schema", &pages);
}
