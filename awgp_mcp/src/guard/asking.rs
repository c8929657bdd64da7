//! Until a call is allowed: begins its action, asks humans where one of them has to approve it, and waits for
//! them as long as the guard is told to.

use super::actions::{self, Answer, Approval, Denial, Wanted};
use super::call::{Call, fresh_key};
use super::message;
use super::session::{Session, Stop};
use super::words;
use serde_json::{Map, Value, json};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use uuid::Uuid;

/// How often an action is tried to be begun for one call: approvals may end while they are looked at.
const ROUNDS: usize = 8;
/// How often an approval is looked at where nothing notifies.
const LOOK: Duration = Duration::from_secs(2);
/// How often a client that wants to hear of progress does.
const PROGRESS: Duration = Duration::from_secs(5);
/// What an action may take beyond the time of the call, in seconds.
const BEYOND: u64 = 60;

/// A call that may be passed on.
pub struct Allowed {
    /// Its action.
    pub id: Uuid,
    /// What it runs with, as JSON.
    pub arguments: String,
    /// An approver has changed the arguments.
    pub is_changed: bool,
    /// The server has got an earlier round of it.
    pub has_arrived: bool,
}

/// Begins the action of a call. The denial is for the client.
pub async fn allow(
    session: &Rc<Session>,
    call: &Call,
    stop: &mut watch::Receiver<Stop>,
    server: &str,
    action: &str,
) -> Result<Allowed, Denial> {
    let guard = &session.guard;
    let item = call.item.clone().or_else(|| guard.item.clone());
    let Some(item) = item else { return Err(Denial::new("no_work_item", "the call has no work item")) };
    let key = call.key.clone().unwrap_or_else(fresh_key);
    let cost = guard.cost(&call.tool);
    let mut arguments = call.arguments.clone();
    let mut approval = None;
    let began = Instant::now();
    let mut waiting = Waiting { session, call, until: began + guard.wait, began, told: 0 };
    for _ in 0..ROUNDS {
        still_wanted(stop)?;
        let wanted = Wanted {
            item: &item,
            action,
            provider: cost.and(guard.provider.as_deref()),
            cost,
            seconds: guard.timeout.as_secs() + BEYOND,
            key: &key,
            is_given: call.key.is_some(),
            arguments: &arguments,
            approval,
        };
        let answer = actions::begin(&guard.gate, &wanted).await.map_err(|failure| Denial::of(&failure))?;
        let denial = match answer {
            Answer::Begun(id) => {
                let is_changed = arguments != call.arguments;
                return Ok(Allowed { id, is_changed, arguments, has_arrived: false });
            }
            Answer::Before { action, status } => return Err(before(&action, &status)),
            Answer::Denied(denial) => denial,
        };
        let asked = asked(session, stop, &wanted, denial, server, &call.tool).await?;
        let Some(decided) = waiting.decided(asked.id, stop).await? else {
            return Err(words::waiting(&asked.id.to_string(), guard.wait.as_secs()));
        };
        if decided.is_changed
            && let Some(changed) = decided.arguments
        {
            if !changed.starts_with('{') {
                return Err(Denial::new(
                    "arguments_mismatch",
                    "the arguments that are approved are no object",
                ));
            }
            arguments = changed;
            approval = Some(decided.id);
        }
    }
    Err(Denial::new("approval_pending", "the approvals of this call change too often"))
}

/// Nothing is begun for a call that nobody waits for any more, and nobody is asked about it: the client may
/// have cancelled it, or gone, or the server, while the database was being asked something.
fn still_wanted(stop: &watch::Receiver<Stop>) -> Result<(), Denial> {
    if *stop.borrow() == Stop::Go { Ok(()) } else { Err(stopped(stop)) }
}

/// Why a call does not go on.
fn stopped(stop: &watch::Receiver<Stop>) -> Denial {
    match *stop.borrow() {
        Stop::Ending => Denial::new("server_gone", "the session with the server has ended"),
        _ => Denial::new("cancelled", "the call was cancelled"),
    }
}

/// The same call was made before, under its key.
fn before(action: &str, status: &str) -> Denial {
    let is_open = ["begun", "unknown"].contains(&status);
    let text = match status {
        "begun" => "This call was begun before under the same key, and has not ended".to_owned(),
        "unknown" => {
            "This call was made before under the same key, and nobody knows whether it happened".to_owned()
        }
        status => format!("This call was made before under the same key; its outcome is {status}"),
    };
    let mut denial = Denial::new(if is_open { "outcome_unknown" } else { "already_acted" }, text);
    denial.facts = json!({"action_id": action, "status": status});
    denial
}

/// The request for approval that the call has to wait for; humans are asked where there is none.
async fn asked(
    session: &Session,
    stop: &watch::Receiver<Stop>,
    wanted: &Wanted<'_>,
    denial: Denial,
    server: &str,
    tool: &str,
) -> Result<Approval, Denial> {
    let gate = &session.guard.gate;
    let failed = |failure| Denial::of(&failure);
    let is_ours = match denial.reason.as_str() {
        "approval_pending" => denial.approval(),
        "approval_required" | "approval_expired" | "approval_used" | "digest_mismatch"
        | "arguments_mismatch" => None,
        _ => return Err(denial),
    };
    if let Some(id) = is_ours {
        return actions::approval(gate, id).await.map_err(failed)?.ok_or(denial);
    }
    // An approver may have changed what this very call asked for.
    if wanted.approval.is_none()
        && let Some(digest) = denial.digest()
    {
        let changed =
            actions::changed_approval(gate, wanted.item, wanted.action, digest).await.map_err(failed)?;
        if let Some(changed) = changed {
            return Ok(changed);
        }
    }
    // What is approved is what runs. Where other calls are undecided, this one is asked about too.
    if denial.reason == "arguments_mismatch" {
        let given = actions::given_approval(gate, wanted.item, wanted.action).await.map_err(failed)?;
        if let Some(given) = given {
            return Err(words::other_is_approved(denial, &given));
        }
    }
    still_wanted(stop)?;
    let (title, description) = words::asked(server, tool, wanted.arguments);
    let id = match actions::ask(gate, wanted, &title, &description).await {
        Ok(id) => id,
        // Somebody has asked at the same time.
        Err(failure) if failure.noted("reason") == Some("approval_pending") => {
            failure.noted("detail").and_then(approval_in).ok_or_else(|| Denial::of(&failure))?
        }
        Err(failure) => return Err(Denial::of(&failure)),
    };
    eprintln!("awgp mcp guard: {}: a human has to decide: awgp approval approve {id}", wanted.action);
    actions::approval(gate, id).await.map_err(failed)?.ok_or(denial)
}

fn approval_in(detail: &str) -> Option<Uuid> {
    serde_json::from_str::<Value>(detail).ok()?.get("approval_id")?.as_str()?.parse().ok()
}

/// A call that waits for humans.
struct Waiting<'a> {
    session: &'a Rc<Session>,
    call: &'a Call,
    began: Instant,
    until: Instant,
    told: u32,
}

impl Waiting<'_> {
    /// The approval once it is given. None: it is still open when the time is over.
    async fn decided(
        &mut self,
        id: Uuid,
        stop: &mut watch::Receiver<Stop>,
    ) -> Result<Option<Approval>, Denial> {
        let guard = &self.session.guard;
        let mut next = Instant::now();
        loop {
            // Before the look, so that nothing falls between.
            let notified = guard.notified();
            let found = actions::approval(&guard.gate, id).await.map_err(|failure| Denial::of(&failure))?;
            let Some(found) = found else {
                return Err(Denial::new("unknown_approval", "the approval is gone"));
            };
            if !found.is_open() {
                return ended(found).map(Some);
            }
            if Instant::now() >= self.until {
                return Ok(None);
            }
            if Instant::now() >= next {
                self.tell(id).await;
                next = Instant::now() + PROGRESS;
            }
            let look = self.until.min(next).min(Instant::now() + LOOK);
            tokio::select! {
                _ = timeout_at(look, notified) => {}
                () = async { drop(stop.wait_for(|stop| *stop != Stop::Go).await) } => return Err(stopped(stop)),
                () = self.server_gone() => return Err(Denial::new("server_gone", "the server has ended")),
                () = sleep_until(look) => {}
            }
        }
    }

    async fn server_gone(&self) {
        while self.session.goes_on() {
            sleep(LOOK).await;
        }
    }

    /// Tells a client that wants to hear of progress that the call is waiting. The server's own progress
    /// begins with 1 or so, and progress only grows: this is far below.
    async fn tell(&mut self, id: Uuid) {
        let Some(token) = self.call.progress.clone() else { return };
        self.told += 1;
        let waited = self.began.elapsed().as_secs();
        let mut params = Map::new();
        params.insert("progressToken".to_owned(), token);
        params.insert("progress".to_owned(), (f64::from(self.told) / 1e6).into());
        let text = format!("waiting for a human to approve this call, for {waited} seconds: approval {id}");
        params.insert("message".to_owned(), text.into());
        self.session.to_client(message::notification("notifications/progress", params)).await;
    }
}

/// What was decided.
fn ended(approval: Approval) -> Result<Approval, Denial> {
    if approval.status == "approved" && !approval.is_used {
        return Ok(approval);
    }
    let (reason, text) = match approval.status.as_str() {
        "rejected" => ("approval_rejected", "A human has rejected this call".to_owned()),
        "approved" => ("approval_used", "Another call has used the approval".to_owned()),
        _ => ("approval_expired", "The approval has expired, or was withdrawn".to_owned()),
    };
    let text = match approval.rejected_reason.as_str() {
        "" => text,
        why => format!("{text}. They say: \"{}\"", words::shortened(why, 500)),
    };
    let mut denial = Denial::new(reason, text);
    denial.facts = json!({"approval_id": approval.id.to_string()});
    Err(denial)
}
