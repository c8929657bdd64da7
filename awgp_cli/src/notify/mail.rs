//! A notice as an e-mail by SMTP.

use super::notice::Notice;
use crate::missed::Missed;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as Wire, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::Deserialize;
use std::fmt::{self, Write};
use std::path::Path;
use std::time::Duration;

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[allow(clippy::enum_variant_names, reason = "the words of the file")]
pub enum Tls {
    /// It begins in the clear, and must be encrypted before anything is said.
    Starttls,
    /// From the beginning.
    Tls,
    /// Not at all; only to this machine.
    None,
}

/// Where and how.
#[derive(Clone)]
pub struct Mail {
    place: String,
    domain: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Mail {
    /// A way to a mail server; the error says which part cannot be used.
    #[allow(clippy::too_many_arguments)] // the keys of the file
    pub fn new(
        server: &str,
        port: Option<u16>,
        tls: Tls,
        login: Option<(String, String)>,
        from: &str,
        to: &[String],
        ca_file: Option<&Path>,
        timeout: Duration,
    ) -> Result<Self, String> {
        let mailbox = |key: &str, text: &str| -> Result<Mailbox, String> {
            text.parse().map_err(|_| format!("{key} is not an e-mail address"))
        };
        let from = mailbox("from", from)?;
        let to = to.iter().map(|to| mailbox("to", to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err("to has no address".to_owned());
        }
        let wire = match tls {
            Tls::Starttls => Wire::Required(parameters(server, ca_file)?),
            Tls::Tls => Wire::Wrapper(parameters(server, ca_file)?),
            Tls::None => Wire::None,
        };
        let port = port.unwrap_or(match tls {
            Tls::Starttls => 587,
            Tls::Tls => 465,
            Tls::None => 25,
        });
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server)
            .port(port)
            .tls(wire)
            .timeout(Some(timeout));
        if let Some((user, password)) = login {
            transport = transport.credentials(Credentials::new(user, password));
        }
        let domain = from.email.domain().to_owned();
        Ok(Self { place: format!("{server}:{port}"), domain, from, to, transport: transport.build() })
    }

    /// The server, for people.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Sends a notice. Its Message-ID is the same at each attempt, so that a mailbox shows it once.
    pub async fn send(&self, notice: &Notice, console: Option<&str>) -> Result<(), Missed> {
        let message = self.message(notice, console).map_err(|_| Missed::for_good("mail_not_made"))?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| missed(&error))
    }

    fn message(&self, notice: &Notice, console: Option<&str>) -> Result<Message, lettre::error::Error> {
        let mut text = format!("{}\r\n", notice.summary());
        if let Some(link) = notice.link(console) {
            let _ = write!(text, "\r\n{link}\r\n");
        }
        let _ = write!(text, "\r\n{} {}\r\nnotice {}\r\n", notice.kind, notice.created_at, notice.id);
        let automatic =
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let to = |message: MessageBuilder, to: &Mailbox| message.to(to.clone());
        self.to
            .iter()
            .fold(Message::builder().from(self.from.clone()), to)
            .subject(notice.summary())
            .message_id(Some(format!("<{}@{}>", notice.id, self.domain)))
            .raw_header(automatic)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("place", &self.place).finish_non_exhaustive()
    }
}

fn parameters(server: &str, ca_file: Option<&Path>) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(server.to_owned());
    if let Some(file) = ca_file {
        let pem = std::fs::read(file).map_err(|error| format!("ca_file: {error}"))?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| "ca_file has no certificate".to_owned())?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map_err(|_| "server is not a name or an address".to_owned())
}

/// What went wrong, as a code. That a mailbox does not exist or does not take the message stays so;
/// everything else, a wrong password included, is tried again.
fn missed(error: &lettre::transport::smtp::Error) -> Missed {
    if let Some(status) = error.status() {
        let code = status.to_string();
        let is_final = matches!(code.as_str(), "550" | "551" | "552" | "553" | "554" | "556");
        return Missed { error: format!("smtp_{code}"), retry_after_seconds: None, is_final };
    }
    Missed::again(if error.is_timeout() {
        "timeout"
    } else if error.is_tls() {
        "tls"
    } else {
        "connection"
    })
}
