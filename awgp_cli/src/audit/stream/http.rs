//! Events as HTTP requests.

use super::stopped::Stopped;
use crate::missed::Missed;
use crate::opt::AuditStream;
use awgp_client::{Exit, Failure, input};
use awgp_core::audit::streamed::Event;
use awgp_core::audit::streamed::format::Format;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use ureq::Agent;
use ureq::http::{HeaderName, HeaderValue};

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A request has at most about so many bytes of events, or one event.
const BODY_BYTES: usize = 1 << 20;
/// So much of an answer is read.
const ANSWER_BYTES: u64 = 64 * 1024;

/// A web server.
#[derive(Clone)]
pub struct Http {
    url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    agent: Agent,
}

impl Http {
    /// The server of the options.
    pub fn new(url: &str, options: &AuditStream) -> Result<Self, String> {
        let headers = options.header_file.as_deref().map_or(Ok(Vec::new()), headers)?;
        let agent = crate::http::agent(options.ca_file.as_deref(), TIMEOUT)?;
        Ok(Self { url: url.to_owned(), headers, agent })
    }

    /// The host, for people.
    pub fn place(&self) -> String {
        crate::http::place(&self.url)
    }

    /// Sends events, in requests of a size that servers take.
    pub async fn send(&self, format: Format, events: &[Event]) -> Result<(), Stopped> {
        for part in parts(events) {
            let body = format.write(part, env!("CARGO_PKG_VERSION"));
            let http = self.clone();
            let posted = tokio::task::spawn_blocking(move || http.post(format, &body)).await;
            posted.map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))??;
        }
        Ok(())
    }

    fn post(&self, format: Format, body: &str) -> Result<(), Stopped> {
        let mut request = self.agent.post(&self.url).header("content-type", format.media_type());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut answer = request.send(body).map_err(|error| crate::http::missed(&error))?;
        let status = answer.status().as_u16();
        if (200..300).contains(&status) {
            let text = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_string();
            return match (format, text) {
                (Format::Otlp, Ok(text)) => rejected(&text).map_or(Ok(()), Err),
                _ => Ok(()),
            };
        }
        let is_later = matches!(status, 408 | 425 | 429 | 500..);
        Err(Missed {
            error: format!("http_{status}"),
            retry_after_seconds: crate::http::retry_after(&answer),
            is_final: !is_later,
        }
        .into())
    }
}

/// What a receiver of OTLP has answered 200 to, and has not taken.
fn rejected(answer: &str) -> Option<Stopped> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    let partial = answer.get("partialSuccess")?;
    let count = match partial.get("rejectedLogRecords")? {
        Value::String(text) => text.parse().ok()?,
        number => number.as_u64()?,
    };
    (count > 0).then(|| Missed::for_good("rejected_by_receiver").into())
}

/// Events in parts for one request each.
fn parts(events: &[Event]) -> impl Iterator<Item = &[Event]> {
    let size = |event: &Event| {
        let state = |state: &Option<String>| state.as_ref().map_or(0, String::len);
        1024 + state(&event.row.before_state) + state(&event.row.after_state) + state(&event.row.metadata)
    };
    let mut bytes = 0;
    events.chunk_by(move |one, next| {
        bytes += size(one);
        let fits = bytes + size(next) <= BODY_BYTES;
        if !fits {
            bytes = 0;
        }
        fits
    })
}

/// The headers of a file that only its owner reads: it has the secret of the receiver.
fn headers(path: &Path) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let place = path.display();
    let text = input::file(path).map_err(|error| format!("{place} cannot be read: {error}"))?;
    let mode = std::fs::metadata(path).map_or(0o777, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        return Err(format!("{place} has secrets, and others than its owner may read or write it"));
    }
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let mut value = HeaderValue::from_str(value.trim()).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_bytes(name.trim().as_bytes()).ok()?, value))
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    // The line itself may be a secret.
    let read: Option<Vec<_>> = lines.map(header).collect();
    read.ok_or_else(|| format!("{place} has a line that is no header, such as `Authorization: Bearer …`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_receiver_of_otlp_rejects_has_not_arrived() {
        for (answer, is_rejected) in [
            ("", false),
            ("{}", false),
            (r#"{"partialSuccess":{}}"#, false),
            (r#"{"partialSuccess":{"rejectedLogRecords":"0"}}"#, false),
            (r#"{"partialSuccess":{"rejectedLogRecords":"3"}}"#, true),
            (r#"{"partialSuccess":{"rejectedLogRecords":3,"errorMessage":"x"}}"#, true),
        ] {
            assert_eq!(rejected(answer).is_some(), is_rejected, "{answer}");
        }
    }
}
