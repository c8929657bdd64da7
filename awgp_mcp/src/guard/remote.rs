//! The server behind a URL, over streamable HTTP. Each request has a thread of its own, which reads the
//! answer as it comes: there are no more of them than calls that may be under way. rmcp's own client has
//! types for whole messages and would drop the fields that it does not know.

use super::ends::{End, Incoming, Outgoing, Sent, Transport, end};
use super::lines::{Line, Lines};
use super::message::{self, Heard, Id, Kind, Message};
use super::stdio::{CHUNK, heard};
use awgp_client::{Exit, Failure};
use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_local;
use ureq::Agent;
use ureq::http::{Method, Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// How long a connection may take.
const CONNECTING: Duration = Duration::from_secs(10);
/// How often the rest of an answer is asked for, where the stream has broken.
const RESUMED: usize = 3;
/// Before a stream is opened again.
const PAUSE: Duration = Duration::from_secs(1);
/// Where a message has the version of the protocol, from 2026-07-28 on.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// The server.
#[derive(Clone)]
struct Remote {
    url: String,
    token_file: Option<PathBuf>,
    max_message: usize,
    agent: Agent,
    incoming: mpsc::Sender<Incoming>,
    /// The session and the version of the protocol, once initialize has been answered.
    hello: Arc<Mutex<Hello>>,
}

#[derive(Clone, Default)]
struct Hello {
    session: Option<String>,
    version: Option<String>,
}

/// What is left of a stream that has ended.
struct Stream {
    is_answered: bool,
    last_event: Option<String>,
}

/// Why a request has no answer.
struct Missed {
    why: String,
    is_undelivered: bool,
}

/// Begins to pass messages on. The receiver hears when the session has been ended.
pub fn start(
    url: &str,
    token_file: Option<PathBuf>,
    max_message: usize,
) -> Result<(End, oneshot::Receiver<()>), Failure> {
    let is_http = url.starts_with("https://") || url.starts_with("http://");
    if !is_http || url.parse::<ureq::http::Uri>().is_err() {
        return Err(Failure::new(Exit::Usage, "--url is not a URL of http or https"));
    }
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let agent = Agent::config_builder()
        .timeout_connect(Some(CONNECTING))
        // A redirect would take the token elsewhere.
        .max_redirects(0)
        .http_status_as_error(false)
        // What a server answers once too often is never taken for another answer.
        .max_idle_connections(0)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::from(roots)).build())
        .user_agent(concat!("awgp-mcp/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let (end, Transport { incoming, outgoing }) = end();
    let (ended, has_ended) = oneshot::channel();
    let hello = Arc::default();
    let remote = Remote { url: url.to_owned(), token_file, max_message, agent, incoming, hello };
    spawn_local(drive(remote, outgoing, ended));
    Ok((end, has_ended))
}

async fn drive(remote: Remote, mut outgoing: mpsc::Receiver<Outgoing>, ended: oneshot::Sender<()>) {
    while let Some(message) = outgoing.recv().await {
        let (done, is_done) = oneshot::channel();
        let waits = match message::read(&message.text) {
            // They keep their order among the others; an answer to initialize says how to speak from then on.
            Heard::One(Ok(read)) => match &read.kind {
                Kind::Request { method, .. } => method == "initialize",
                _ => true,
            },
            _ => true,
        };
        let begins = message.text.contains("\"notifications/initialized\"");
        let own = remote.clone();
        thread::spawn(move || {
            own.deliver(message);
            // The guard may have ended.
            let _ = done.send(());
        });
        if waits {
            // Without a word, the thread has ended.
            let _ = is_done.await;
        }
        if begins {
            let own = remote.clone();
            thread::spawn(move || own.listen());
        }
    }
    let session = remote.hello().session;
    thread::spawn(move || {
        if session.is_some() {
            let deleted = remote.request(Method::DELETE, None, None).map(|request| remote.agent.run(request));
            if deleted.is_none_or(|answer| answer.is_err()) {
                eprintln!("awgp mcp guard: the session at the server is left to end by itself");
            }
        }
        let _ = ended.send(());
    });
}

impl Remote {
    fn hello(&self) -> Hello {
        self.hello.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, incoming: Incoming) -> bool {
        self.incoming.blocking_send(incoming).is_ok()
    }

    /// A request with the headers of the protocol.
    fn request(
        &self,
        method: Method,
        message: Option<&Message>,
        last_event: Option<&str>,
    ) -> Option<Request<String>> {
        let hello = self.hello();
        let mut request = Request::builder().method(method).uri(&self.url);
        request = request.header("accept", "application/json, text/event-stream");
        if let Some(file) = &self.token_file {
            let token = std::fs::read_to_string(file).ok()?;
            request = request.header("authorization", format!("Bearer {}", token.trim()));
        }
        if let Some(session) = &hello.session {
            request = request.header("mcp-session-id", session);
        }
        let mut version = hello.version;
        if let Some(message) = message {
            request = request.header("content-type", "application/json");
            let params: Value = message
                .object
                .raw("params")
                .and_then(|params| serde_json::from_str(params.get()).ok())
                .unwrap_or_default();
            if let Some(own) =
                params.pointer(&format!("/_meta/{}", VERSION.replace('/', "~1"))).and_then(Value::as_str)
            {
                version = Some(own.to_owned());
                if let Kind::Request { method, .. } | Kind::Notification { method } = &message.kind {
                    request = request.header("mcp-method", method);
                }
                let name = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str);
                if let Some(name) = name.filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic())) {
                    request = request.header("mcp-name", name);
                }
            }
        }
        if let Some(version) = version {
            request = request.header("mcp-protocol-version", version);
        }
        if let Some(event) = last_event {
            request = request.header("last-event-id", event);
        }
        request.body(message.map(|message| message.text.clone()).unwrap_or_default()).ok()
    }

    /// Sends a message and passes on what comes back.
    fn deliver(&self, outgoing: Outgoing) {
        // The core sends single messages only.
        let Heard::One(Ok(message)) = message::read(&outgoing.text) else { return };
        let id = match &message.kind {
            Kind::Request { id, .. } => Some(id.clone()),
            _ => None,
        };
        let missed = self.post(&message, id.as_ref()).err();
        if let Some(sent) = outgoing.sent {
            let is_undelivered = missed.as_ref().is_some_and(|missed| missed.is_undelivered);
            // The call may have come to its end.
            let _ = sent.send(if is_undelivered { Sent::Not } else { Sent::Perhaps });
        }
        match (missed, id) {
            (Some(Missed { why, is_undelivered }), Some(id)) => {
                self.say(Incoming::Lost { id: Some(id), why, is_undelivered });
            }
            (Some(Missed { why, .. }), None) => eprintln!("awgp mcp guard: not delivered: {why}"),
            (None, _) => {}
        }
    }

    fn post(&self, message: &Message, id: Option<&Id>) -> Result<(), Missed> {
        let Some(request) = self.request(Method::POST, Some(message), None) else {
            return Err(Missed {
                why: "the token of the server cannot be read".to_owned(),
                is_undelivered: true,
            });
        };
        let answer = self.agent.run(request).map_err(|error| missed(&error))?;
        let status = answer.status().as_u16();
        let Some(id) = id else {
            return match status {
                200..300 => Ok(()),
                _ => Err(Missed {
                    why: format!("the server answers with status {status}"),
                    is_undelivered: true,
                }),
            };
        };
        if matches!(&message.kind, Kind::Request { method, .. } if method == "initialize") {
            let session = answer.headers().get("mcp-session-id").and_then(|id| id.to_str().ok());
            self.hello.lock().unwrap_or_else(PoisonError::into_inner).session = session.map(str::to_owned);
        }
        let mut left = self.read(answer, Some(id));
        // The rest of an answer can be asked for where the server has numbered its events.
        for _ in 0..RESUMED {
            let Some(event) = left.last_event.clone().filter(|_| !left.is_answered) else { break };
            thread::sleep(PAUSE);
            let Some(request) = self.request(Method::GET, None, Some(&event)) else { break };
            match self.agent.run(request) {
                Ok(answer) if answer.status().is_success() => left = self.read(answer, Some(id)),
                Ok(_) => break,
                Err(_) => {}
            }
        }
        if left.is_answered {
            return Ok(());
        }
        let is_undelivered = (400..500).contains(&status);
        let why = match status {
            200..300 => "the server has ended its answer before it was one".to_owned(),
            _ => format!("the server answers with status {status}"),
        };
        Err(Missed { why, is_undelivered })
    }

    /// What the server says without being asked, as long as the session goes on. Not every server does.
    fn listen(&self) {
        let mut last_event = None;
        while !self.incoming.is_closed() {
            let Some(request) = self.request(Method::GET, None, last_event.as_deref()) else { return };
            match self.agent.run(request) {
                Ok(answer) if answer.status().is_success() => last_event = self.read(answer, None).last_event,
                Ok(_) => return,
                Err(_) => {}
            }
            thread::sleep(PAUSE);
        }
    }

    /// Reads an answer to its end: one message, or a stream of events.
    fn read(&self, mut answer: Response<ureq::Body>, id: Option<&Id>) -> Stream {
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let is_stream = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"));
        let mut stream = Stream { is_answered: false, last_event: None };
        let mut reader = answer.body_mut().with_config().limit(u64::MAX).reader();
        if !is_stream {
            let mut text = Vec::new();
            let most = u64::try_from(self.max_message).unwrap_or(u64::MAX);
            let is_read = reader.by_ref().take(most + 1).read_to_end(&mut text).is_ok();
            if text.len() > self.max_message {
                let why = format!("it is longer than {} bytes (--max-message)", self.max_message);
                self.say(Incoming::Lost { id: id.cloned(), why, is_undelivered: false });
                stream.is_answered = true;
            } else if let Some(text) = String::from_utf8(text).ok().filter(|text| is_read && !text.is_empty())
            {
                self.pass(text, id, &mut stream);
            }
            return stream;
        }
        let mut lines = Lines::new(self.max_message);
        let mut event = Event::default();
        let mut chunk = vec![0; CHUNK];
        while let Ok(count @ 1..) = reader.read(&mut chunk) {
            for line in lines.push_keeping_empty(&chunk[..count]) {
                match line {
                    Line::Text(line) => {
                        if let Some(text) = event.line(line.trim_end_matches('\r'), &mut stream.last_event) {
                            self.pass(text, id, &mut stream);
                        }
                    }
                    long => {
                        self.say(heard(long, self.max_message));
                    }
                }
            }
            if self.incoming.is_closed() {
                break;
            }
        }
        stream
    }

    /// Gives a message to the core, and sees whether it is the answer.
    fn pass(&self, text: String, id: Option<&Id>, stream: &mut Stream) {
        if let (Heard::One(Ok(message)), Some(id)) = (message::read(&text), id)
            && matches!(&message.kind, Kind::Answer { id: Some(own) } if own == id)
        {
            stream.is_answered = true;
            let result: Option<Value> =
                message.object.raw("result").and_then(|result| serde_json::from_str(result.get()).ok());
            if let Some(version) = result.as_ref().and_then(|result| result.get("protocolVersion")?.as_str())
            {
                self.hello.lock().unwrap_or_else(PoisonError::into_inner).version = Some(version.to_owned());
            }
        }
        self.say(Incoming::Text(text));
    }
}

/// An event of a stream, as far as it has come.
#[derive(Default)]
struct Event {
    data: Vec<String>,
}

impl Event {
    /// Takes a line; the data of the event, where the line ends it.
    fn line(&mut self, line: &str, last_event: &mut Option<String>) -> Option<String> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data).join("\n");
            return Some(data).filter(|data| !data.trim().is_empty());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.data.push(value.to_owned()),
            "id" => *last_event = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

fn missed(error: &ureq::Error) -> Missed {
    use ureq::Error::{BadUri, ConnectionFailed, HostNotFound, Rustls, Tls};
    let is_refused =
        matches!(error, ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused);
    let is_undelivered =
        is_refused || matches!(error, ConnectionFailed | HostNotFound | BadUri(_) | Rustls(_) | Tls(_));
    Missed { why: format!("the server cannot be reached: {error}"), is_undelivered }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_its_data_and_the_stream_its_last_id() {
        let (mut event, mut last) = (Event::default(), None);
        let lines = [": hello", "event: message", "id: 7", "data: {\"a\":", "data:1}", "", "id", "data:", ""];
        let told: Vec<String> = lines.iter().filter_map(|line| event.line(line, &mut last)).collect();
        assert_eq!(told, ["{\"a\":\n1}"]);
        assert_eq!(last.as_deref(), Some(""));
    }
}
