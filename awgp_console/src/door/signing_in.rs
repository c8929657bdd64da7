//! The pages of signing in and out. Signing in is a link, not a form: browsers let no form lead to another
//! site here, nor should they.

use super::cookies::{self, Tokens};
use super::form::{self, Signed};
use super::limits::Allowed;
use super::provider::{Begun, Provider};
use super::{Visitor, Who};
use crate::answer::{Answer, Refusal, told};
use crate::frame;
use crate::parts::{encoded, shown};
use crate::site::Site;
use awgp_client::{Exit, Failure, Token};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderName, REFRESH};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum_extra::extract::cookie::PrivateCookieJar;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// So long somebody may take to sign in at the provider.
const MOST_TIME: Duration = Duration::from_mins(15);

/// The routes.
pub fn router() -> Router<Site> {
    Router::new()
        .route("/sign-in", get(sign_in))
        .route("/sign-in/start", get(start))
        .route("/sign-in/return", get(come_back))
        .route("/sign-out", post(sign_out))
        .route("/sign-out/at-provider", get(sign_out_at_provider))
}

/// A path of this console to which a reader may be led; the inbox for everything else. A browser takes
/// `//host`, `/\host` and what has a tab or a line end within for another site.
pub fn own_path(to: &str) -> String {
    let is_own = to.starts_with('/')
        && !to.starts_with("//")
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // From signing in nobody comes back to signing in.
    if is_own && to != "/" && !to.starts_with("/sign-") { to.to_owned() } else { "/inbox".to_owned() }
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
    again: Option<String>,
}

async fn sign_in(State(site): State<Site>, jar: PrivateCookieJar, Query(wanted): Query<Wanted>) -> Answer {
    let Some(provider) = &site.ways.provider else { return Ok(Redirect::to("/inbox").into_response()) };
    let said = jar.get(cookies::SAID).map(|cookie| cookie.value().to_owned());
    let page = html! {
        @if let Some(said) = &said { p.said role="status" { (shown(said)) } }
        p { "The console shows what you may see, and lets you decide what waits for you." }
        (start_link(provider, wanted.to.as_deref(), false))
        p.soft { "The console never sees your password." }
    };
    let jar = if said.is_some() { jar.remove(cookies::none(cookies::SAID)) } else { jar };
    Ok((jar, frame::bare("Sign in", &page)).into_response())
}

fn start_link(provider: &Provider, to: Option<&str>, again: bool) -> Markup {
    let to = encoded(&own_path(to.unwrap_or_default()));
    let link = format!("/sign-in/start?to={to}{}", if again { "&again=yes" } else { "" });
    let name = shown(&provider.name());
    html! {
        p { a.button href=(link) { @if again { "Sign in as somebody else" } @else { "Sign in with " (name) } } }
    }
}

async fn start(
    _: Allowed,
    State(site): State<Site>,
    jar: PrivateCookieJar,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let provider = provider(&site)?;
    let to = own_path(wanted.to.as_deref().unwrap_or_default());
    let again = wanted.again.is_some();
    let begun = provider.ask(move |provider| provider.begin(to, again)).await;
    let (url, begun) = begun.map_err(|failure| failed(provider, None, &failure))?;
    let begun = serde_json::to_string(&begun).unwrap_or_default();
    let mut cookie = cookies::cookie_below(&site, "/sign-in", cookies::BEGUN, begun);
    cookie.set_max_age(MOST_TIME.try_into().ok());
    Ok((jar.add(cookie), Redirect::to(&url)).into_response())
}

#[derive(Deserialize)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn come_back(
    _: Allowed,
    State(site): State<Site>,
    jar: PrivateCookieJar,
    Query(returned): Query<Returned>,
) -> Answer {
    let provider = provider(&site)?;
    let begun = jar.get(cookies::BEGUN).and_then(|begun| serde_json::from_str::<Begun>(begun.value()).ok());
    let jar = jar.remove(cookies::none_below("/sign-in", cookies::BEGUN));
    let to = begun.as_ref().map(|begun| begun.to.clone());
    let failing = |failure: &Failure| failed(provider, to.as_deref(), failure);
    let (code, begun) = answered(provider, returned, begun).map_err(|failure| failing(&failure))?;
    let tokens = provider.ask(move |provider| provider.finish(code, begun)).await;
    let tokens = tokens.map_err(|failure| failing(&failure))?;
    fits(&tokens).map_err(|failure| failing(&failure))?;
    // The database decides who this is before the reader is sent on, so that nobody is sent to and fro.
    let visitor = Visitor::of(&site, Who::Bearer(Token::new(&tokens.access)), jar);
    if let Err(failure) = visitor.read(async |_, _| Ok(())).await {
        return Err(not_let_in(provider, &failure));
    }
    // Another reader of this browser may have had the secret of the forms.
    let jar = cookies::keep(&site, cookies::forget(visitor.jar), tokens);
    Ok((jar, Redirect::to(&own_path(to.as_deref().unwrap_or_default()))).into_response())
}

/// The code, if this is the answer to what this browser has asked.
fn answered(
    provider: &Provider,
    returned: Returned,
    begun: Option<Begun>,
) -> Result<(String, Begun), Failure> {
    let again = "begin again; signing in takes place in one window at a time, within 15 minutes";
    let not_asked = || Failure::new(Exit::NotAllowed, "this browser has not asked for this").hint(again);
    let begun = begun.ok_or_else(not_asked)?;
    if !returned.state.is_some_and(|state| form::is_equal(&state, &begun.state)) {
        return Err(not_asked());
    }
    // RFC 9207: which provider answers.
    if returned.iss.is_some_and(|iss| iss != provider.issuer()) {
        return Err(Failure::new(Exit::NotAllowed, "another provider has answered").hint(again));
    }
    if let Some(error) = returned.error {
        let why = returned.error_description.unwrap_or(error);
        let text = format!("{} says: {why}", provider.name());
        return Err(Failure::new(Exit::NotAllowed, text).hint("begin again"));
    }
    Ok((returned.code.ok_or_else(not_asked)?, begun))
}

fn fits(tokens: &Tokens) -> Result<(), Failure> {
    let (bytes, most) = (tokens.access.len(), cookies::MOST);
    if bytes <= most {
        return Ok(());
    }
    Err(Failure::new(Exit::LimitExceeded, format!("your token has {bytes} bytes; cookies hold {most}")).hint(
        "the administrator takes claims out of the access token at the provider, such as roles and groups",
    ))
}

fn provider(site: &Site) -> Result<&Arc<Provider>, Refusal> {
    site.ways.provider.as_ref().ok_or_else(|| {
        Refusal::of(Failure::new(Exit::NotFound, "nobody signs in here").hint("the inbox is at /inbox"))
    })
}

fn failed(provider: &Provider, to: Option<&str>, failure: &Failure) -> Refusal {
    // For whoever looks after the console: no part of a token is in it.
    eprintln!("note: nobody was signed in: {}", shown(&failure.message));
    let status =
        if failure.exit == Exit::NoConnection { StatusCode::BAD_GATEWAY } else { StatusCode::FORBIDDEN };
    let page = html! { (told(failure)) (start_link(provider, to, false)) };
    Refusal::answered((status, frame::bare("You are not signed in", &page)).into_response())
}

/// The provider knows the reader, and the database does not take them.
fn not_let_in(provider: &Provider, failure: &Failure) -> Refusal {
    let page = html! {
        p { (shown(&provider.name())) " knows you, but AWGP does not let you in." }
        (told(failure))
        (start_link(provider, None, true))
    };
    Refusal::answered((StatusCode::FORBIDDEN, frame::bare("You are not let in", &page)).into_response())
}

#[derive(Deserialize)]
struct Nothing {}

async fn sign_out(visitor: Visitor, _: Signed<Nothing>) -> Answer {
    let site = &visitor.site;
    let id = visitor.jar.get(cookies::ID);
    let mut jar = cookies::forget(visitor.jar).remove(cookies::none_below("/sign-out", cookies::ID));
    jar = jar.add(cookies::cookie(site, cookies::SAID, "You are signed out.".to_owned()));
    let to = match (&site.ways.provider, id) {
        (Some(_), Some(id)) => {
            // Only right after this form: no link of another site signs anybody out.
            let mut leaving =
                cookies::cookie_below(site, "/sign-out", cookies::LEAVING, id.value().to_owned());
            leaving.set_max_age(Duration::from_mins(1).try_into().ok());
            jar = jar.add(leaving);
            "/sign-out/at-provider"
        }
        _ => "/sign-in",
    };
    Ok((jar, Redirect::to(to)).into_response())
}

/// Leads on to the provider. Browsers follow no redirect there from a form of ours (`form-action`), so this
/// is a page that goes on by itself.
async fn sign_out_at_provider(State(site): State<Site>, jar: PrivateCookieJar) -> Answer {
    let id = jar.get(cookies::LEAVING).map(|cookie| cookie.value().to_owned());
    let jar = jar.remove(cookies::none_below("/sign-out", cookies::LEAVING));
    let (Some(provider), Some(id)) = (&site.ways.provider, id) else {
        return Ok((jar, Redirect::to("/sign-in")).into_response());
    };
    let Ok(Some(url)) = provider.ask(move |provider| provider.end_session(&id)).await else {
        return Ok((jar, Redirect::to("/sign-in")).into_response());
    };
    let page = html! {
        p { "You are signed out of the console." }
        p { a.button href=(url) { "Sign out of " (shown(&provider.name())) " too" } }
    };
    let on: [(HeaderName, String); 1] = [(REFRESH, format!("0; url={url}"))];
    Ok((jar, on, frame::bare("Signed out", &page)).into_response())
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn a_reader_is_led_to_own_paths_only() {
        for to in ["/approvals/1?after=x%20y", "/audit?entity=a%2Fb#c"] {
            assert_eq!(own_path(to), to);
        }
        for to in [
            "",
            "/",
            "inbox",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "/sign-in?to=/",
            "/sign-out",
            "/in\\box",
            " /inbox",
            "/é",
        ] {
            assert_eq!(own_path(to), "/inbox", "{to:?}");
        }
    }
}
