//! Assistants: the list, one of them, and what stops it or lets it work.

mod acts;
mod detail;
mod list;

pub use list::type_named;

use crate::site::Site;
use axum::Router;
use axum::routing::{get, post};

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/assistants", get(list::assistants))
        .route("/assistants/{id}", get(detail::assistant))
        .route("/assistants/{id}/suspend", post(acts::suspend))
        .route("/assistants/{id}/resume", post(acts::resume))
        .route("/assistants/{id}/retire", post(acts::retire))
}

/// One assistant that the reader sees, with what matters of it now.
const ONE: &str = "SELECT * FROM awgp.assistant_overview WHERE id = $1::text::uuid";
