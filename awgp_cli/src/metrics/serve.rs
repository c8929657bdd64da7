//! `awgp metrics --listen`: the page /metrics for Prometheus.
//!
//! One reading at a time: whoever asks meanwhile waits for it and gets the same answer. An answer is given
//! again for a while, so that it does not matter to the server how many ask, or how often. Where the numbers
//! cannot be read, the answer is 503 with one line that says why; the reason is not kept.

use super::exposition::{CONTENT_TYPE, text};
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
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

/// The metric that the doctor fills.
const FINDINGS: &str = "awgp_doctor_findings";

struct Page {
    target: Target,
    pools: i64,
    timeout: Duration,
    cache: Duration,
    findings_cache: Duration,
    kept: Mutex<Kept>,
}

/// What was read last. The lock on it is what makes one reading at a time.
#[derive(Default)]
struct Kept {
    answer: Option<(Instant, String)>,
    findings: Option<(Instant, Vec<Row>)>,
}

/// Serves until it is ended.
pub async fn run(options: &Metrics, address: SocketAddr, target: Target) -> Result<Exit, Failure> {
    let unusable = |error: std::io::Error| {
        Failure::new(Exit::Unexpected, format!("{address}: {error}")).hint("choose another port for --listen")
    };
    let ended = awgp_program::ended();
    let listener = TcpListener::bind(address).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    let seconds = Duration::from_secs;
    let page = Arc::new(Page {
        target,
        pools: options.pools,
        timeout: seconds(options.timeout),
        cache: seconds(options.cache),
        findings_cache: seconds(options.findings_cache),
        kept: Mutex::default(),
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
    match page.answer().await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(failure) => (StatusCode::SERVICE_UNAVAILABLE, format!("{failure}\n")).into_response(),
    }
}

impl Page {
    async fn answer(&self) -> Result<String, Failure> {
        let mut kept = self.kept.lock().await;
        if let Some((at, text)) = &kept.answer
            && at.elapsed() < self.cache
        {
            return Ok(text.clone());
        }
        let begun = Instant::now();
        let known = kept.findings.take().filter(|(at, _)| at.elapsed() < self.findings_cache);
        let mut reading = self.read(known.is_none()).await?;
        let findings = match known {
            Some((at, findings)) => {
                reading.rows.extend(findings.iter().cloned());
                (at, findings)
            }
            None => (begun, of_doctor(&reading.rows)),
        };
        let text = text(&reading)?;
        *kept = Kept { answer: Some((begun, text.clone())), findings: Some(findings) };
        Ok(text)
    }

    async fn read(&self, findings: bool) -> Result<Reading, Failure> {
        let reading = read(&self.target, self.pools, findings, self.timeout).await;
        if let Err(failure) = &reading {
            eprintln!("{failure}");
        }
        reading
    }
}

fn of_doctor(rows: &[Row]) -> Vec<Row> {
    rows.iter().filter(|row| row.text("name").as_deref() == Some(FINDINGS)).cloned().collect()
}
