//! One call of a tool, which is one action: begun, passed on, finished.
//!
//! Nothing is passed on before begin_action() has committed. Whatever happens then, the action gets an
//! outcome: `succeeded` and `failed` are what the server has answered, `failed` also where the server has
//! certainly not got the call, `unknown` everything else. An answer that comes too late corrects `unknown`.

use super::Guard;
use super::actions::{Denial, Report};
use super::asking::{self, Allowed};
use super::ends::{Outgoing, Sent};
use super::message::{self, Id, Message, Object, Once, raw, raw_of};
use super::session::{Back, Session, Stop};
use super::words;
use rmcp::model::ResultType;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

/// The keys of the parameters.
pub const PARAMS: [&str; 6] = ["name", "arguments", "_meta", "task", "inputResponses", "requestState"];

/// How long the answer to a call that the client has cancelled may still take.
const CANCELLED: Duration = Duration::from_secs(2);
/// The same where the guard ends.
const ENDING: Duration = Duration::from_millis(500);
/// How long after its time the answer to a call may still correct its outcome.
const LATE: Duration = Duration::from_mins(2);
/// How long a report may keep the answer from the client.
const REPORTING: Duration = Duration::from_secs(5);

/// A call as the client has made it.
pub struct Call {
    /// Its id.
    pub id: Id,
    /// The tool.
    pub tool: String,
    /// The arguments as they were written; {} without any.
    pub arguments: String,
    /// The key that the client has given.
    pub key: Option<String>,
    /// The work item that it has named.
    pub item: Option<String>,
    /// Where it wants to hear of progress.
    pub progress: Option<Value>,
    message: Message,
    state: Option<String>,
    is_later_round: bool,
}

impl Call {
    /// Reads it.
    pub fn read(id: Id, message: Message, params: &Object) -> Result<Self, String> {
        let tool = params.get("name").ok_or("params: name is not a text")?;
        if params.raw("task").is_some() {
            return Err(
                "awgp mcp guard does not pass calls on as tasks: call the tool without task".to_owned()
            );
        }
        let arguments = params.raw("arguments").map_or("{}", RawValue::get);
        let arguments = if arguments == "null" { "{}" } else { arguments };
        if !arguments.starts_with('{') {
            return Err("params: arguments is no object".to_owned());
        }
        Once::check(arguments).map_err(|why| format!("params: arguments: {why}"))?;
        let meta = match params.raw("_meta") {
            None => Object::default(),
            Some(meta) => Object::read(meta.get(), &[]).map_err(|why| format!("params: _meta: {why}"))?,
        };
        let text = |key: &str| match meta.get::<Value>(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("params: _meta: {key} is not a text")),
        };
        Ok(Self {
            id,
            tool,
            arguments: arguments.to_owned(),
            key: text("awgp/key")?,
            item: text("awgp/work-item")?,
            progress: meta.get("progressToken"),
            state: params.get("requestState"),
            is_later_round: params.raw("inputResponses").is_some() || params.raw("requestState").is_some(),
            message,
        })
    }

    /// The call with the arguments that are approved, where they are others.
    fn text(&self, allowed: &Allowed) -> Option<String> {
        if !allowed.is_changed {
            return Some(self.message.text.clone());
        }
        let mut whole = Object::read(&self.message.text, &[]).ok()?;
        let mut params = Object::read(whole.raw("params")?.get(), &[]).ok()?;
        params.set("arguments", raw(&allowed.arguments));
        whole.set("params", params.raw_json());
        Some(whole.json())
    }
}

/// A call that the server has answered with a wish for more: its next round belongs to the same action.
pub struct Round {
    tool: String,
    /// As the client has given them.
    arguments: String,
    state: Option<String>,
    allowed: Allowed,
    action: String,
    began: Instant,
}

/// A round that does not come.
pub async fn give_up(guard: &Rc<Guard>, round: Round) {
    let report = Report { action: round.allowed.id, outcome: "unknown", cost: None, result: None };
    let _ = timeout(REPORTING, guard.report(report)).await;
}

/// How a call that was passed on came back.
enum End {
    Answer(Message),
    /// The server has certainly not got it.
    NotRun(String),
    /// Nobody knows whether it happened.
    Unknown(String, Option<oneshot::Receiver<Back>>),
}

/// Runs a call to its end.
pub async fn run(session: Rc<Session>, call: Call, mut stop: watch::Receiver<Stop>) {
    let server = session.server_name.borrow().clone();
    let action = format!("{}.{}", server.as_deref().unwrap_or_default(), call.tool);
    match begin(&session, &call, &mut stop, server.as_deref(), &action).await {
        Err(_) if [Stop::ClientGone, Stop::Cancelled].contains(&*stop.borrow()) => {
            session.no_reply(&call.id).await;
        }
        Err(denial) => refuse(&session, &call.id, &denial, &action).await,
        Ok((allowed, began)) => carry_out(&session, &call, &mut stop, allowed, &action, began).await,
    }
    session.answered(&call.id);
    session.ended();
}

/// Gets the call allowed, or finds the earlier round of which it is the next.
async fn begin(
    session: &Rc<Session>,
    call: &Call,
    stop: &mut watch::Receiver<Stop>,
    server: Option<&str>,
    action: &str,
) -> Result<(Allowed, Instant), Denial> {
    if session.under_way() > session.guard.max_calls {
        return Err(Denial::new("too_many_calls", "too many calls are under way"));
    }
    if call.is_later_round
        && let Some(round) = take_round(session, call, action)
    {
        return Ok((Allowed { has_arrived: true, ..round.allowed }, round.began));
    }
    let Some(server) = server else {
        return Err(Denial::new("server_unnamed", "the server has not said its name"));
    };
    if !session.goes_on() {
        return Err(Denial::new("server_gone", "the server has ended"));
    }
    let allowed = asking::allow(session, call, stop, server, action).await?;
    Ok((allowed, Instant::now()))
}

fn take_round(session: &Session, call: &Call, action: &str) -> Option<Round> {
    let mut rounds = session.rounds.borrow_mut();
    let is_next = |round: &Round| {
        round.tool == call.tool
            && round.action == action
            && round.state == call.state
            && is_same(&round.arguments, &call.arguments)
    };
    let at = rounds.iter().position(is_next)?;
    Some(rounds.remove(at))
}

fn is_same(one: &str, two: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == two || read(one).is_some_and(|one| Some(one) == read(two))
}

async fn refuse(session: &Session, id: &Id, denial: &Denial, action: &str) {
    eprintln!("awgp mcp guard: {action}: {}", denial.reason);
    let result = words::error(denial, action, !session.has_initialized.get());
    session.reply(id, message::result(id, &raw_of(&result))).await;
}

/// Passes the call on and reports what came of it.
async fn carry_out(
    session: &Rc<Session>,
    call: &Call,
    stop: &mut watch::Receiver<Stop>,
    allowed: Allowed,
    action: &str,
    began: Instant,
) {
    let id = allowed.id;
    let end = match call.text(&allowed) {
        Some(text) if *stop.borrow() == Stop::Go => pass_on(session, call, stop, text).await,
        Some(_) if *stop.borrow() == Stop::Ending => {
            End::NotRun("the session with the server has ended".to_owned())
        }
        Some(_) => End::NotRun("the client has cancelled it, or has gone".to_owned()),
        None => End::NotRun("it cannot be written".to_owned()),
    };
    let end = match end {
        End::NotRun(why) if allowed.has_arrived => End::Unknown(why, None),
        end => end,
    };
    let is_wanted = *stop.borrow() != Stop::Cancelled;
    match end {
        End::Answer(answer) => {
            answered(session, call, allowed, action, began, &answer, is_wanted).await;
        }
        End::NotRun(why) => {
            let result = json!({"not_run": why});
            report(session, Report { action: id, outcome: "failed", cost: None, result: Some(result) }).await;
            if is_wanted {
                let denial = Denial::new("server_gone", format!("the server has not got the call: {why}"));
                refuse(session, &call.id, &denial, action).await;
            } else {
                session.no_reply(&call.id).await;
            }
        }
        End::Unknown(why, late) => {
            report(session, Report { action: id, outcome: "unknown", cost: None, result: None }).await;
            if is_wanted {
                refuse(session, &call.id, &words::unknown(&why, &id.to_string()), action).await;
            } else {
                session.no_reply(&call.id).await;
            }
            if let Some(heard) = late {
                await_late(session, call, &allowed, action, began, heard).await;
            }
            session.forget(&call.id);
        }
    }
}

/// Sends it and waits for the answer.
async fn pass_on(session: &Rc<Session>, call: &Call, stop: &mut watch::Receiver<Stop>, text: String) -> End {
    let (sent, mut is_sent) = oneshot::channel();
    let limit = session.guard.timeout;
    let Some(mut heard) = session.pass_on(&call.id, Outgoing { text, sent: Some(sent) }).await else {
        return End::NotRun("the server has ended".to_owned());
    };
    let over = sleep(limit);
    tokio::pin!(over);
    loop {
        tokio::select! {
            // What is there counts before what ends the waiting.
            biased;
            back = &mut heard => return match back {
                Ok(Back::Answer(answer)) => End::Answer(answer),
                Ok(Back::NotSent(why)) => End::NotRun(why),
                Ok(Back::Lost(why)) => End::Unknown(format!("its answer was lost: {why}"), None),
                Err(_) => nothing_comes(&mut is_sent).await,
            },
            () = &mut over => {
                let params = json!({"requestId": Value::Null, "reason": "no answer in time"});
                let mut params = params.as_object().cloned().unwrap_or_default();
                params.insert("requestId".to_owned(), serde_json::from_str(call.id.json()).unwrap_or_default());
                let text = message::notification("notifications/cancelled", params);
                // A server that hangs may not read it.
                let cancel = session.to_server(Outgoing { text, sent: None });
                let _ = timeout(ENDING, cancel).await;
                let why = format!("the server has not answered within {} seconds", limit.as_secs());
                return End::Unknown(why, Some(heard));
            }
            changed = stop.changed() => {
                let stop = *stop.borrow();
                let rest = match stop {
                    Stop::Cancelled => CANCELLED,
                    Stop::Go | Stop::ClientGone if changed.is_ok() => continue,
                    Stop::Ending | Stop::Go | Stop::ClientGone => ENDING,
                };
                return match timeout(rest, &mut heard).await {
                    Ok(Ok(Back::Answer(answer))) => End::Answer(answer),
                    Ok(Ok(Back::NotSent(why))) => End::NotRun(why),
                    Ok(Err(_)) => nothing_comes(&mut is_sent).await,
                    Ok(Ok(Back::Lost(why))) => End::Unknown(format!("its answer was lost: {why}"), None),
                    Err(_) => End::Unknown("it was cancelled, and the server has not answered".to_owned(), Some(heard)),
                };
            }
        }
    }
}

/// The server has gone. Whether it had got the call, whoever wrote it knows.
async fn nothing_comes(sent: &mut oneshot::Receiver<Sent>) -> End {
    match timeout(ENDING, sent).await {
        Ok(Ok(Sent::Not)) => End::NotRun("the server has ended".to_owned()),
        _ => End::Unknown("the server has ended without an answer".to_owned(), None),
    }
}

/// The answer may still come, and says what happened.
async fn await_late(
    session: &Rc<Session>,
    call: &Call,
    allowed: &Allowed,
    action: &str,
    began: Instant,
    heard: oneshot::Receiver<Back>,
) {
    let mut stopping = session.stopping();
    tokio::select! {
        back = timeout(LATE, heard) => {
            if let Ok(Ok(Back::Answer(answer))) = back
                && let Some(late) = outcome(&session.guard, call, allowed, action, began, &answer)
            {
                eprintln!("awgp mcp guard: {action}: the answer has come late: {}", late.outcome);
                report(session, late).await;
                session.guard.is_known_now();
            }
        }
        _ = stopping.wait_for(|stop| *stop == Stop::Ending) => {}
    }
}

/// Reports the answer and gives it to the client.
async fn answered(
    session: &Rc<Session>,
    call: &Call,
    allowed: Allowed,
    action: &str,
    began: Instant,
    answer: &Message,
    is_wanted: bool,
) {
    let id = allowed.id;
    let result = answer.object.raw("result").and_then(|result| Object::read(result.get(), &[]).ok());
    let kind: Option<String> = result.as_ref().and_then(|result| result.get("resultType"));
    if is_wanted && kind.as_deref() == Some(ResultType::INPUT_REQUIRED.as_str()) {
        let state = result.as_ref().and_then(|result| result.get("requestState"));
        let (tool, arguments, action) = (call.tool.clone(), call.arguments.clone(), action.to_owned());
        session.rounds.borrow_mut().push(Round { tool, arguments, state, allowed, action, began });
        return session.reply(&call.id, answer.text.clone()).await;
    }
    let ended = outcome(&session.guard, call, &allowed, action, began, answer);
    let is_known = ended.is_some();
    let unknown = Report { action: id, outcome: "unknown", cost: None, result: None };
    report(session, ended.unwrap_or(unknown)).await;
    if !is_wanted {
        return session.no_reply(&call.id).await;
    }
    if !is_known {
        let why = "the server has answered with what is no result of a call";
        return refuse(session, &call.id, &words::unknown(why, &id.to_string()), action).await;
    }
    let text = match result.filter(|_| allowed.is_changed) {
        Some(result) => told_of_change(answer, result, &allowed).unwrap_or_else(|| answer.text.clone()),
        None => answer.text.clone(),
    };
    session.reply(&call.id, text).await;
}

/// What an answer says of the action. None: nothing.
fn outcome(
    guard: &Guard,
    call: &Call,
    allowed: &Allowed,
    action: &str,
    began: Instant,
    answer: &Message,
) -> Option<Report> {
    let mut facts = Map::new();
    facts.insert("tool".to_owned(), call.tool.clone().into());
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    facts.insert("duration_ms".to_owned(), milliseconds.into());
    if allowed.is_changed {
        facts.insert("arguments_changed".to_owned(), true.into());
    }
    let outcome = if let Some(error) = answer.object.raw("error") {
        let error = Object::read(error.get(), &["code"]).ok()?;
        facts.insert("error_code".to_owned(), error.get("code").unwrap_or(Value::Null));
        "failed"
    } else {
        let result = answer.object.raw("result")?;
        facts.insert("result_bytes".to_owned(), result.get().len().into());
        facts.insert("result_digest".to_owned(), digest(result.get()).into());
        let result = Object::read(result.get(), &["isError", "resultType"]).ok()?;
        let kind: Option<String> = result.get("resultType");
        if kind.is_some_and(|kind| kind != ResultType::COMPLETE.as_str()) || result.raw("task").is_some() {
            return None;
        }
        match result.raw("isError").map(RawValue::get) {
            None | Some("false" | "null") => "succeeded",
            Some("true") => "failed",
            Some(_) => return None,
        }
    };
    let cost = guard.cost(&call.tool).map(|amount| (action.to_owned(), amount.to_owned()));
    Some(Report { action: allowed.id, outcome, cost, result: Some(facts.into()) })
}

/// The digest of a result: of its canonical form (RFC 8785), as that of arguments.
fn digest(result: &str) -> Option<String> {
    let value: Value = serde_json::from_str(result).ok()?;
    Some(hex::encode(Sha256::digest(serde_json_canonicalizer::to_vec(&value).ok()?)))
}

/// The answer with the word that other arguments have run than the client gave.
fn told_of_change(answer: &Message, mut result: Object, allowed: &Allowed) -> Option<String> {
    let mut content: Vec<Box<RawValue>> = result.get("content")?;
    let text = format!(
        "Note: whoever approved this call has changed its arguments. The tool has run with: {}",
        words::shortened(&allowed.arguments, 4_000)
    );
    content.push(raw_of(&json!({"type": "text", "text": text})));
    result.set("content", raw_of(&content));
    let mut meta: Map<String, Value> = result.get("_meta").unwrap_or_default();
    let arguments: Value = serde_json::from_str(&allowed.arguments).ok()?;
    meta.insert(words::META.to_owned(), json!({"arguments_changed": true, "arguments": arguments}));
    result.set("_meta", raw_of(&meta));
    let mut whole = Object::read(&answer.text, &[]).ok()?;
    whole.set("result", result.raw_json());
    Some(whole.json())
}

/// Reports how an action ended. Where the database does not answer, the client does not wait for it.
async fn report(session: &Session, report: Report) {
    let reporting = session.guard.report(report);
    let _ = timeout(REPORTING, reporting).await;
}

/// A key for a call to which the client has given none.
pub fn fresh_key() -> String {
    Uuid::new_v4().to_string()
}
