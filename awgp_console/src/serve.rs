//! From the socket to the pages, with bounds on everything that a client decides.

use crate::answer::Refusal;
use crate::opt::Opt;
use crate::site::Site;
use crate::{answer, door, pages};
use awgp_client::{Exit, Failure};
use awgp_program::serving;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use std::time::Duration;
use tokio::net::TcpListener;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("zone.js");
const ICON: &str = include_str!("icon.svg");

/// A form has so many bytes at most.
const MOST_OF_BODY: usize = 256 << 10;

/// Serves until it is ended, by Ctrl-C or by what `kill` and systemd send.
pub async fn run(opt: &Opt) -> Result<Exit, Failure> {
    let unusable = |error: std::io::Error| {
        Failure::new(Exit::Unexpected, format!("{}: {error}", opt.listen))
            .hint("choose another address for --listen")
    };
    let ended = awgp_program::ended();
    let listener = TcpListener::bind(opt.listen).await.map_err(unusable)?;
    let site = Site::new(opt, listener.local_addr().map_err(unusable)?).await?;
    println!("the console is at {}/", site.public_url);
    serving::serve(&listener, &router(site), usize::from(opt.readers), ended).await;
    Ok(Exit::Success)
}

/// All that the console answers.
pub fn router(site: Site) -> Router {
    Router::new()
        .merge(pages::router())
        .merge(door::router())
        .route("/style.css", get(async || asset("text/css; charset=utf-8", STYLE)))
        .route("/zone.js", get(async || asset("text/javascript; charset=utf-8", SCRIPT)))
        .route("/icon.svg", get(async || asset("image/svg+xml", ICON)))
        // Alive, for a load balancer; /doctor knows more.
        .route("/health", get(async || "alive\n"))
        .fallback(answer::not_found)
        .layer(DefaultBodyLimit::max(MOST_OF_BODY))
        .layer(middleware::from_fn_with_state(site.clone(), door::renew))
        .layer(middleware::from_fn_with_state(site.clone(), door::ask_to_sign_in))
        .layer(middleware::from_fn_with_state(site.clone(), in_time))
        .layer(middleware::from_fn_with_state(site.clone(), door::require_own_host))
        .layer(middleware::map_response(answer::guarded))
        .with_state(site)
}

/// Gives up on a request whose body does not come, or that waits for something else than the database, which
/// ends what takes too long by itself.
async fn in_time(State(site): State<Site>, request: Request, next: Next) -> Response {
    let most = site.timeout + Duration::from_secs(1);
    tokio::time::timeout(most, next.run(request)).await.unwrap_or_else(|_| {
        let failure =
            Failure::new(Exit::Unexpected, format!("this took longer than {} seconds", most.as_secs()))
                .hint("try again in a moment");
        Refusal::with(StatusCode::SERVICE_UNAVAILABLE, &failure).into_response()
    })
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], text)
}
