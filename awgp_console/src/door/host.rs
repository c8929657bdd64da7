//! Requests to another name than the console's. A page of another site may let its own name point to this
//! machine (DNS rebinding): its scripts would then read the console as their own site.

use crate::answer::{ELSEWHERE, Refusal};
use crate::site::Site;
use awgp_client::{Exit, Failure};
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses a request whose Host is not that of the public URL. /health answers under every name: load
/// balancers ask by address.
pub async fn require_own_host(State(site): State<Site>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let own = site.public_url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    if host == own || request.uri().path() == "/health" {
        return next.run(request).await;
    }
    let failure = Failure::new(Exit::NotAllowed, ELSEWHERE)
        .hint(format!("open {}/, or set --public-url to the address that you use", site.public_url));
    Refusal::of(failure).into_response()
}
