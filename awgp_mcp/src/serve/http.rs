//! The server over streamable HTTP, with bounds on everything that a client decides.
//!
//! There are no sessions: each request is answered by itself, so no request comes in under the token of
//! another one, and nothing is kept for a client that does not come back. Host and Origin are checked against
//! pages that a browser on this machine shows (DNS rebinding).

use super::MOST_OF_MESSAGE;
use super::desk::Desk;
use super::server::{Server, bearer};
use crate::opt::Serve;
use awgp_client::{Exit, Failure};
use awgp_program::serving;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The path of the protocol.
const PATH: &str = "/mcp";

/// Serves until it is ended.
pub async fn run(serve: &Serve, address: SocketAddr, desk: Arc<Desk>) -> Result<Exit, Failure> {
    let unusable = |error: std::io::Error| {
        Failure::new(Exit::Unexpected, format!("{address}: {error}"))
            .hint("choose another address for --listen")
    };
    let ended = awgp_program::ended();
    let listener = TcpListener::bind(address).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let router = router(serve, address, desk);
    println!("AWGP's tools are at http://{address}{PATH}");
    serving::serve(&listener, &router, usize::from(serve.clients), ended).await;
    Ok(Exit::Success)
}

fn router(serve: &Serve, address: SocketAddr, desk: Arc<Desk>) -> Router {
    let mut hosts = serve.host.clone();
    hosts.push(address.ip().to_string());
    if address.ip().is_loopback() {
        hosts.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    }
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_allowed_hosts(hosts)
        .with_allowed_origins(serve.origin.clone())
        .enforce_origin_validation()
        .with_max_request_body_bytes(MOST_OF_MESSAGE);
    let server = Server::new(desk, serve.bearer);
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    Router::new()
        .route_service(PATH, service)
        .layer(middleware::from_fn_with_state(serve.bearer, require_token))
}

/// Refuses a request without the token that it needs; the database judges the token. Where none is taken, one
/// that is brought is refused: its user would act as another one.
async fn require_token(State(needed): State<bool>, request: Request, next: Next) -> Response {
    let brought = request.headers().contains_key(axum::http::header::AUTHORIZATION);
    if needed && bearer(request.headers()).is_none() {
        let text = "Unauthorized: bring an access token as `Authorization: Bearer TOKEN`";
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], text).into_response();
    }
    if !needed && brought {
        let text = "Bad Request: this server takes no tokens; it is started with --bearer for that";
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    next.run(request).await
}
