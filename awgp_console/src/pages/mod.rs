//! The pages, one file a place.

pub mod approvals;
pub mod assistants;
pub mod audit;
pub mod doctor;
pub mod flags;
pub mod inbox;
pub mod messages;
pub mod money;
pub mod stops;
pub mod subsidiaries;
pub mod work;

use crate::site::Site;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

/// The routes of all pages.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/", get(async || Redirect::to("/inbox")))
        .merge(inbox::router())
        .merge(audit::router())
        .merge(doctor::router())
        .merge(assistants::router())
        .merge(flags::router())
        .merge(money::router())
        .merge(messages::router())
        .merge(subsidiaries::router())
        .merge(approvals::router())
        .merge(stops::router())
        .merge(work::router())
}
