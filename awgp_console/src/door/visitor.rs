//! Who sent a request: a token, or the user of --as. What they may, the database says.

use super::cookies;
use super::renewal::Renewed;
use crate::answer::Refusal;
use crate::site::Site;
use awgp_client::Token;
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum_extra::extract::cookie::{CookieJar, PrivateCookieJar};
use jiff::tz::TimeZone;
use rand_core::{OsRng, RngCore};

/// How a visitor is put in context.
#[derive(Clone, Debug)]
pub enum Who {
    /// By their token.
    Bearer(Token),
    /// By --as.
    Trial {
        /// By slug or id.
        tenant: String,
        /// By e-mail or id.
        user: String,
    },
}

/// Whoever sent a request.
pub struct Visitor {
    /// What all requests share.
    pub site: Site,
    /// How they are put in context.
    pub who: Who,
    /// Their cookies, as the answer will set them.
    pub jar: PrivateCookieJar,
    /// What their forms carry.
    pub form_secret: String,
    /// What the page before has left to say.
    pub said: Option<String>,
    /// The path and query that they asked for.
    pub path: String,
    /// They ask for a page, and send no form.
    pub is_asking: bool,
    zone: Option<TimeZone>,
}

impl Visitor {
    /// Somebody who has no page yet.
    pub fn of(site: &Site, who: Who, jar: PrivateCookieJar) -> Self {
        let path = "/inbox".to_owned();
        Self {
            site: site.clone(),
            who,
            jar,
            form_secret: secret(),
            said: None,
            path,
            is_asking: false,
            zone: None,
        }
    }

    /// The zone in which they read: their own, or else the tenant's.
    pub fn zone(&self, of_tenant: &str) -> TimeZone {
        self.zone.clone().or_else(|| TimeZone::get(of_tenant).ok()).unwrap_or(TimeZone::UTC)
    }
}

impl FromRequestParts<Site> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Refusal> {
        let Ok(mut jar) = PrivateCookieJar::from_request_parts(parts, site).await;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let Some(who) = who(parts, site, &jar) else {
            return Err(Refusal::needs_sign_in(None));
        };
        let plain = CookieJar::from_headers(&parts.headers);
        let zone = plain.get(cookies::ZONE).and_then(|cookie| zone_named(cookie.value()));
        let form_secret = match jar.get(cookies::FORM) {
            Some(cookie) => cookie.value().to_owned(),
            None => {
                let secret = secret();
                jar = jar.add(cookies::cookie(site, cookies::FORM, secret.clone()));
                secret
            }
        };
        let said = jar.get(cookies::SAID).map(|cookie| cookie.value().to_owned());
        if said.is_some() {
            jar = jar.remove(cookies::none(cookies::SAID));
        }
        let is_asking = parts.method == Method::GET;
        Ok(Self { site: site.clone(), who, jar, form_secret, said, path, is_asking, zone })
    }
}

fn who(parts: &Parts, site: &Site, jar: &PrivateCookieJar) -> Option<Who> {
    if let Some(trial) = &site.ways.trial {
        return Some(Who::Trial { tenant: trial.tenant.clone(), user: trial.user.clone() });
    }
    if site.ways.bearer {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|text| text.strip_prefix("Bearer ")).map(str::trim);
        return token.filter(|token| !token.is_empty()).map(|token| Who::Bearer(Token::new(token)));
    }
    let renewed = parts.extensions.get::<Renewed>().map(|Renewed(token)| token.clone());
    renewed.or_else(|| cookies::token(jar)).map(|token| Who::Bearer(Token::new(token)))
}

/// A zone of the IANA database. The script writes it percent-encoded.
fn zone_named(text: &str) -> Option<TimeZone> {
    TimeZone::get(&text.replace("%2F", "/")).ok()
}

/// 256 bits that nobody guesses.
pub fn secret() -> String {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}
