//! From when a note is: a token of a time-stamping authority (RFC 3161) beside it, `NAME.tsr`.

use super::key::write_new;
use super::notes::Notes;
use super::token::Token;
use crate::http;
use crate::opt::AuditCheckpoint;
use awgp_client::{Exit, Failure};
use awgp_core::reason::Reason;
use rand_core::{OsRng, RngCore as _};
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::Agent;

const EXTENSION: &str = "tsr";
/// How long an authority may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// A response has a few kilobytes.
const RESPONSE_BYTES_MAX: u64 = 1 << 20;

/// A note that was there at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct Stamped {
    /// The note's file name.
    pub note: String,
    /// Since when it proves, at the latest.
    pub at: String,
}

/// An authority that is asked.
pub struct Authority {
    url: String,
    agent: Agent,
}

impl Authority {
    /// The one that the options name.
    pub fn of(options: &AuditCheckpoint) -> Result<Option<Self>, Failure> {
        let Some(url) = options.timestamp.clone() else { return Ok(None) };
        let usage = |what: String| {
            Failure::new(Exit::Usage, what).hint("give the authority's URL, as https://tsa.example/tsr")
        };
        http::check_url("--timestamp", &url).map_err(usage)?;
        let agent = http::agent(options.timestamp_ca.as_deref(), TIMEOUT).map_err(usage)?;
        Ok(Some(Self { url, agent }))
    }

    /// The moment of the token beside a note; gets one where there is none.
    pub fn stamp(&self, note: &Path) -> Result<String, Failure> {
        let place = beside(note);
        let missing = |what: &dyn std::fmt::Display| {
            let name = note.display();
            Failure::of_reason(
                Reason::TimestampMissing,
                format!("{name} is signed, and has no timestamp: {what}"),
            )
            .hint("run the same command again: it asks for what is missing")
        };
        let bytes = std::fs::read(note).map_err(|error| missing(&error))?;
        if let Ok(response) = std::fs::read(&place) {
            let token = Token::read(&response).and_then(|token| token.check(&bytes, None).map(|()| token));
            return token
                .and_then(|token| Ok(token.at()?.to_string()))
                .map_err(|what| invalid(&place, &what));
        }
        let mut nonce = [0; 8];
        OsRng.fill_bytes(&mut nonce);
        // A positive number of eight bytes.
        nonce[0] = (nonce[0] & 0x3f) | 0x40;
        let request = super::token::request(&bytes, nonce).map_err(|what| missing(&what))?;
        let response = self.ask(&request).map_err(|what| missing(&what))?;
        let token = Token::read(&response).and_then(|token| {
            token.check(&bytes, Some(nonce))?;
            token.check_signature()?;
            Ok(token.at()?.to_string())
        });
        let at = token.map_err(|what| missing(&what))?;
        write_new(&place, &response, false)?;
        Ok(at)
    }

    fn ask(&self, request: &[u8]) -> Result<Vec<u8>, String> {
        let sent =
            self.agent.post(&self.url).header("content-type", "application/timestamp-query").send(request);
        let mut answer =
            sent.map_err(|error| format!("the authority does not answer: {}", http::problem(&error)))?;
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(format!("the authority answers with http_{status}"));
        }
        let body = answer.body_mut().with_config().limit(RESPONSE_BYTES_MAX).read_to_vec();
        body.map_err(|error| format!("the authority's answer breaks off: {}", http::problem(&error)))
    }
}

/// Where the token of a note is.
fn beside(note: &Path) -> PathBuf {
    note.with_extension(EXTENSION)
}

/// Verifies each token that lies beside a note, by the certificates of a file.
pub fn verify(notes: &Notes, file: &Path) -> Result<Vec<Stamped>, Failure> {
    let certificates = http::certificates(file).map_err(|error| {
        Failure::new(Exit::Usage, format!("{} cannot be read: {error}", file.display()))
            .hint("give the authority's certificate, or that of its root, as PEM")
    })?;
    let trusted: Vec<CertificateDer<'_>> =
        certificates.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let mut stamped = Vec::new();
    for signed in &notes.signed {
        let place = beside(&signed.path);
        let response = match std::fs::read(&place) {
            Ok(response) => response,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(invalid(&place, &error.to_string())),
        };
        let at = Token::read(&response).and_then(|token| {
            token.check(signed.note.as_bytes(), None)?;
            token.verify(&trusted)?;
            Ok(token.at()?.to_string())
        });
        let at = at.map_err(|what| invalid(&place, &what))?;
        let note = signed.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        stamped.push(Stamped { note, at });
    }
    Ok(stamped)
}

fn invalid(place: &Path, what: &str) -> Failure {
    Failure::of_reason(Reason::TimestampInvalid, format!("{}: {what}", place.display()))
        .hint("restore the file from a copy; without it the note has no time")
}
