//! Cosignatures of witnesses on a tenant's notes (C2SP tlog-witness).
//!
//! A witness has seen the tree before, and signs that the new one extends it. The note itself stays as it is;
//! beside it lies the same note with all signatures, `NAME.cosigned`.

use super::key::{self, write_new};
use super::notes::{Notes, Signed};
use super::walk::consistency;
use crate::http;
use awgp_client::{Context, Exit, Failure, Session, Trouble, input};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::cosigner::Cosigner;
use awgp_core::audit::quorum::{Policy, Witness};
use awgp_core::reason::Reason;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::Agent;
use uuid::Uuid;

const EXTENSION: &str = "cosigned";
/// How long a witness may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// An answer has a few lines.
const ANSWER_BYTES_MAX: u64 = 1 << 16;

/// A note, and who has cosigned it.
#[derive(Clone, Debug, Serialize)]
pub struct Cosigned {
    /// The note's file name.
    pub note: String,
    /// The witnesses, and when each has cosigned.
    pub witnesses: BTreeMap<String, String>,
    /// Whether they are enough.
    pub enough: bool,
}

/// The witnesses that are asked.
pub struct Witnesses {
    policy: Policy,
    agent: Agent,
}

enum Answer {
    Lines(String),
    /// The witness has cosigned a tree of this size.
    Conflict(u64),
}

/// The policy in a file.
pub fn policy(file: &Path) -> Result<Policy, Failure> {
    let refused = |what: &dyn std::fmt::Display| {
        Failure::new(Exit::Usage, format!("{}: {what}", file.display()))
            .hint("docs/checkpoints.md describes the file of witnesses")
    };
    let text = input::file(file).map_err(|error| refused(&error))?;
    let policy = Policy::parse(&text).map_err(|error| refused(&error))?;
    for Witness { name, url, .. } in &policy.witnesses {
        if let Some(url) = url {
            http::check_url(name, url).map_err(|what| refused(&what))?;
        }
    }
    Ok(policy)
}

impl Witnesses {
    /// Those of a file.
    pub fn of(file: &Path) -> Result<Self, Failure> {
        let policy = policy(file)?;
        let agent = http::agent(None, TIMEOUT).map_err(|what| Failure::new(Exit::Unexpected, what))?;
        Ok(Self { policy, agent })
    }

    /// Asks each witness that has not cosigned the tenant's newest note, and says how many have.
    pub async fn cosign(
        &self,
        session: &mut Session,
        notes: &Notes,
        tenant_id: Uuid,
    ) -> Result<usize, Trouble> {
        let checkpoints = notes.checkpoints(tenant_id);
        let Some(((checkpoint, signed), earlier)) = checkpoints.split_last() else { return Ok(0) };
        let place = beside(&signed.path);
        let mut whole = std::fs::read_to_string(&place).unwrap_or_else(|_| signed.note.clone());
        check_same(notes, signed, &whole, &place)?;
        let (mut count, mut failed) = (0, None);
        for witness in &self.policy.witnesses {
            let Some(url) = &witness.url else { continue };
            if witness.cosigner.cosigned(&whole).is_ok_and(|time| time.is_some()) {
                count += 1;
                continue;
            }
            let last = last_cosigned(&witness.cosigner, earlier);
            let work = session.begin(Context::default()).await?;
            let mut answer = Ok(Answer::Conflict(last));
            // Once with what is known here, once with what the witness says.
            for _ in 0..2 {
                let Ok(Answer::Conflict(old)) = answer else { break };
                answer = match consistency(&work, tenant_id, checkpoint.size, old).await? {
                    Some(path) => self.submit(url, old, &path, &signed.note),
                    None => Err(format!("it has cosigned {old} rows, which are not before these")),
                };
            }
            drop(work);
            let lines = match answer {
                Ok(Answer::Lines(lines)) => good_lines(&witness.cosigner, &signed.note, &lines),
                Ok(Answer::Conflict(old)) => Err(format!("it has cosigned {old} rows meanwhile")),
                Err(what) => Err(what),
            };
            match lines {
                Ok(lines) => {
                    whole.push_str(&lines);
                    count += 1;
                }
                Err(what) => {
                    failed.get_or_insert(format!("{}: {what}", witness.name));
                }
            }
        }
        if count > 0 {
            replace(&place, &whole)?;
        }
        match failed {
            None => Ok(count),
            Some(what) => Err(Failure::of_reason(
                Reason::CosignatureMissing,
                format!("{} is signed, and a witness has not cosigned it: {what}", signed.path.display()),
            )
            .hint("run the same command again: it asks for what is missing")
            .into()),
        }
    }

    fn submit(&self, url: &str, old: u64, path: &[Digest], note: &str) -> Result<Answer, String> {
        let mut body = format!("old {old}\n");
        for hash in path {
            let _ = writeln!(body, "{}", STANDARD.encode(hash.0));
        }
        let _ = write!(body, "\n{note}");
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let sent = self.agent.post(&url).header("content-type", "text/plain; charset=utf-8").send(&body);
        let mut answer = sent.map_err(|error| format!("it does not answer: {}", http::problem(&error)))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        let text = text.map_err(|error| format!("its answer breaks off: {}", http::problem(&error)))?;
        match status {
            200 => Ok(Answer::Lines(text)),
            409 => {
                let size = text.strip_suffix('\n').unwrap_or(&text).parse();
                size.map(Answer::Conflict).map_err(|_| "its answer is not a size".to_owned())
            }
            403 => Err("it does not know the key (http_403)".to_owned()),
            404 => Err("it does not know the log (http_404)".to_owned()),
            422 => Err("it does not see that the tree extends what it has cosigned (http_422)".to_owned()),
            status => Err(format!("it answers with http_{status}")),
        }
    }
}

/// Of the lines of an answer, those with which this witness has cosigned the note.
fn good_lines(cosigner: &Cosigner, note: &str, lines: &str) -> Result<String, String> {
    let is_good = |line: &&str| matches!(cosigner.cosigned(&format!("{note}{line}\n")), Ok(Some(_)));
    match lines.lines().find(is_good) {
        Some(line) => Ok(format!("{line}\n")),
        None => Err(format!("its answer has no good cosignature of {}", cosigner.name_and_id())),
    }
}

/// The size of the largest earlier tree that the witness has cosigned.
fn last_cosigned(cosigner: &Cosigner, earlier: &[(&Checkpoint, &Signed)]) -> u64 {
    let is_cosigned = |signed: &Signed| {
        let whole = std::fs::read_to_string(beside(&signed.path)).unwrap_or_default();
        matches!(cosigner.cosigned(&whole), Ok(Some(_)))
    };
    let last = earlier.iter().rfind(|(_, signed)| is_cosigned(signed));
    last.map_or(0, |(checkpoint, _)| checkpoint.size)
}

fn beside(note: &Path) -> PathBuf {
    note.with_extension(EXTENSION)
}

/// The file has to be the note, with further signatures.
fn check_same(notes: &Notes, signed: &Signed, whole: &str, place: &Path) -> Result<(), Failure> {
    let opened =
        notes.keys.open(whole).map_err(|error| key::refused(&error, &place.display().to_string()))?;
    if opened.0 != signed.statement {
        return Err(Failure::of_reason(
            Reason::NoteMalformed,
            format!("{} is not {}", place.display(), signed.path.display()),
        )
        .hint("remove it, and have the note cosigned again"));
    }
    Ok(())
}

/// Writes a file anew, whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    write_new(&partial, text, false)?;
    std::fs::rename(&partial, path).map_err(|error| key::unwritable(path, &error))
}

/// Who has cosigned each tenant's notes. The newest of each tenant must have enough.
pub fn verify(notes: &Notes, policy: &Policy) -> Result<Vec<Cosigned>, Failure> {
    let mut told = Vec::new();
    for tenant_id in notes.tenants() {
        let checkpoints = notes.checkpoints(tenant_id);
        for (place, (_, signed)) in checkpoints.iter().enumerate() {
            let cosigned = cosigned(notes, signed, policy)?;
            if place + 1 == checkpoints.len() && !cosigned.enough {
                return Err(Failure::of_reason(
                    Reason::CosignatureMissing,
                    format!(
                        "{} is cosigned by {} of the known witnesses, which are not enough",
                        signed.path.display(),
                        cosigned.witnesses.len()
                    ),
                )
                .hint("have it cosigned: awgp audit checkpoint --witness FILE"));
            }
            told.push(cosigned);
        }
    }
    Ok(told)
}

fn cosigned(notes: &Notes, signed: &Signed, policy: &Policy) -> Result<Cosigned, Failure> {
    let place = beside(&signed.path);
    let whole = match std::fs::read_to_string(&place) {
        Ok(whole) => whole,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => signed.note.clone(),
        Err(error) => {
            return Err(Failure::of_reason(
                Reason::NoteMalformed,
                format!("{} cannot be read: {error}", place.display()),
            ));
        }
    };
    check_same(notes, signed, &whole, &place)?;
    let mut witnesses = BTreeMap::new();
    for Witness { name, cosigner, .. } in &policy.witnesses {
        let time = cosigner.cosigned(&whole);
        let time = time.map_err(|error| key::refused(&error, &place.display().to_string()))?;
        if let Some(at) = time.and_then(|time| Timestamp::from_second(i64::try_from(time).ok()?).ok()) {
            witnesses.insert(name.clone(), at.to_string());
        }
    }
    let names: BTreeSet<String> = witnesses.keys().cloned().collect();
    let note = signed.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Cosigned { note, witnesses, enough: policy.is_met(&names) })
}
