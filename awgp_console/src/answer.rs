//! What a request is answered with.

use crate::door::{Visitor, cookies};
use crate::frame::{self, Place};
use crate::visit::Reader;
use awgp_client::{Exit, Failure, Trouble, Work, shown};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

/// What a request to another name than the console's is told.
pub const ELSEWHERE: &str = "this is not the console's address";

/// A page, a redirect, or a refusal.
pub type Answer = Result<Response, Refusal>;

/// Why there is no page: boxed, since it is large and rare.
pub struct Refusal(Box<Response>);

impl Refusal {
    /// A page that says what went wrong, without the reader's name.
    pub fn of(failure: Failure) -> Self {
        if wants_sign_in(&failure) {
            return Self::needs_sign_in(Some(failure));
        }
        Self::with(status(&failure), &failure)
    }

    /// The same with another status.
    pub fn with(status: StatusCode, failure: &Failure) -> Self {
        let page = html! { (told(failure)) p { a href="/inbox" { "To the inbox" } } };
        Self::answered((status, frame::bare(headline(failure), &page)).into_response())
    }

    /// A refusal that has a page of its own.
    pub fn answered(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::of(failure)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl Visitor {
    /// A page: what it reads, in one transaction, and how it shows it.
    pub async fn page(
        self,
        title: &str,
        place: Place,
        reading: impl AsyncFnOnce(&Work<'_>, &Reader) -> Result<Markup, Trouble>,
    ) -> Answer {
        let (body, reader) = self.read(reading).await?;
        Ok(self.answer(StatusCode::OK, title, place, &reader, &body))
    }

    /// A page that has been read, with its status.
    pub fn answer(
        self,
        status: StatusCode,
        title: &str,
        place: Place,
        reader: &Reader,
        body: &Markup,
    ) -> Response {
        let page = frame::page(title, place, reader, &self, body);
        (status, self.jar, page).into_response()
    }

    /// After a form: another page, with one sentence about what is so now.
    pub fn then(self, path: &str, said: &str) -> Answer {
        let jar = self.jar.add(cookies::cookie(&self.site, cookies::SAID, said.to_owned()));
        Ok((jar, Redirect::to(path)).into_response())
    }
}

/// No such page.
pub async fn not_found() -> Refusal {
    Refusal::of(Failure::new(Exit::NotFound, "there is no such page").hint("the inbox is at /inbox"))
}

/// What a page that says so has in its place. None where no page can: nobody is in context, or there is no
/// such thing.
pub fn on_its_page(failure: &Failure) -> Option<StatusCode> {
    let can = !wants_sign_in(failure)
        && matches!(status(failure), StatusCode::FORBIDDEN | StatusCode::CONFLICT | StatusCode::BAD_REQUEST);
    can.then(|| status(failure))
}

/// Whether signing in again helps. docs/identity.md lists the reasons that a web page answers with 401.
fn wants_sign_in(failure: &Failure) -> bool {
    let reason = failure.noted("reason").unwrap_or_default();
    matches!(
        reason,
        "token_expired"
            | "token_not_yet_valid"
            | "token_malformed"
            | "token_too_long"
            | "token_header"
            | "token_wrong_type"
            | "token_unsigned"
            | "token_algorithm_mismatch"
            | "token_bad_signature"
            | "token_wrong_issuer"
            | "token_wrong_audience"
            | "token_wrong_party"
    )
}

fn status(failure: &Failure) -> StatusCode {
    match failure.exit {
        Exit::NotAllowed => StatusCode::FORBIDDEN,
        Exit::WrongState | Exit::LimitExceeded | Exit::Constraint | Exit::Retry => StatusCode::CONFLICT,
        Exit::BadArgument | Exit::Usage => StatusCode::BAD_REQUEST,
        Exit::NotFound => StatusCode::NOT_FOUND,
        Exit::NoConnection | Exit::NoExtension => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn headline(failure: &Failure) -> &'static str {
    match failure.exit {
        Exit::NotAllowed if failure.message == ELSEWHERE => "Not this address",
        Exit::NotAllowed => "You may not do this",
        Exit::WrongState | Exit::Constraint => "This does not go now",
        Exit::Retry => "Somebody else was faster",
        Exit::LimitExceeded => "A limit is reached",
        Exit::NotFound => "Not found",
        Exit::NoConnection | Exit::NoExtension => "The database does not answer",
        Exit::BadArgument | Exit::Usage => "This cannot be read",
        _ => "Something went wrong",
    }
}

/// The failure in words.
pub fn told(failure: &Failure) -> Markup {
    html! {
        p { (sentence(&failure.message)) }
        @if let Some(hint) = failure.noted("hint") { p { (sentence(hint)) } }
        @if let Some(reason) = failure.noted("reason") { p.soft { "reason: " code { (reason) } } }
    }
}

/// With a capital letter and a full stop: messages and hints have neither of their own.
fn sentence(text: &str) -> String {
    let text = shown::line(text);
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let stop = if text.ends_with(['.', '?', '!', ';', ':']) { "" } else { "." };
    first.into_iter().chain(letters).collect::<String>() + stop
}

/// Puts on every answer what keeps a browser from being led astray: nothing from elsewhere, no frames, no
/// guessing of types, nothing of a page in another site's log, and no page in a shared cache.
pub async fn guarded(mut response: Response) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
