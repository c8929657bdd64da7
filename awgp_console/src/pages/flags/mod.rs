//! Hallucination flags: what waits for a review, one of them, and the review.

mod detail;
mod list;
mod review;
pub mod rules;

use crate::site::Site;
use axum::Router;
use axum::routing::{get, post};

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/flags", get(list::flags))
        .route("/flags/{id}", get(detail::flag))
        .route("/flags/{id}/review", post(review::review))
}

/// One flag that the reader sees.
const ONE: &str = "SELECT * FROM awgp.hallucination_flag_list WHERE id = $1::text::uuid";

/// What a status is called.
fn status_named(status: &str) -> &'static str {
    match status {
        "pending" => "to review",
        "reviewed" => "undecided",
        "confirmed" => "confirmed",
        "false_positive" => "false",
        _ => "",
    }
}

/// What a method is called.
fn method_named(method: &str) -> String {
    match method {
        "confidence" => "low confidence of the model".into(),
        "fact_check" => "fact check".into(),
        "pattern" => "pattern".into(),
        other => crate::parts::shown(&other.replace('_', " ")),
    }
}
