//! Stops: what is stopped, what runs under it, and the forms that stop and resume.

mod list;
mod making;
mod show;

use crate::parts;
use crate::site::Site;
use awgp_client::Row;
use axum::Router;
use axum::routing::{get, post};

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/stops", get(list::stops).post(making::stop))
        .route("/stops/new", get(making::ask))
        .route("/stops/{id}", get(show::stop))
        .route("/stops/{id}/resume", post(show::resume))
}

/// One stop that the reader sees.
const ONE: &str = "SELECT * FROM awgp.stop_list WHERE id = $1::text::uuid";

/// What a stop covers, by its names.
fn about(row: &Row) -> String {
    let tenant = parts::field(row, "tenant_slug");
    match parts::raw(row, "scope").as_str() {
        "assistant" => format!("assistant {} of {tenant}", parts::field(row, "assistant")),
        "tenant" => format!("tenant {tenant}, all its assistants"),
        "holding" => format!("holding {tenant}, with all tenants below it"),
        _ => "the installation, all tenants".to_owned(),
    }
}

/// Who did something: the user, or else the login alone. `what` is `stopped` or `resumed`.
fn whoever(row: &Row, what: &str) -> String {
    let text = |column: &str| parts::field(row, &format!("{what}_{column}"));
    let (email, login) = (text("by_email"), text("login"));
    if !email.is_empty() {
        email
    } else if !text("by").is_empty() {
        format!("a user of the holding above, by the login {login}")
    } else {
        format!("the login {login}, without a user")
    }
}
