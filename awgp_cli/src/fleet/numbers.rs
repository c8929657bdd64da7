//! `awgp metrics` and `awgp report` of all members.

use super::asking::{On, each, of, unasked};
use super::file::Member;
use super::merging::worst;
use crate::invocation::Invocation;
use crate::opt::{Metrics, Output, Report};
use crate::{metrics, render, report, written};
use awgp_client::{Exit, Failure};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Every sample has the label `member`; `awgp_fleet_member_up` says who answered.
pub async fn metrics(on: On<'_>, options: &Metrics) -> Result<Exit, Failure> {
    if options.listen.is_some() {
        return Err(Failure::new(Exit::Usage, "the numbers of a fleet are not served")
            .hint("serve each member: --member NAME --listen ADDRESS; or --out FILE on a timer"));
    }
    let limit = Duration::from_secs(options.timeout);
    let begun = SystemTime::now();
    let answers = each(on, async |session, _| metrics::numbers(session, options.pools, limit).await).await;
    let took = begun.elapsed().unwrap_or_default();
    let mut exits = Vec::new();
    let mut all = Vec::new();
    for (member, answer) in answers.0 {
        let is_up = answer.is_ok();
        match answer {
            Ok(rows) => all.extend(rows.iter().map(|row| labelled(row, member))),
            Err(failure) => {
                exits.push(failure.exit);
                eprintln!("{}", of(member, failure));
            }
        }
        all.push(Ok(up(member, is_up)?));
    }
    let rows = all.into_iter().collect::<Result<Vec<_>, Failure>>()?;
    let text = match on.global.output.without_csv() {
        Output::Json => render::pretty(&rows),
        Output::Table => metrics::text_of(rows, begun, took)?,
    };
    match &options.out {
        None => crate::invocation::print(&text, worst(exits.into_iter())),
        Some(path) => written::whole(path, &text).map(|()| worst(exits.into_iter())),
    }
}

fn up(member: &Member, is_up: bool) -> Result<awgp_client::Row, Failure> {
    let row = json!({"name": "awgp_fleet_member_up", "unit": null,
        "help": "Whether the member of the fleet has answered", "labels": {"member": member.name},
        "value": i32::from(is_up)});
    awgp_client::Row::from_json(&row.to_string())
        .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))
}

/// The sample with the label of its member.
fn labelled(row: &awgp_client::Row, member: &Member) -> Result<awgp_client::Row, Failure> {
    let unreadable = |error: serde_json::Error| Failure::new(Exit::Unexpected, error.to_string());
    let mut value: serde_json::Map<String, serde_json::Value> =
        serde_json::to_string(row).and_then(|text| serde_json::from_str(&text)).map_err(unreadable)?;
    let labels = value.entry("labels").or_insert_with(|| json!({}));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("member".to_owned(), json!(member.name));
    }
    let text = serde_json::to_string(&value).map_err(unreadable)?;
    awgp_client::Row::from_json(&text).map_err(unreadable)
}

/// A page for each member, beside each other: FILE.html becomes FILE-MEMBER.html.
pub async fn report(on: On<'_>, options: &Report) -> Result<Exit, Failure> {
    let global = &unasked(on.global);
    let pages = on.fleet.primaries().map(|member| async move {
        let effective = on.effective.on_member(&member.name, member.profile());
        let own = Report {
            out: beside(&options.out, &member.name),
            month: options.month.clone(),
            currency: options.currency.clone(),
        };
        let invocation = Invocation::on_member(global, &effective, member);
        (member, report::write(&own, &invocation).await)
    });
    let mut exits = Vec::new();
    let mut lines = Vec::new();
    for (member, outcome) in futures_util::future::join_all(pages).await {
        match outcome {
            Ok(said) => lines.push(json!({"member": member.name, "file": said.file, "month": said.month})),
            Err(failure) => {
                exits.push(failure.exit);
                eprintln!("{}", of(member, failure));
            }
        }
    }
    let columns = ["member", "file", "month"];
    let text = render::rows(&super::status::rows(&lines)?, &columns, on.global.output);
    crate::invocation::print(&text, worst(exits.into_iter()))
}

fn beside(file: &Path, member: &str) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let ending = file.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    file.with_file_name(format!("{stem}-{member}{ending}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_member_is_beside_the_name_that_is_given() {
        assert_eq!(beside(Path::new("/x/report.html"), "a"), Path::new("/x/report-a.html"));
        assert_eq!(beside(Path::new("report"), "a"), Path::new("report-a"));
    }
}
