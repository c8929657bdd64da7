//! What the core of the guard knows of a transport: messages come in, messages go out.

use super::message::Id;
use tokio::sync::{mpsc, oneshot};

/// How many messages wait in each direction before the side that sends has to wait.
const WAITING: usize = 64;

/// What comes in.
#[derive(Debug)]
pub enum Incoming {
    /// A message or a batch.
    Text(String),
    /// A message that could not be kept: its id, if it is known, and why.
    Lost {
        /// Its id.
        id: Option<Id>,
        /// Why, in words.
        why: String,
        /// The request with this id was not delivered at all.
        is_undelivered: bool,
    },
}

/// What goes out.
#[derive(Debug)]
pub struct Outgoing {
    /// The message.
    pub text: String,
    /// Is told how far it got. Dropped without a word: nobody knows.
    pub sent: Option<oneshot::Sender<Sent>>,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The other side may have read it.
    Perhaps,
    /// The other side has not got a byte of it.
    Not,
}

/// One side, as the core sees it. The side has gone when nothing more comes in.
pub struct End {
    /// From this side.
    pub incoming: mpsc::Receiver<Incoming>,
    /// To this side.
    pub outgoing: mpsc::Sender<Outgoing>,
}

/// The same, as its transport sees it.
pub struct Transport {
    /// From this side.
    pub incoming: mpsc::Sender<Incoming>,
    /// To this side. It has to be closed when this ends.
    pub outgoing: mpsc::Receiver<Outgoing>,
}

/// Both halves.
pub fn end() -> (End, Transport) {
    let (to_core, incoming) = mpsc::channel(WAITING);
    let (outgoing, to_transport) = mpsc::channel(WAITING);
    (End { incoming, outgoing }, Transport { incoming: to_core, outgoing: to_transport })
}
