//! Clients over streamable HTTP. Each session is one client with a connection to the server of its own, so
//! that nobody hears what is meant for another one. rmcp's own server has types for whole messages and would
//! drop the fields that it does not know.
//!
//! A client without a session, as the protocol of 2026-07-28 has them, is told to begin one: the guard would
//! not know which of its calls belong together.

use super::ends::{End, Incoming, Outgoing, Transport, end};
use super::message::{self, Heard, Id, Kind, Message};
use awgp_client::{Exit, Failure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::stream;
use rmcp::model::{ErrorCode, ErrorData};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The path of the protocol.
const PATH: &str = "/mcp";
/// How many sessions there are at most.
const SESSIONS: usize = 64;
/// A session ends that is silent for so long, with nobody who listens.
const SILENT: Duration = Duration::from_mins(30);
/// How often silent sessions are looked for.
const LOOK: Duration = Duration::from_mins(1);
/// How many messages are kept for a client that does not listen.
const KEPT: usize = 256;
/// The header that names a session.
const SESSION: &str = "mcp-session-id";

/// What all requests share.
struct Front {
    sessions: Mutex<BTreeMap<String, Arc<Held>>>,
    /// Where a new session is run.
    begin: mpsc::UnboundedSender<End>,
}

/// One session.
struct Held {
    /// It ends with the last one who holds this, and so does the session.
    incoming: mpsc::Sender<Incoming>,
    streams: Arc<Mutex<Streams>>,
}

/// Who listens in a session.
struct Streams {
    /// By the id of the request whose answer they wait for.
    waiting: BTreeMap<Id, mpsc::UnboundedSender<String>>,
    /// The requests that want to hear of progress, by their token.
    progress: BTreeMap<String, Id>,
    /// Whoever listens to everything else.
    listener: Option<mpsc::UnboundedSender<String>>,
    kept: VecDeque<String>,
    last: Instant,
}

/// A poisoned lock is one whose holder has panicked; what it holds is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Listens until the guard is told to end; the receiver gets each new client. The task ends once all that is
/// to be said then has been written.
pub async fn open(
    address: SocketAddr,
    max_message: usize,
    mut ending: watch::Receiver<bool>,
) -> Result<(mpsc::UnboundedReceiver<End>, JoinHandle<()>), Failure> {
    let unusable = |error: std::io::Error| {
        Failure::new(Exit::Unexpected, format!("{address}: {error}"))
            .hint("choose another address for --listen")
    };
    let listener = TcpListener::bind(address).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let (begin, begun) = mpsc::unbounded_channel();
    let front = Arc::new(Front { sessions: Mutex::default(), begin });
    tokio::spawn(sweep(Arc::clone(&front)));
    let router = Router::new()
        .route(PATH, post(posted).get(listened).delete(deleted))
        .layer(DefaultBodyLimit::max(max_message))
        .layer(middleware::from_fn(from_this_machine))
        .with_state(front);
    eprintln!("awgp mcp guard: listening at http://{address}{PATH}");
    let ended = async move { drop(ending.wait_for(|is_ending| *is_ending).await) };
    let served = tokio::spawn(async move {
        // What goes wrong with one client, others do not hear of.
        let _ = axum::serve(listener, router).with_graceful_shutdown(ended).await;
    });
    Ok((begun, served))
}

/// Refuses what a page of somewhere else has a browser on this machine send: by another name of the host, or
/// from another origin.
async fn from_this_machine(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).unwrap_or_default();
    let is_own = is_local(host);
    let is_of_page = text(header::ORIGIN).is_some_and(|origin| {
        let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        !host.is_some_and(is_local)
    });
    if !is_own || is_of_page {
        return (StatusCode::FORBIDDEN, "only for programs on this machine").into_response();
    }
    next.run(request).await
}

/// Whether a host, which may have a port, is a name of this machine.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
}

fn refused(status: StatusCode, why: &str) -> Response {
    let error = ErrorData::new(ErrorCode::INVALID_REQUEST, why.to_owned(), None);
    let json = [(header::CONTENT_TYPE, "application/json")];
    (status, json, message::error(None, &error)).into_response()
}

/// The requests of a body, each with its token of progress.
fn requests(heard: &Heard) -> Vec<(Id, Option<String>, bool)> {
    let one = |message: &Message| {
        let Kind::Request { id, method } = &message.kind else { return None };
        let params: Option<Value> =
            message.object.raw("params").and_then(|params| serde_json::from_str(params.get()).ok());
        let token =
            params.as_ref().and_then(|params| params.pointer("/_meta/progressToken")).map(Value::to_string);
        Some((id.clone(), token, method == "initialize"))
    };
    match heard {
        Heard::One(message) => message.as_ref().ok().and_then(one).into_iter().collect(),
        Heard::Batch(messages) => messages.iter().flatten().filter_map(one).collect(),
    }
}

async fn posted(State(front): State<Arc<Front>>, headers: HeaderMap, body: Bytes) -> Response {
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    if !is_json {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body has to be application/json");
    }
    let Ok(text) = String::from_utf8(body.to_vec()) else {
        return refused(StatusCode::BAD_REQUEST, "the body is not UTF-8");
    };
    let heard = message::read(&text);
    if let Heard::One(Err(why)) = &heard {
        return refused(StatusCode::BAD_REQUEST, &format!("not passed on: {why}"));
    }
    let asked = requests(&heard);
    let (held, session) = match front.of(&headers, asked.iter().any(|(_, _, is_hello)| *is_hello)) {
        Ok(held) => held,
        Err(refused) => return *refused,
    };
    let (send, receive) = mpsc::unbounded_channel();
    if asked.iter().any(|(id, _, _)| lock(&held.streams).waiting.contains_key(id)) {
        return refused(StatusCode::BAD_REQUEST, "the id is in use");
    }
    for (id, token, _) in &asked {
        let mut streams = lock(&held.streams);
        streams.last = Instant::now();
        streams.waiting.insert(id.clone(), send.clone());
        streams.progress.extend(token.clone().map(|token| (token, id.clone())));
    }
    drop(send);
    if held.incoming.send(Incoming::Text(text)).await.is_err() {
        return refused(StatusCode::NOT_FOUND, "the session has ended");
    }
    if asked.is_empty() {
        return StatusCode::ACCEPTED.into_response();
    }
    events(receive, session)
}

/// What the server says without being asked.
async fn listened(State(front): State<Arc<Front>>, headers: HeaderMap) -> Response {
    let (held, _) = match front.of(&headers, false) {
        Ok(held) => held,
        Err(refused) => return *refused,
    };
    let (send, receive) = mpsc::unbounded_channel();
    let mut streams = lock(&held.streams);
    for text in streams.kept.drain(..) {
        let _ = send.send(text);
    }
    streams.listener = Some(send);
    drop(streams);
    events(receive, None)
}

async fn deleted(State(front): State<Arc<Front>>, headers: HeaderMap) -> Response {
    let id = headers.get(SESSION).and_then(|id| id.to_str().ok()).unwrap_or_default();
    match lock(&front.sessions).remove(id) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => refused(StatusCode::NOT_FOUND, "there is no such session"),
    }
}

/// Messages as events, until nobody has more of them.
fn events(receive: mpsc::UnboundedReceiver<String>, session: Option<String>) -> Response {
    let events = stream::unfold(receive, async |mut receive| {
        let text: String = receive.recv().await?.replace(['\n', '\r'], " ");
        Some((Ok::<_, Infallible>(format!("event: message\ndata: {text}\n\n")), receive))
    });
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .header(header::CACHE_CONTROL, "no-store");
    if let Some(session) = session {
        response = response.header(SESSION, session);
    }
    let answer = response.body(Body::from_stream(events));
    answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

impl Front {
    /// The session of a request, and the id of one that begins with it.
    fn of(&self, headers: &HeaderMap, is_hello: bool) -> Result<(Arc<Held>, Option<String>), Box<Response>> {
        let no = |status, why: &str| Err(Box::new(refused(status, why)));
        let mut sessions = lock(&self.sessions);
        match headers.get(SESSION).map(|id| id.to_str().unwrap_or_default()) {
            Some(id) => match sessions.get(id) {
                Some(held) if !held.incoming.is_closed() => Ok((Arc::clone(held), None)),
                _ => no(StatusCode::NOT_FOUND, "there is no such session"),
            },
            None if !is_hello => no(StatusCode::BAD_REQUEST, "begin a session with initialize"),
            None if sessions.len() >= SESSIONS => {
                no(StatusCode::SERVICE_UNAVAILABLE, "there are too many sessions")
            }
            None => {
                let (end, Transport { incoming, outgoing }) = end();
                let streams = Streams {
                    waiting: BTreeMap::new(),
                    progress: BTreeMap::new(),
                    listener: None,
                    kept: VecDeque::new(),
                    last: Instant::now(),
                };
                let streams = Arc::new(Mutex::new(streams));
                let held = Arc::new(Held { incoming, streams: Arc::clone(&streams) });
                let id = Uuid::new_v4().to_string();
                sessions.insert(id.clone(), Arc::clone(&held));
                if self.begin.send(end).is_err() {
                    return no(StatusCode::SERVICE_UNAVAILABLE, "the guard ends");
                }
                tokio::spawn(distribute(streams, outgoing));
                Ok((held, Some(id)))
            }
        }
    }
}

/// Gives each message to whom it is for.
async fn distribute(streams: Arc<Mutex<Streams>>, mut outgoing: mpsc::Receiver<Outgoing>) {
    while let Some(Outgoing { text, .. }) = outgoing.recv().await {
        lock(&streams).give(text);
    }
    // The session has ended: nobody gets more.
    let mut streams = lock(&streams);
    streams.waiting.clear();
    streams.listener = None;
}

impl Streams {
    fn give(&mut self, text: String) {
        self.last = Instant::now();
        let answered = answered(&text);
        if !answered.is_empty() {
            let mut streams = answered.iter().filter_map(|id| self.waiting.remove(id));
            if let Some(stream) = streams.next() {
                // Whoever has asked may have gone.
                let _ = stream.send(text);
            }
            streams.for_each(drop);
            self.progress.retain(|_, id| !answered.contains(id));
            return;
        }
        let progress = progress_token(&text).and_then(|token| self.waiting.get(self.progress.get(&token)?));
        let streams = progress.into_iter().chain(&self.listener).chain(self.waiting.values());
        let mut streams = streams.filter(|stream| !stream.is_closed());
        match streams.next() {
            Some(stream) => {
                let _ = stream.send(text);
            }
            None => {
                self.kept.push_back(text);
                if self.kept.len() > KEPT {
                    self.kept.pop_front();
                }
            }
        }
    }
}

/// The ids that a message answers.
fn answered(text: &str) -> Vec<Id> {
    let one = |message: Message| match message.kind {
        Kind::Answer { id } => id,
        _ => None,
    };
    match message::read(text) {
        Heard::One(message) => message.ok().and_then(one).into_iter().collect(),
        Heard::Batch(messages) => messages.into_iter().flatten().filter_map(one).collect(),
    }
}

fn progress_token(text: &str) -> Option<String> {
    let Heard::One(Ok(message)) = message::read(text) else { return None };
    let is_progress = message.kind == Kind::Notification { method: "notifications/progress".to_owned() };
    let params = message.params(&[]).ok().filter(|_| is_progress)?;
    params.get::<Value>("progressToken").map(|token| token.to_string())
}

/// Ends sessions that are silent, or whose server has gone.
async fn sweep(front: Arc<Front>) {
    loop {
        tokio::time::sleep(LOOK).await;
        lock(&front.sessions).retain(|_, held| {
            let streams = lock(&held.streams);
            // Who has left, or has cancelled and left, listens no more.
            let is_heard =
                streams.listener.iter().chain(streams.waiting.values()).any(|one| !one.is_closed());
            let is_used = is_heard || streams.last.elapsed() < SILENT;
            is_used && !held.incoming.is_closed()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in ["localhost", "127.0.0.1:80", "[::1]:80", "localhost:1"] {
            assert!(is_local(host), "{host}");
        }
        for host in
            ["", "evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "[::1]x", "::1:80"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
