//! A notice as an HTTP request.

use super::notice::Notice;
use super::shape::Template;
use super::signature::Key;
use crate::http;
use crate::missed::Missed;
use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ureq::Agent;

/// Where and how.
#[derive(Clone)]
pub struct Webhook {
    url: String,
    template: Option<Template>,
    key: Option<Key>,
    agent: Agent,
}

impl Webhook {
    /// A webhook whose parts are checked.
    pub fn new(
        url: String,
        template: Option<Template>,
        key: Option<Key>,
        ca_file: Option<&Path>,
        timeout: Duration,
    ) -> Result<Self, String> {
        let agent = http::agent(ca_file, timeout)?;
        Ok(Self { url, template, key, agent })
    }

    /// The host, for people.
    pub fn place(&self) -> String {
        http::place(&self.url)
    }

    /// Sends a notice, and waits for the answer.
    pub fn send(&self, notice: &Notice, console: Option<&str>) -> Result<(), Missed> {
        let body = match &self.template {
            Some(template) => template.body(notice, console),
            None => notice.json(console),
        };
        let body = body.to_string();
        let id = notice.id.to_string();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .header("webhook-id", &id)
            .header("webhook-timestamp", now.to_string());
        if let Some(key) = &self.key {
            request = request.header("webhook-signature", key.sign(&id, now, body.as_bytes()));
        }
        let answer = request.send(&body).map_err(|error| http::missed(&error))?;
        let status = answer.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(());
        }
        Err(Missed {
            error: format!("http_{status}"),
            retry_after_seconds: http::retry_after(&answer),
            // The receiver says that this request never succeeds.
            is_final: matches!(status, 400 | 410 | 413 | 422),
        })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("place", &self.place()).finish_non_exhaustive()
    }
}
