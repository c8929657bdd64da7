//! `awgp report`: a month for people, as one HTML page that needs nothing else.
//!
//! - [`document`]: what `awgp.report()` answers, as types
//! - [`page`]: the page
//! - [`chart`]: charts as SVG
//! - [`table`]: its tables and how numbers are written
//! - `style.css`: how it looks, on screens and on paper

mod chart;
mod document;
mod page;
mod table;

use crate::audit::scope;
use crate::invocation::{self, Invocation};
use crate::opt::{Output, Report};
use crate::{render, written};
use awgp_client::{Context, Exit, Failure, Session, Trouble};
use document::Document;
use serde_json::json;
use std::path::PathBuf;

/// What was written.
pub struct Said {
    /// The file.
    pub file: PathBuf,
    /// The month, such as 2026-11.
    pub month: String,
    month_name: String,
    subject: String,
    bytes: usize,
}

/// Runs the command.
pub async fn run(options: &Report, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Said { file, month, month_name, subject, bytes } = write(options, invocation).await?;
    let said = match invocation.output {
        Output::Json => render::pretty(&json!({"file": file, "month": month, "bytes": bytes})),
        Output::Table => format!("{}: {month_name}, {}\n", file.display(), render::cell(&subject)),
    };
    invocation::print(&said, Exit::Success)
}

/// Writes the page.
pub async fn write(options: &Report, invocation: &Invocation<'_>) -> Result<Said, Failure> {
    let text = invocation.connected(async |session| read(session, options, invocation).await).await?;
    let document: Document = serde_json::from_str(&text).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's report cannot be read: {error}"))
            .hint("use the client of the extension's version: `awgp version`")
    })?;
    let html = page::html(&document, options.currency.as_deref())?;
    written::whole(&options.out, &html)?;
    Ok(Said {
        file: options.out.clone(),
        month: document.month.clone(),
        month_name: document.month_name.clone(),
        subject: page::subject(&document),
        bytes: html.len(),
    })
}

/// The server's answer. An auditor names a tenant without being in its context.
async fn read(
    session: &mut Session,
    options: &Report,
    invocation: &Invocation<'_>,
) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let tenant = scope::named(&work, invocation.context).await?;
    let sql = "SELECT awgp.report($1::text, $2::text::uuid)::text";
    let text = work.text(sql, &[&options.month, &tenant.map(|id| id.to_string())]).await?;
    work.commit().await?;
    Ok(text)
}
