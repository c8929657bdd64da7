//! Work items: all of them, one of them with its money and its actions, and cancelling it.

mod cancel;
mod list;
mod show;

use crate::parts::known::Thing;
use crate::site::Site;
use axum::Router;
use axum::routing::get;

/// A work item.
pub const WORK: Thing = Thing { one: "work item", list: "/work", reason: "unknown_work_item" };

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/work", get(list::list))
        .route("/work/{id}", get(show::show))
        .route("/work/{id}/cancel", get(cancel::ask).post(cancel::cancel))
}
