//! A request without a token that is good now: the reader is asked to sign in, and comes back to where they
//! were.

use super::signing_in::own_path;
use crate::answer::{Refusal, told};
use crate::frame;
use crate::parts::encoded;
use crate::site::Site;
use awgp_client::Failure;
use axum::extract::{Request, State};
use axum::http::header::{REFERER, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

/// On an answer: signing in is needed first. Why, where the database has refused a token.
#[derive(Clone)]
pub struct NeedsSignIn(pub Option<Failure>);

/// Answers what needs signing in first.
pub async fn ask_to_sign_in(State(site): State<Site>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let from = request.headers().get(REFERER).and_then(|from| from.to_str().ok()).map(str::to_owned);
    let response = next.run(request).await;
    let Some(NeedsSignIn(why)) = response.extensions().get::<NeedsSignIn>().cloned() else { return response };
    if site.ways.provider.is_none() {
        return without_provider(why);
    }
    if method == Method::GET || method == Method::HEAD {
        let to = own_path(&path);
        return Redirect::to(&if to == "/inbox" { "/sign-in".to_owned() } else { link(&to) }).into_response();
    }
    let from = from.as_deref().and_then(|from| from.strip_prefix(&site.public_url)).unwrap_or("/inbox");
    let page = html! {
        p { "Your session has ended, so this form did nothing." }
        p { "Sign in, then send it again from its page." }
        p { a.button href=(link(&own_path(from))) { "Sign in" } }
    };
    (StatusCode::UNAUTHORIZED, frame::bare("Nothing was done", &page)).into_response()
}

fn link(to: &str) -> String {
    format!("/sign-in?to={}", encoded(to))
}

/// The proxy in front of the console has to bring a token.
fn without_provider(why: Option<Failure>) -> Response {
    let page = match why {
        Some(failure) => frame::bare("Your token is not accepted", &told(&failure)),
        None => frame::bare(
            "You are not signed in",
            &html! { p { "Your request has no token. Sign in where you came from, and open this page again." } },
        ),
    };
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], page).into_response()
}

impl Refusal {
    /// Signing in is needed first.
    pub fn needs_sign_in(why: Option<Failure>) -> Self {
        let mut response = StatusCode::UNAUTHORIZED.into_response();
        response.extensions_mut().insert(NeedsSignIn(why));
        Self::answered(response)
    }
}
