//! `awgp doctor`: what is wrong with the installation, and the command that corrects it.

use crate::invocation::Invocation;
use crate::opt::Format;
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble};

const COLUMNS: [&str; 5] = ["severity", "code", "object", "message", "hint"];

/// Runs the command.
pub async fn run(invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    invocation.decision(async |session| doctor(session, invocation.format).await).await
}

/// Shows the findings. With an error among them the exit code is 12.
async fn doctor(session: &mut Session, format: Format) -> Result<(String, Exit), Trouble> {
    let work = session.begin(Context::default()).await?;
    let findings = work.call(&Call::new("doctor")).await?;
    work.commit().await?;
    let errors = count(&findings, "error");
    let text = match format {
        Format::Json | Format::Csv => render::rows(&findings, &COLUMNS, format),
        Format::Table => {
            let table =
                if findings.is_empty() { String::new() } else { render::rows(&findings, &COLUMNS, format) };
            let [warnings, infos] = ["warning", "info"].map(|severity| count(&findings, severity));
            format!("{table}errors: {errors}, warnings: {warnings}, infos: {infos}\n")
        }
    };
    Ok((text, if errors == 0 { Exit::Success } else { Exit::Findings }))
}

/// How many findings have this severity.
pub fn count(findings: &[Row], severity: &str) -> usize {
    findings.iter().filter(|row| row.text("severity").as_deref() == Some(severity)).count()
}
