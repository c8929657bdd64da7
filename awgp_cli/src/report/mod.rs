//! `awgp report`: a month for people, as one HTML page that needs nothing else.
//!
//! - [`document`]: what `awgp.report()` answers, as types
//! - [`page`]: the page
//! - [`fleet`]: the page of a fleet
//! - [`chart`]: charts as SVG
//! - [`table`]: its tables and how numbers are written
//! - `style.css`: how it looks, on screens and on paper

mod chart;
mod document;
pub mod fleet;
mod page;
mod table;

use crate::audit::scope;
use crate::invocation::{self, Invocation};
use crate::opt::{Output, Report};
use crate::{render, written};
use awgp_client::{Context, Exit, Failure, Session, Trouble};
use document::Document;
use serde_json::json;

/// Runs the command.
pub async fn run(options: &Report, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let document = read(options, invocation).await?;
    let html = page::html(&document, options.currency.as_deref())?;
    written::whole(&options.out, &html)?;
    let (file, month, month_name) = (&options.out, &document.month, &document.month_name);
    let (subject, bytes) = (page::subject(&document), html.len());
    let said = match invocation.output {
        Output::Json => render::pretty(&json!({"file": file, "month": month, "bytes": bytes})),
        Output::Table => format!("{}: {month_name}, {}\n", file.display(), render::cell(&subject)),
    };
    invocation::print(&said, Exit::Success)
}

/// What the server reports.
pub async fn read(options: &Report, invocation: &Invocation<'_>) -> Result<Document, Failure> {
    let text = invocation.connected(async |session| asked(session, options, invocation).await).await?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's report cannot be read: {error}"))
            .hint("use the client of the extension's version: `awgp version`")
    })
}

/// The server's answer. An auditor names a tenant without being in its context.
async fn asked(
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
