//! Requests to servers that somebody has named: webhooks, receivers of streams, time-stamping authorities.
//!
//! https, or http to this machine. Redirects are not followed, and each request has a connection of its own:
//! what a server answers once too often is never taken for the answer to the next one.

use crate::missed::Missed;
use std::path::Path;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// What sends requests, with the operating system's roots or those of a file.
pub fn agent(ca_file: Option<&Path>, timeout: Duration) -> Result<Agent, String> {
    let tls = TlsConfig::builder().root_certs(RootCerts::from(roots(ca_file)?)).build();
    let agent = Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .tls_config(tls)
        .user_agent(concat!("awgp/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    Ok(agent)
}

/// https, or http to this machine.
pub fn check_url(key: &str, url: &str) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| format!("{key} is not a URL"))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => Ok(()),
        (Some("http"), Some(host)) if is_loopback(host) => Ok(()),
        (Some("http"), Some(_)) => Err(format!("{key} is https; http is only for this machine")),
        _ => Err(format!("{key} is not a URL of https")),
    }
}

/// Whether a host is this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host of a URL, for people: a URL may have secrets in its path.
pub fn place(url: &str) -> String {
    let uri: Option<Uri> = url.parse().ok();
    let authority = uri.as_ref().and_then(Uri::authority).map(|authority| authority.as_str());
    authority.and_then(|authority| authority.rsplit('@').next()).unwrap_or_default().to_owned()
}

/// An attempt that may succeed another time.
pub fn missed(error: &ureq::Error) -> Missed {
    Missed::again(problem(error))
}

/// The seconds of `retry-after`.
pub fn retry_after<B>(answer: &Response<B>) -> Option<i32> {
    answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.trim().parse().ok())
}

/// What went wrong, as a code.
pub fn problem(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "timeout",
        ureq::Error::HostNotFound => "host_not_found",
        ureq::Error::ConnectionFailed | ureq::Error::Io(_) => "connection",
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => "tls",
        _ => "http",
    }
}

/// The operating system's roots, or those of a file.
fn roots(file: Option<&Path>) -> Result<Vec<Certificate<'static>>, String> {
    let Some(file) = file else {
        let found = rustls_native_certs::load_native_certs();
        return Ok(found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect());
    };
    certificates(file).map_err(|error| format!("ca_file: {error}"))
}

/// The certificates of a file, at least one.
pub fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let pem = std::fs::read(file).map_err(|error| error.to_string())?;
    let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() { Err("it has no certificate".to_owned()) } else { Ok(certificates) }
}
