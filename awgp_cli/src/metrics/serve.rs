//! `awgp metrics --listen`: the page /metrics for Prometheus.
//!
//! One reading at a time: whoever asks meanwhile waits for it and gets the same answer. An answer is given
//! again for a while, so that it does not matter to the server how many ask, or how often. Where the numbers
//! cannot be read, the answer is 503 with one line that says why; the reason is not kept.
//!
//! A fleet's members are read side by side. One that does not answer costs its time limit, and the answer
//! says that it is not up.

use super::exposition::{CONTENT_TYPE, text};
use super::members;
use super::reading::{Reading, read};
use crate::invocation;
use crate::opt::Metrics;
use awgp_client::{Exit, Failure, Row, Target};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// The metric that the doctor fills.
const FINDINGS: &str = "awgp_doctor_findings";

/// A database whose numbers are served.
pub struct Source {
    /// Its name in the fleet; None without a fleet.
    pub member: Option<String>,
    /// Where it is.
    pub target: Target,
}

struct Page {
    sources: Vec<Source>,
    pools: i64,
    timeout: Duration,
    cache: Duration,
    findings_cache: Duration,
    kept: Arc<Mutex<Kept>>,
}

/// What was read last. The lock on it is what makes one reading at a time.
#[derive(Default)]
struct Kept {
    answer: Option<(Instant, String)>,
    /// Of each source.
    findings: Vec<Option<Findings>>,
}

/// Rows of the doctor, and when they were counted.
type Findings = (Instant, Vec<Row>);

/// Serves until it is ended.
pub async fn run(options: &Metrics, address: SocketAddr, sources: Vec<Source>) -> Result<Exit, Failure> {
    let unusable = |error: std::io::Error| {
        Failure::new(Exit::Unexpected, format!("{address}: {error}")).hint("choose another port for --listen")
    };
    let ended = awgp_program::ended();
    let listener = TcpListener::bind(address).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let seconds = Duration::from_secs;
    let page = Arc::new(Page {
        sources,
        pools: options.pools,
        timeout: seconds(options.timeout),
        cache: seconds(options.cache),
        findings_cache: seconds(options.findings_cache),
        kept: Arc::default(),
    });
    let router = Router::new().route("/metrics", get(metrics)).route("/", get(front)).with_state(page);
    invocation::print(&format!("listening on http://{address}/metrics\n"), Exit::Success)?;
    axum::serve(listener, router).with_graceful_shutdown(ended).await.map_err(unusable)?;
    Ok(Exit::Success)
}

async fn front() -> Html<&'static str> {
    Html("<!doctype html><title>awgp metrics</title><p><a href=\"/metrics\">metrics</a></p>\n")
}

async fn metrics(State(page): State<Arc<Page>>) -> Response {
    match answer(page).await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(failure) => (StatusCode::SERVICE_UNAVAILABLE, format!("{failure}\n")).into_response(),
    }
}

/// Whoever waits for a reading of others and leaves, waits no more. One that has begun goes on in the
/// database, and so it does here, whether its asker stays or not.
async fn answer(page: Arc<Page>) -> Result<String, Failure> {
    let kept = Arc::clone(&page.kept).lock_owned().await;
    if let Some((at, text)) = &kept.answer
        && at.elapsed() < page.cache
    {
        return Ok(text.clone());
    }
    let reading = tokio::spawn(async move { page.read_all(kept).await });
    reading.await.unwrap_or_else(|error| Err(Failure::new(Exit::Unexpected, error.to_string())))
}

impl Page {
    async fn read_all(&self, mut kept: OwnedMutexGuard<Kept>) -> Result<String, Failure> {
        let (begun, at) = (Instant::now(), SystemTime::now());
        let mut known = std::mem::take(&mut kept.findings);
        known.resize_with(self.sources.len(), || None);
        let read = self.sources.iter().zip(known).map(|(source, known)| self.read(source, known));
        let mut rows = Vec::new();
        for (source, outcome) in self.sources.iter().zip(futures_util::future::join_all(read).await) {
            let own = match outcome {
                Ok((own, findings)) => {
                    kept.findings.push(Some(findings));
                    Some(own)
                }
                // A database alone that does not answer has no numbers.
                Err(failure) if source.member.is_none() => return Err(failure),
                Err(_) => {
                    kept.findings.push(None);
                    None
                }
            };
            match &source.member {
                Some(member) => rows.extend(members::of_member(member, own.as_deref())?),
                None => rows.extend(own.unwrap_or_default()),
            }
        }
        let text = text(&Reading { rows, at, took: begun.elapsed() })?;
        kept.answer = Some((begun, text.clone()));
        Ok(text)
    }

    /// The numbers of a source with the doctor's, which are known where they were counted a short while ago.
    async fn read(&self, source: &Source, known: Option<Findings>) -> Result<(Vec<Row>, Findings), Failure> {
        let begun = Instant::now();
        let known = known.filter(|(at, _)| at.elapsed() < self.findings_cache);
        let reading = read(&source.target, self.pools, known.is_none(), self.timeout).await;
        let mut rows = reading.map_err(|failure| told(source, failure))?.rows;
        let findings = match known {
            Some((at, findings)) => {
                rows.extend(findings.iter().cloned());
                (at, findings)
            }
            None => (begun, of_doctor(&rows)),
        };
        Ok((rows, findings))
    }
}

/// The failure, which is told on stderr.
fn told(source: &Source, mut failure: Failure) -> Failure {
    if let Some(member) = &source.member {
        failure.message = format!("member {member}: {}", failure.message);
    }
    eprintln!("{failure}");
    failure
}

fn of_doctor(rows: &[Row]) -> Vec<Row> {
    rows.iter().filter(|row| row.text("name").as_deref() == Some(FINDINGS)).cloned().collect()
}
