//! A token that is near its end is renewed before the page is made, so that the reader does not notice.

use super::cookies::{self, Tokens};
use super::provider::Provider;
use crate::site::Site;
use awgp_client::{Exit, Failure};
use axum::extract::{FromRef, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::PrivateCookieJar;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// So many seconds before its end a token is renewed.
const BEFORE_END: i64 = 30;
/// So long the answer to a renewal is given to requests that ask for the same one.
const REMEMBERED: Duration = Duration::from_mins(1);

/// The access token by which this request is made instead of that of its cookie.
#[derive(Clone)]
pub struct Renewed(pub String);

/// Renewals that several requests wait for: a browser asks for pages at once, and a provider may take a
/// refresh token once.
#[derive(Default)]
pub struct Renewals(Mutex<HashMap<[u8; 32], Shared>>);

type Shared = (Instant, Arc<OnceCell<Result<Tokens, Failure>>>);

impl Renewals {
    /// It goes on where the one who asked has left: the provider has taken the refresh token then.
    async fn renew(&self, provider: &Arc<Provider>, refresh: String) -> Result<Tokens, Failure> {
        let key = Sha256::digest(&refresh).into();
        let cell = {
            let mut shared = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            shared.retain(|_, (at, cell)| cell.get().is_none() || at.elapsed() < REMEMBERED);
            shared.entry(key).or_insert_with(|| (Instant::now(), Arc::default())).1.clone()
        };
        let provider = Arc::clone(provider);
        let renewing = tokio::spawn(async move {
            cell.get_or_init(|| provider.ask(move |provider| provider.renew(refresh))).await.clone()
        });
        renewing.await.unwrap_or_else(|error| Err(Failure::new(Exit::Unexpected, error.to_string())))
    }
}

/// Renews where it is time. A refusal changes nothing: the database says what the old token is still good
/// for.
pub async fn renew(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let Some(provider) = &site.ways.provider else { return next.run(request).await };
    // Who signs in or out has no need of it.
    if request.uri().path().starts_with("/sign-") {
        return next.run(request).await;
    }
    let jar =
        PrivateCookieJar::from_headers(request.headers(), axum_extra::extract::cookie::Key::from_ref(&site));
    let refresh = match (cookies::token(&jar), cookies::refresh(&jar)) {
        (Some(token), Some(refresh)) if is_near_its_end(&token) => refresh,
        _ => return next.run(request).await,
    };
    match site.renewals.renew(provider, refresh).await {
        Ok(tokens) if tokens.access.len() <= cookies::MOST => {
            request.extensions_mut().insert(Renewed(tokens.access.clone()));
            let response = next.run(request).await;
            (cookies::keep(&site, jar, tokens), response).into_response()
        }
        _ => next.run(request).await,
    }
}

fn is_near_its_end(token: &str) -> bool {
    end(token).is_some_and(|end| end - Timestamp::now().as_second() < BEFORE_END)
}

/// When a token ends, by its own words: the database alone believes it, after it has verified it.
fn end(token: &str) -> Option<i64> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    let end = claims.get("exp")?;
    // It may have a fraction.
    end.as_i64().or_else(|| end.to_string().split('.').next()?.parse().ok())
}
