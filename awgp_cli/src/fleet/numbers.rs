//! `awgp metrics` and `awgp report` of all members.

use super::asking::{On, each, of, unasked};
use super::merging::worst;
use crate::invocation::Invocation;
use crate::opt::{Metrics, Output, Report};
use crate::report::fleet::{self, Part};
use crate::{metrics, render, report, written};
use awgp_client::{Exit, Failure};
use serde_json::json;
use std::time::{Duration, SystemTime};

/// Every sample has the label `member`; `awgp_fleet_member_up` says who answered.
pub async fn metrics(on: On<'_>, options: &Metrics) -> Result<Exit, Failure> {
    if let Some(address) = options.listen {
        return metrics::serve(options, address, sources(on)?).await;
    }
    let limit = Duration::from_secs(options.timeout);
    let begun = SystemTime::now();
    let answers = each(on, async |session, _| metrics::numbers(session, options.pools, limit).await).await;
    let took = begun.elapsed().unwrap_or_default();
    let mut exits = Vec::new();
    let mut all = Vec::new();
    for (member, answer) in answers.0 {
        let rows = answer.map_err(|failure| {
            exits.push(failure.exit);
            eprintln!("{}", of(member, failure));
        });
        all.extend(metrics::of_member(&member.name, rows.ok().as_deref())?);
    }
    let rows = all;
    let text = match on.global.output.without_csv() {
        Output::Json => render::pretty(&rows),
        Output::Table => metrics::text_of(rows, begun, took)?,
    };
    match &options.out {
        None => crate::invocation::print(&text, worst(exits.into_iter())),
        Some(path) => written::whole(path, &text).map(|()| worst(exits.into_iter())),
    }
}

/// Where the members are. Nobody is asked for a password.
fn sources(on: On<'_>) -> Result<Vec<metrics::Source>, Failure> {
    let global = &unasked(on.global);
    on.fleet
        .primaries()
        .map(|member| {
            let effective = on.effective.on_member(&member.name, member.profile());
            let target = Invocation::on_member(global, &effective, member).target()?;
            Ok(metrics::Source { member: Some(member.name.clone()), target })
        })
        .collect()
}

/// One page: sums over all members, and a part for each of them.
pub async fn report(on: On<'_>, options: &Report) -> Result<Exit, Failure> {
    let global = &unasked(on.global);
    let asked = on.fleet.primaries().map(|member| async move {
        let effective = on.effective.on_member(&member.name, member.profile());
        (member, report::read(options, &Invocation::on_member(global, &effective, member)).await)
    });
    let (mut exits, mut parts, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    for (member, outcome) in futures_util::future::join_all(asked).await {
        match outcome {
            Ok(document) => parts.push(Part { member: member.name.clone(), document }),
            Err(failure) => {
                exits.push(failure.exit);
                silent.push(member.name.clone());
                eprintln!("{}", of(member, failure));
            }
        }
    }
    let Some(Part { document, .. }) = parts.first() else {
        // Why is told already.
        return crate::invocation::print("", worst(exits.into_iter()));
    };
    let (month, month_name) = (document.month.clone(), document.month_name.clone());
    let page = fleet::html(&parts, &silent, options.currency.as_deref())?;
    written::whole(&options.out, &page)?;
    let file = &options.out;
    let text = match on.global.output.without_csv() {
        Output::Json => {
            let members: Vec<&str> = parts.iter().map(|part| part.member.as_str()).collect();
            render::pretty(&json!({
                "file": file, "month": month, "bytes": page.len(), "members": members, "missing": silent,
            }))
        }
        Output::Table => format!("{}: {month_name}, {}\n", file.display(), fleet::subject(&parts)),
    };
    crate::invocation::print(&text, worst(exits.into_iter()))
}
