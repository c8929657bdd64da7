//! A form that this console made for this reader: another site can send the reader's browser here, but it
//! knows neither the secret in the sealed cookie nor how to hide that it is another site.

use super::cookies;
use crate::answer::Refusal;
use crate::site::Site;
use awgp_client::{Exit, Failure};
use axum::Form;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum_extra::extract::cookie::PrivateCookieJar;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The name of the field that carries the secret.
pub const FIELD: &str = "form_secret";

/// The fields of a form that is the reader's own. Every handler of a POST takes its fields by it.
pub struct Signed<T>(pub T);

#[derive(Deserialize)]
struct Sealed<T> {
    form_secret: String,
    #[serde(flatten)]
    fields: T,
}

impl<T: DeserializeOwned> FromRequest<Site> for Signed<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Refusal> {
        if !is_same_site(request.headers(), site) {
            return Err(forged());
        }
        let jar = PrivateCookieJar::from_headers(request.headers(), axum::extract::FromRef::from_ref(site));
        let Form(sealed) = Form::<Sealed<T>>::from_request(request, site).await.map_err(|error| {
            Refusal::of(
                Failure::new(Exit::BadArgument, format!("the form cannot be read: {error}"))
                    .hint("go back, load the page again and fill it in again"),
            )
        })?;
        let secret = jar.get(cookies::FORM);
        if !secret.is_some_and(|cookie| is_equal(cookie.value(), &sealed.form_secret)) {
            return Err(forged());
        }
        Ok(Self(sealed.fields))
    }
}

/// Whether the browser says that the form stands on a page of this console. A browser that says nothing is an
/// old one: the secret decides.
fn is_same_site(headers: &HeaderMap, site: &Site) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let fetched = text("sec-fetch-site").is_none_or(|from| from == "same-origin");
    let origin = text(ORIGIN.as_str()).is_none_or(|origin| origin == site.public_url);
    fetched && origin
}

/// In a time that does not tell where they differ.
pub fn is_equal(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

fn forged() -> Refusal {
    Refusal::of(
        Failure::new(Exit::NotAllowed, "this form was not made by this console for you; nothing was done")
            .hint("open the page again and send the form from there"),
    )
}
