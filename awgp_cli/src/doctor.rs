//! `awgp doctor`: what is wrong with the installation, and the command that corrects it.

use crate::invocation::Invocation;
use crate::opt::Output;
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble};

const COLUMNS: [&str; 5] = ["severity", "code", "object", "message", "hint"];

/// Runs the command.
pub async fn run(invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    invocation.decision(async |session| doctor(session, invocation.output).await).await
}

/// Shows the findings. With an error among them the exit code is 12.
async fn doctor(session: &mut Session, output: Output) -> Result<(String, Exit), Trouble> {
    let work = session.begin(Context::default()).await?;
    let findings = work.call(&Call::new("doctor")).await?;
    work.commit().await?;
    let errors = count(&findings, "error");
    let text = match output {
        Output::Json => render::list(&findings, &COLUMNS, output),
        Output::Table => {
            let table =
                if findings.is_empty() { String::new() } else { render::list(&findings, &COLUMNS, output) };
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
