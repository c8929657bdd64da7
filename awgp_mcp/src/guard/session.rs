//! One client and one server, and what is between them. It knows no transport.
//!
//! A request of the client is remembered until its answer: an answer to anything else goes nowhere.
//! tools/call goes to [`super::call`]; the answer to tools/list, and what a server says of itself, to
//! [`super::seen`]. Everything else passes as it came.

use super::Guard;
use super::call;
use super::ends::{End, Incoming, Outgoing};
use super::message::{self, Heard, Id, Kind, Message};
use super::seen;
use rmcp::model::{ErrorCode, ErrorData};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::spawn_local;
use tokio::time::timeout;

/// How long calls may go on once the client has gone.
const CLIENT_GONE: Duration = Duration::from_secs(10);
/// How long they may go on once they were told to stop: their reports are on the way.
const STOPPED: Duration = Duration::from_secs(8);

/// What a call has to know of the world around it, the later one the more pressing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Nothing has happened.
    Go,
    /// The client has gone: nobody waits for the answer.
    ClientGone,
    /// The client does not want the answer any more.
    Cancelled,
    /// The guard ends.
    Ending,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client has gone.
    ClientGone,
    /// The server has gone.
    ServerGone,
    /// The guard was told to end.
    Told,
}

/// What a call hears from the server.
pub enum Back {
    /// The answer.
    Answer(Message),
    /// There was one, which could not be kept.
    Lost(String),
    /// The request was not delivered.
    NotSent(String),
}

/// A request that the server has not answered yet.
enum Pending {
    /// It passed.
    Passed(String),
    /// A call of a tool.
    Call(oneshot::Sender<Back>),
}

/// A call of a tool that the client has not got an answer to.
struct Under {
    stop: watch::Sender<Stop>,
    is_passed_on: Cell<bool>,
}

/// A batch of the client's, until all of it is answered.
#[derive(Default)]
struct Batch {
    waiting: BTreeSet<Id>,
    answers: Vec<String>,
}

/// One client and one server.
pub struct Session {
    /// What all sessions share.
    pub guard: Rc<Guard>,
    to_client: mpsc::Sender<Outgoing>,
    to_server: RefCell<Option<mpsc::Sender<Outgoing>>>,
    pending: RefCell<BTreeMap<Id, Pending>>,
    calls: RefCell<BTreeMap<Id, Under>>,
    batches: RefCell<BTreeMap<Id, Rc<RefCell<Batch>>>>,
    /// How many calls have not come to their end, those included whose answer is too late.
    running: watch::Sender<usize>,
    all_stop: watch::Sender<Stop>,
    /// What the server calls itself, as far as it fits into the name of an action.
    pub server_name: RefCell<Option<String>>,
    /// The client has said hello, as it did before the protocol of 2026-07-28.
    pub has_initialized: Cell<bool>,
    /// Calls to which the server has answered that it needs something first.
    pub rounds: RefCell<Vec<call::Round>>,
    /// The list of tools, as the client has it.
    pub listed: RefCell<seen::Listed>,
}

/// Runs until one side has gone, or until it is told to end.
pub async fn run(guard: Rc<Guard>, client: End, server: End, ending: &mut watch::Receiver<bool>) -> Ended {
    let session = Rc::new(Session {
        server_name: RefCell::new(guard.name.clone()),
        guard,
        to_client: client.outgoing,
        to_server: RefCell::new(Some(server.outgoing)),
        pending: RefCell::default(),
        calls: RefCell::default(),
        batches: RefCell::default(),
        running: watch::Sender::new(0),
        all_stop: watch::Sender::new(Stop::Go),
        has_initialized: Cell::new(false),
        rounds: RefCell::default(),
        listed: RefCell::default(),
    });
    let listed = spawn_local(seen::keep_up(Rc::clone(&session)));
    let mut from_server = spawn_local(from_server(Rc::clone(&session), server.incoming));
    let ended = tokio::select! {
        () = from_client(&session, client.incoming) => Ended::ClientGone,
        _ = &mut from_server => Ended::ServerGone,
        _ = ending.wait_for(|is_ending| *is_ending) => Ended::Told,
    };
    if ended == Ended::ClientGone {
        session.stop_all(Stop::ClientGone);
        tokio::select! {
            _ = timeout(CLIENT_GONE, session.idle()) => {}
            _ = &mut from_server => {}
            _ = ending.wait_for(|is_ending| *is_ending) => {}
        }
    }
    session.stop_all(Stop::Ending);
    // A client that does not read hears no more of it.
    let _ = timeout(STOPPED, session.answer_for_the_server(from_server.is_finished())).await;
    let _ = timeout(STOPPED, session.idle()).await;
    session.give_up_rounds().await;
    from_server.abort();
    listed.abort();
    session.to_server.borrow_mut().take();
    ended
}

async fn from_client(session: &Rc<Session>, mut incoming: mpsc::Receiver<Incoming>) {
    while let Some(heard) = incoming.recv().await {
        match heard {
            Incoming::Text(text) => match message::read(&text) {
                Heard::One(message) => session.from_client(message).await,
                Heard::Batch(messages) => session.batch(messages).await,
            },
            Incoming::Lost { id, why, .. } => {
                let error = ErrorData::new(ErrorCode::INVALID_REQUEST, format!("not passed on: {why}"), None);
                session.to_client(message::error(id.as_ref(), &error)).await;
            }
        }
    }
}

async fn from_server(session: Rc<Session>, mut incoming: mpsc::Receiver<Incoming>) {
    while let Some(heard) = incoming.recv().await {
        match heard {
            Incoming::Text(text) => match message::read(&text) {
                Heard::One(message) => session.from_server(message).await,
                Heard::Batch(messages) => {
                    for message in messages {
                        session.from_server(message).await;
                    }
                }
            },
            Incoming::Lost { id, why, is_undelivered } => session.lost(id, why, is_undelivered).await,
        }
    }
}

impl Session {
    /// Whether the server has not gone, and the guard does not end.
    pub fn goes_on(&self) -> bool {
        *self.all_stop.borrow() != Stop::Ending
            && self.to_server.borrow().as_ref().is_some_and(|to| !to.is_closed())
    }

    /// Sends to the client. It may have gone.
    pub async fn to_client(&self, text: String) {
        let _ = self.to_client.send(Outgoing { text, sent: None }).await;
    }

    /// Sends to the server. False: it has gone.
    pub async fn to_server(&self, message: Outgoing) -> bool {
        let to_server = self.to_server.borrow().clone();
        match to_server {
            Some(to_server) => to_server.send(message).await.is_ok(),
            None => false,
        }
    }

    /// Answers a request of the client.
    pub async fn reply(&self, id: &Id, text: String) {
        let whole = match self.leave_batch(id) {
            None => Some(text),
            Some(batch) => {
                batch.borrow_mut().answers.push(text);
                Self::finished(&batch)
            }
        };
        if let Some(text) = whole {
            self.to_client(text).await;
        }
    }

    /// Leaves a request of the client without an answer.
    pub async fn no_reply(&self, id: &Id) {
        let whole = self.leave_batch(id).and_then(|batch| Self::finished(&batch));
        if let Some(text) = whole {
            self.to_client(text).await;
        }
    }

    fn leave_batch(&self, id: &Id) -> Option<Rc<RefCell<Batch>>> {
        let batch = self.batches.borrow_mut().remove(id)?;
        batch.borrow_mut().waiting.remove(id);
        Some(batch)
    }

    /// The answer to a batch, once all of it is there.
    fn finished(batch: &RefCell<Batch>) -> Option<String> {
        let batch = batch.borrow();
        let is_whole = batch.waiting.is_empty() && !batch.answers.is_empty();
        is_whole.then(|| format!("[{}]", batch.answers.join(",")))
    }

    /// The parts of a batch go one by one. Its answers come together.
    async fn batch(self: &Rc<Self>, messages: Vec<Result<Message, String>>) {
        let batch = Rc::new(RefCell::new(Batch::default()));
        let mut fit = Vec::new();
        for message in messages {
            let why = match message {
                Ok(message) => {
                    if let Kind::Request { id, .. } = &message.kind {
                        let is_new = !self.is_known(id) && batch.borrow_mut().waiting.insert(id.clone());
                        if is_new {
                            self.batches.borrow_mut().insert(id.clone(), Rc::clone(&batch));
                            fit.push(message);
                            continue;
                        }
                        "the id is in use".to_owned()
                    } else {
                        fit.push(message);
                        continue;
                    }
                }
                Err(why) => why,
            };
            let error = ErrorData::new(ErrorCode::INVALID_REQUEST, format!("not passed on: {why}"), None);
            batch.borrow_mut().answers.push(message::error(None, &error));
        }
        let whole = Self::finished(&batch);
        if let Some(text) = whole {
            self.to_client(text).await;
        }
        for message in fit {
            self.from_client(Ok(message)).await;
        }
    }

    async fn from_client(self: &Rc<Self>, message: Result<Message, String>) {
        let message = match message {
            Ok(message) => message,
            Err(why) => {
                let error = ErrorData::new(ErrorCode::INVALID_REQUEST, format!("not passed on: {why}"), None);
                return self.to_client(message::error(None, &error)).await;
            }
        };
        match message.kind.clone() {
            Kind::Request { id, .. } if self.is_known(&id) => {
                // With its id, the error would be the answer to the earlier request.
                let why = format!("not passed on: the id {id} is in use");
                let error = ErrorData::new(ErrorCode::INVALID_REQUEST, why, None);
                self.to_client(message::error(None, &error)).await;
            }
            Kind::Request { id, method } if method == "tools/call" => self.call(id, message).await,
            Kind::Request { id, method } => {
                if method == "initialize" {
                    self.has_initialized.set(true);
                }
                self.pending.borrow_mut().insert(id.clone(), Pending::Passed(method));
                if !self.to_server(Outgoing { text: message.text, sent: None }).await {
                    self.lost(Some(id), "the server has ended".to_owned(), true).await;
                }
            }
            Kind::Notification { method } if method == "notifications/cancelled" => {
                self.cancelled(message).await;
            }
            // Whether it arrives, nobody is told.
            Kind::Notification { .. } | Kind::Answer { .. } => {
                self.to_server(Outgoing { text: message.text, sent: None }).await;
            }
        }
    }

    fn is_known(&self, id: &Id) -> bool {
        self.pending.borrow().contains_key(id) || self.calls.borrow().contains_key(id)
    }

    async fn call(self: &Rc<Self>, id: Id, message: Message) {
        let params = message.params(&call::PARAMS);
        let call = params.and_then(|params| call::Call::read(id.clone(), message, &params));
        let call = match call {
            Ok(call) => call,
            Err(why) => {
                let error = ErrorData::new(ErrorCode::INVALID_PARAMS, why, None);
                return self.reply(&id, message::error(Some(&id), &error)).await;
            }
        };
        let stop = watch::Sender::new(*self.all_stop.borrow());
        let heard = stop.subscribe();
        self.calls.borrow_mut().insert(id, Under { stop, is_passed_on: Cell::new(false) });
        self.running.send_modify(|count| *count += 1);
        spawn_local(call::run(Rc::clone(self), call, heard));
    }

    /// How many calls are under way.
    pub fn under_way(&self) -> usize {
        self.calls.borrow().len()
    }

    /// The call has been answered, or will not be.
    pub fn answered(&self, id: &Id) {
        self.calls.borrow_mut().remove(id);
    }

    /// The call has come to its end.
    pub fn ended(&self) {
        self.running.send_modify(|count| *count -= 1);
    }

    /// Passes a call on; the receiver hears what comes back. None: the server has gone.
    pub async fn pass_on(&self, id: &Id, message: Outgoing) -> Option<oneshot::Receiver<Back>> {
        let (hear, heard) = oneshot::channel();
        self.pending.borrow_mut().insert(id.clone(), Pending::Call(hear));
        if let Some(under) = self.calls.borrow().get(id) {
            under.is_passed_on.set(true);
        }
        if self.to_server(message).await {
            return Some(heard);
        }
        self.forget(id);
        None
    }

    /// An answer to it would come too late.
    pub fn forget(&self, id: &Id) {
        self.pending.borrow_mut().remove(id);
    }

    /// The client does not want an answer any more. What the server does not know it is not told.
    async fn cancelled(&self, message: Message) {
        let id = message.params(&["requestId"]).ok().and_then(|params| Id::of(params.raw("requestId")?));
        let Some(id) = id else { return };
        let call = self.calls.borrow().get(&id).map(|under| {
            under
                .stop
                .send_if_modified(|stop| std::mem::replace(stop, (*stop).max(Stop::Cancelled)) != *stop);
            under.is_passed_on.get()
        });
        if call.is_none() {
            self.forget(&id);
            self.no_reply(&id).await;
        }
        if call != Some(false) {
            self.to_server(Outgoing { text: message.text, sent: None }).await;
        }
    }

    fn stop_all(&self, stop: Stop) {
        self.all_stop.send_replace(stop);
        for under in self.calls.borrow().values() {
            under.stop.send_if_modified(|at| std::mem::replace(at, (*at).max(stop)) != *at);
        }
    }

    /// Hears when the guard ends.
    pub fn stopping(&self) -> watch::Receiver<Stop> {
        self.all_stop.subscribe()
    }

    async fn idle(&self) {
        let _ = self.running.subscribe().wait_for(|count| *count == 0).await;
    }

    async fn from_server(self: &Rc<Self>, message: Result<Message, String>) {
        let message = match message {
            Ok(message) => message,
            Err(why) => {
                eprintln!("awgp mcp guard: the server has sent what is no message, which is dropped: {why}");
                return;
            }
        };
        let Kind::Answer { id: Some(id) } = &message.kind else {
            return self.to_client(message.text).await;
        };
        let id = id.clone();
        let pending = self.pending.borrow_mut().remove(&id);
        match pending {
            None => eprintln!("awgp mcp guard: the server has answered {id}, which is not open; dropped"),
            Some(Pending::Call(hear)) => {
                // A call that has come to its end does not listen.
                let _ = hear.send(Back::Answer(message));
            }
            Some(Pending::Passed(method)) if method == "tools/list" => {
                spawn_local(seen::cut(Rc::clone(self), id, message));
            }
            Some(Pending::Passed(method)) if ["initialize", "server/discover"].contains(&method.as_str()) => {
                let text = seen::hello(self, &message).unwrap_or(message.text);
                self.reply(&id, text).await;
            }
            Some(Pending::Passed(_)) => self.reply(&id, message.text).await,
        }
    }

    /// An answer that could not be kept, or a request that was not delivered.
    async fn lost(&self, id: Option<Id>, why: String, is_undelivered: bool) {
        let pending = id.as_ref().and_then(|id| self.pending.borrow_mut().remove(id));
        match (id, pending) {
            (_, Some(Pending::Call(hear))) => {
                let heard = if is_undelivered { Back::NotSent(why) } else { Back::Lost(why) };
                // A call that has come to its end does not listen.
                let _ = hear.send(heard);
            }
            (Some(id), Some(Pending::Passed(_))) => {
                let error = ErrorData::new(ErrorCode::INTERNAL_ERROR, format!("no answer: {why}"), None);
                self.reply(&id, message::error(Some(&id), &error)).await;
            }
            _ => eprintln!("awgp mcp guard: a message of the server is dropped: {why}"),
        }
    }

    /// Ends what passed and was not answered. Calls have a moment more, in case that their answer is on its
    /// way, unless nothing more can come.
    async fn answer_for_the_server(&self, is_gone: bool) {
        let pending = std::mem::take(&mut *self.pending.borrow_mut());
        for (id, pending) in pending {
            match pending {
                // Without a sender, the call hears that nothing more comes.
                Pending::Call(hear) if is_gone => drop(hear),
                Pending::Call(hear) => {
                    self.pending.borrow_mut().insert(id, Pending::Call(hear));
                }
                Pending::Passed(_) => {
                    let why = "no answer: the session with the server has ended";
                    let error = ErrorData::new(ErrorCode::INTERNAL_ERROR, why, None);
                    self.reply(&id, message::error(Some(&id), &error)).await;
                }
            }
        }
    }

    /// Calls that wait for a further round will not get it.
    async fn give_up_rounds(&self) {
        let rounds = std::mem::take(&mut *self.rounds.borrow_mut());
        for round in rounds {
            call::give_up(&self.guard, round).await;
        }
    }
}
