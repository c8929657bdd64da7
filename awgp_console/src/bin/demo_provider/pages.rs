//! What the provider answers.

use super::Opt;
use super::flow::{Asked, Brought, Out};
use super::tokens::Signer;
use super::users::User;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{DOCTYPE, Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

struct Provider {
    issuer: String,
    client_id: String,
    users: Vec<User>,
    signer: Signer,
    out: Out,
    jwks: Value,
}

/// Its routes.
pub fn router(opt: Opt, issuer: String, users: Vec<User>) -> Result<Router, String> {
    let signer = Signer::new(&opt, &issuer);
    let jwks = signer.jwks()?;
    let provider = Provider { issuer, client_id: opt.client_id, users, signer, out: Out::default(), jwks };
    Ok(Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(async |State(provider): State<Arc<Provider>>| json_of(&provider.jwks)))
        .route("/authorize", get(choose))
        .route("/authorize", post(chosen))
        .route("/token", post(token))
        .route("/end-session", get(end_session))
        .with_state(Arc::new(provider)))
}

fn json_of(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Response {
    let at = |path: &str| format!("{}{path}", provider.issuer);
    json_of(&json!({
        "issuer": provider.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"), "end_session_endpoint": at("/end-session"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"], "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"], "scopes_supported": ["openid"],
    }))
}

/// Why a request is not answered. It is not sent on to an address that nobody has checked.
fn fault(provider: &Provider, asked: &Asked) -> Option<&'static str> {
    if asked.client_id != provider.client_id {
        return Some("this is not the client that the provider knows");
    }
    let to: Option<http::Uri> = asked.redirect_uri.parse().ok();
    if to.is_none_or(|to| !matches!(to.host(), Some("127.0.0.1" | "localhost" | "[::1]"))) {
        return Some("the client is not on this machine");
    }
    let fits = asked.response_type == "code" && asked.code_challenge_method == "S256";
    (!fits).then_some("the client does not use the code flow with PKCE")
}

async fn choose(State(provider): State<Arc<Provider>>, Query(asked): Query<Asked>) -> Response {
    if let Some(fault) = fault(&provider, &asked) {
        return (StatusCode::BAD_REQUEST, page("This does not go", &html! { p { (fault) } })).into_response();
    }
    let body = html! {
        p { "This is the demo's own provider: choose who you are. No password is asked for." }
        form method="post" action="/authorize" {
            @for (name, value) in [
                ("response_type", &asked.response_type), ("client_id", &asked.client_id),
                ("redirect_uri", &asked.redirect_uri), ("state", &asked.state), ("nonce", &asked.nonce),
                ("code_challenge", &asked.code_challenge), ("code_challenge_method", &asked.code_challenge_method),
            ] { input type="hidden" name=(name) value=(value); }
            @for user in &provider.users {
                button name="sub" value=(user.sub) { b { (user.name) } br; (user.about) }
            }
        }
    };
    page("Who are you?", &body).into_response()
}

#[derive(Deserialize)]
struct Chosen {
    sub: String,
    #[serde(flatten)]
    asked: Asked,
}

async fn chosen(
    State(provider): State<Arc<Provider>>,
    Form(Chosen { sub, asked }): Form<Chosen>,
) -> Response {
    let is_known = provider.users.iter().any(|user| user.sub == sub);
    if let Some(fault) = fault(&provider, &asked).or((!is_known).then_some("there is no such user")) {
        return (StatusCode::BAD_REQUEST, page("This does not go", &html! { p { (fault) } })).into_response();
    }
    let (to, state) = (asked.redirect_uri.clone(), encoded(&asked.state));
    let code = provider.out.code(asked, sub);
    let iss = encoded(&provider.issuer);
    Redirect::to(&format!("{to}?code={code}&state={state}&iss={iss}")).into_response()
}

async fn token(State(provider): State<Arc<Provider>>, Form(brought): Form<Brought>) -> Response {
    let given = provider.out.take(&brought).and_then(|(sub, nonce)| {
        let tenant =
            provider.users.iter().find(|user| user.sub == sub).and_then(|user| user.tenant.as_deref());
        let given = provider.signer.give(&sub, tenant, nonce.as_deref()).map_err(|_| "server_error")?;
        Ok(json!({
            "access_token": given.access, "token_type": "Bearer", "expires_in": given.lifetime,
            "id_token": given.id, "refresh_token": provider.out.refresh(sub), "scope": "openid",
        }))
    });
    match given {
        Ok(given) => json_of(&given),
        Err(error) => (StatusCode::BAD_REQUEST, json_of(&json!({ "error": error }))).into_response(),
    }
}

#[derive(Deserialize)]
struct Leaving {
    id_token_hint: Option<String>,
    post_logout_redirect_uri: Option<String>,
}

async fn end_session(State(provider): State<Arc<Provider>>, Query(leaving): Query<Leaving>) -> Response {
    let sub = leaving.id_token_hint.as_deref().and_then(|token| {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        Some(claims.get("sub")?.as_str()?.to_owned())
    });
    if let Some(sub) = sub {
        provider.out.end(&sub);
    }
    match leaving.post_logout_redirect_uri {
        Some(to) => Redirect::to(&to).into_response(),
        None => page("Signed out", &html! { p { "You are signed out." } }).into_response(),
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}\
    form{display:grid;gap:.5rem}button{font:inherit;text-align:left;padding:.6rem 1rem;border:1px solid #8a94a0;\
    border-radius:.5rem;background:#f6f8fa;color:#1c2430;cursor:pointer}";

fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (STYLE) }
            }
            body { main { h1 { (title) } (body) } }
        }
    }
}
