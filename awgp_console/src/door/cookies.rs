//! What the console keeps at the reader's: sealed with the console's key, so that nobody reads or changes it,
//! and out of the reach of scripts. The one cookie that is not sealed is the reader's time zone.

use crate::site::Site;
use axum_extra::extract::cookie::{Cookie, PrivateCookieJar, SameSite};

/// The token that the reader signed in with.
pub const TOKEN: &str = "awgp_token";
/// The rest of a token that is too long for one cookie.
const TOKEN_REST: &str = "awgp_token_rest";
/// What the provider gives a new token for.
pub const REFRESH: &str = "awgp_refresh";
/// The rest of it.
const REFRESH_REST: &str = "awgp_refresh_rest";
/// What the provider knows the session by when the reader signs out. It comes back to /sign-out alone.
pub const ID: &str = "awgp_id";
/// Where a reader is in signing in. It comes back to /sign-in alone.
pub const BEGUN: &str = "awgp_begun";
/// The same while they sign out; it lives for a minute.
pub const LEAVING: &str = "awgp_leaving";
/// The secret that forms carry.
pub const FORM: &str = "awgp_form";
/// One sentence for the next page.
pub const SAID: &str = "awgp_said";
/// The reader's time zone, which the script sets.
pub const ZONE: &str = "awgp_zone";

/// Bytes that fit into a cookie: browsers keep 4,096 with its name and attributes, and sealing takes a third
/// more.
const PART: usize = 2_800;
/// Bytes that fit into two cookies. All cookies go back in one line, and proxies take lines of 8 KiB.
pub const MOST: usize = 2 * PART;
/// Bytes of an id token that are kept. Without it the provider asks whether to sign out.
const MOST_OF_ID: usize = PART;

/// A cookie of this session of the browser. It comes back only to this console, and from another site's link
/// only when the reader follows it.
pub fn cookie(site: &Site, name: &'static str, value: String) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(site.is_secure())
        .build()
}

/// The same for paths below this one.
pub fn cookie_below(site: &Site, path: &'static str, name: &'static str, value: String) -> Cookie<'static> {
    let mut cookie = cookie(site, name, value);
    cookie.set_path(path);
    cookie
}

/// What takes a cookie away.
pub fn none(name: &'static str) -> Cookie<'static> {
    Cookie::build((name, "")).path("/").build()
}

/// What takes away a cookie for paths below this one.
pub fn none_below(path: &'static str, name: &'static str) -> Cookie<'static> {
    Cookie::build((name, "")).path(path).build()
}

/// What a provider has given.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The access token, which the database verifies.
    pub access: String,
    /// What the next one is asked for with.
    pub refresh: Option<String>,
    /// What signing out is asked for with.
    pub id: Option<String>,
}

/// Keeps tokens at the reader's.
pub fn keep(site: &Site, jar: PrivateCookieJar, tokens: Tokens) -> PrivateCookieJar {
    let jar = put(site, jar, [TOKEN, TOKEN_REST], &tokens.access);
    let refresh = tokens.refresh.filter(|refresh| refresh.len() <= MOST).unwrap_or_default();
    let jar = put(site, jar, [REFRESH, REFRESH_REST], &refresh);
    match tokens.id.filter(|id| id.len() <= MOST_OF_ID) {
        Some(id) => jar.add(cookie_below(site, "/sign-out", ID, id)),
        None => jar,
    }
}

/// Forgets a reader who signs out. The id token stays until the provider has it.
pub fn forget(jar: PrivateCookieJar) -> PrivateCookieJar {
    [TOKEN, TOKEN_REST, REFRESH, REFRESH_REST, FORM].into_iter().fold(jar, |jar, name| jar.remove(none(name)))
}

/// The access token of a reader.
pub fn token(jar: &PrivateCookieJar) -> Option<String> {
    get(jar, [TOKEN, TOKEN_REST])
}

/// What the next one is asked for with.
pub fn refresh(jar: &PrivateCookieJar) -> Option<String> {
    get(jar, [REFRESH, REFRESH_REST])
}

fn put(site: &Site, jar: PrivateCookieJar, names: [&'static str; 2], value: &str) -> PrivateCookieJar {
    // Tokens are ASCII; whatever else a provider makes is not cut within a character.
    let at = (0..=PART.min(value.len())).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    let (first, rest) = value.split_at(at);
    [first, rest].into_iter().zip(names).fold(jar, |jar, (part, name)| match part {
        "" => jar.remove(none(name)),
        part => jar.add(cookie(site, name, part.to_owned())),
    })
}

fn get(jar: &PrivateCookieJar, [first, rest]: [&str; 2]) -> Option<String> {
    let first = jar.get(first)?;
    let rest = jar.get(rest).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    Some(format!("{}{rest}", first.value()))
}
