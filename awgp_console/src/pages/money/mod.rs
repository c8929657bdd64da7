//! Money: pools, limits, what was spent, by whom, and what the alerts mean.

mod alerts;
mod limits;
mod overview;
mod pool;
mod spenders;
mod top_up;

use crate::site::Site;
use axum::Router;
use axum::routing::get;

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/money", get(overview::money))
        .route("/money/alerts", get(alerts::alerts))
        .route("/money/{id}", get(pool::pool))
        .route("/money/{id}/top-up", get(top_up::ask).post(top_up::top_up))
}

/// The pools of the tenants that the reader sees.
const POOLS: &str =
    "SELECT * FROM awgp.budget_status WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])";

/// One of them.
const ONE: &str = "
    SELECT * FROM awgp.budget_status
    WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]) AND pool_id = $1::text::uuid";
