//! `awgp audit tail`: the last events, and each new one when it is committed.
//!
//! A commit notifies only where `awgp.audit_notify` is on: NOTIFY takes a lock of the whole server at commit,
//! so writers would wait for each other even where nobody listens. The notification carries only the number
//! of the last event; row-level security decides what a follower then reads. Without notifications a follower
//! polls, by time of writing. Transactions commit in another order than they write, so each poll goes back a
//! little, and skips what was shown.

use super::listing;
use super::log::{Actor, FILTER, newest_first};
use super::scope::{self, Scope};
use crate::following;
use crate::look::look;
use crate::opt::{AuditFilter, AuditTail, Output};
use crate::times;
use awgp_client::{Context, Exit, Failure, Row, Session, Target, Trouble, trail};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;

/// The channel. The payload is the id of the last event of the transaction.
const CHANNEL: &str = "awgp_audit";
/// Between polls where commits notify, in case the setting is off for some of them.
const LOOK_NOTIFIED: Duration = Duration::from_secs(30);
/// Between polls otherwise.
const LOOK_ALONE: Duration = Duration::from_secs(2);
/// The least time between two polls, however many commits notify.
const LOOK_LEAST: Duration = Duration::from_millis(50);
/// How long before its commit an event may have been written and still be seen by a later poll.
const LOOK_BACK_US: i64 = 15_000_000;

const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// What one poll has shown.
struct Look {
    began_us: i64,
    highest_id: i64,
    ids: Vec<i64>,
}

/// Shows the last events and, if requested, continues until it is interrupted or nobody reads.
pub async fn tail(
    target: &Target,
    context: Context<'_>,
    options: &AuditTail,
    output: Output,
) -> Result<Exit, Failure> {
    following::until_interrupted(target, async |session, commits| {
        run(session, commits, context, options, output).await
    })
    .await
}

async fn run(
    session: &mut Session,
    commits: &mut mpsc::Receiver<()>,
    context: Context<'_>,
    options: &AuditTail,
    output: Output,
) -> Result<(), Trouble> {
    if options.follow {
        // Before the first poll, so that no commit falls between.
        session.client().batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    }
    let mut looks = Looks::default();
    if !show_last(session, context, options, output, &mut looks).await? || !options.follow {
        return Ok(());
    }
    let sql = "SELECT coalesce(current_setting('awgp.audit_notify', true), 'off')";
    let work = session.begin(Context::default()).await?;
    let interval = if work.text(sql, &[]).await? == "on" { LOOK_NOTIFIED } else { LOOK_ALONE };
    drop(work);
    loop {
        following::next(commits, interval).await?;
        if !show_new(session, context, &options.filter, output, &mut looks).await? {
            return Ok(());
        }
        tokio::time::sleep(LOOK_LEAST).await;
    }
}

/// Shows the last events; false where nobody reads.
async fn show_last(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditTail,
    output: Output,
    looks: &mut Looks,
) -> Result<bool, Trouble> {
    let (work, scope) = scope::open(session, context).await?;
    let filter = &options.filter;
    let actor = Actor::of(&work, filter).await?;
    let began_us = work.number(CLOCK, &[]).await?;
    // Events in the range of later polls that existed before are not new, even where they were not requested.
    // They are read first: what commits between the two is shown now or by the next poll.
    let sql = format!(
        "SELECT id FROM awgp.audit_logs WHERE {} AND {FILTER}
         AND \"timestamp\" > to_timestamp($6::bigint / 1000000.0)",
        scope.condition()
    );
    let since = began_us - LOOK_BACK_US;
    let before = work
        .select(&sql, &[&actor.kind, &actor.ids, &filter.entity, &filter.entity_id, &filter.action, &since])
        .await?;
    let condition =
        format!("{} AND {FILTER} ORDER BY {} LIMIT $6::bigint", scope.condition(), newest_first(&scope));
    let last = i64::from(options.last);
    let parameters: [&(dyn ToSql + Sync); 6] =
        [&actor.kind, &actor.ids, &filter.entity, &filter.entity_id, &filter.action, &last];
    let mut rows = listing::list(&work, &condition, &parameters, output).await?;
    rows.reverse();
    let mut seen = ids(&before);
    seen.extend(ids(&rows));
    looks.add(Look { began_us, highest_id: 0, ids: seen });
    work.commit().await?;
    print(&rows, output)
}

/// Shows what was committed since the last poll; false where nobody reads.
async fn show_new(
    session: &mut Session,
    context: Context<'_>,
    filter: &AuditFilter,
    output: Output,
    looks: &mut Looks,
) -> Result<bool, Trouble> {
    let (work, scope) = scope::open(session, context).await?;
    let actor = Actor::of(&work, filter).await?;
    let began_us = work.number(CLOCK, &[]).await?;
    let highest_id = match scope {
        Scope::All => work.number("SELECT coalesce(max(id), 0) FROM awgp.audit_logs", &[]).await?,
        // A tenant's own rows are found by time; they have no index by number.
        Scope::Tenants(_) => 0,
    };
    let since = looks.since(began_us);
    let (floor, seen) = looks.shown_since(since);
    let condition = format!(
        "{} AND {FILTER}
         AND \"timestamp\" > to_timestamp($6::bigint / 1000000.0) AND id > $7::bigint AND id <> ALL ($8::bigint[])
         ORDER BY id",
        scope.condition()
    );
    let parameters: [&(dyn ToSql + Sync); 8] =
        [&actor.kind, &actor.ids, &filter.entity, &filter.entity_id, &filter.action, &since, &floor, &seen];
    let rows = listing::list(&work, &condition, &parameters, output).await?;
    work.commit().await?;
    looks.add(Look { began_us, highest_id, ids: ids(&rows) });
    print(&rows, output)
}

/// The polls whose events a later poll may find again.
#[derive(Default)]
struct Looks {
    recent: VecDeque<Look>,
    /// Events up to this number are not read again.
    floor: i64,
}

impl Looks {
    fn add(&mut self, look: Look) {
        self.recent.push_back(look);
    }

    /// The time from which the next poll reads.
    fn since(&self, now_us: i64) -> i64 {
        self.recent.back().map_or(now_us, |look| look.began_us) - LOOK_BACK_US
    }

    /// Forgets what a poll from `since` on cannot find; returns the number up to which all is known, and the
    /// numbers that were shown.
    fn shown_since(&mut self, since: i64) -> (i64, Vec<i64>) {
        // The events of a poll were written before the next one began.
        while self.recent.get(1).is_some_and(|next| next.began_us <= since) {
            self.floor = self.recent.pop_front().map_or(self.floor, |look| look.highest_id.max(self.floor));
        }
        (self.floor, self.recent.iter().flat_map(|look| look.ids.iter().copied()).collect())
    }
}

fn ids(rows: &[Row]) -> Vec<i64> {
    rows.iter().filter_map(|row| row.text("id")?.parse().ok()).collect()
}

/// A line per event; false where nobody reads any more.
fn print(rows: &[Row], output: Output) -> Result<bool, Trouble> {
    let mut stdout = io::stdout().lock();
    let written = rows.iter().try_for_each(|row| writeln!(stdout, "{}", line(row, output)));
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(Exit::Unexpected, format!("stdout: {error}")).into()),
    }
}

fn line(row: &Row, output: Output) -> String {
    match output {
        Output::Json => awgp_client::shown::json(&serde_json::to_string(row).unwrap_or_default()),
        Output::Table => {
            let text = |name| crate::render::cell(&row.text(name).unwrap_or_default());
            let named =
                |name, id| Some(text(name)).filter(|name| !name.is_empty()).unwrap_or_else(|| text(id));
            let origin = trail::origin(row)
                .map_or(String::new(), |origin| format!("  [{}]", crate::render::cell(&origin)));
            let line = format!(
                "{}  #{}  {} {} {}  by {} {}{origin}",
                times::shown("timestamp", &text("timestamp"), look()).unwrap_or_default(),
                text("id"),
                text("action"),
                text("entity_type"),
                named("entity_name", "entity_id"),
                text("actor_type"),
                named("actor_name", "actor_id")
            );
            line.trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_forgotten_when_its_events_cannot_be_met_again() {
        let mut looks = Looks::default();
        assert_eq!(looks.since(LOOK_BACK_US), 0);
        for (began_us, highest_id) in [(100, 5), (200, 7), (300, 9)] {
            looks.add(Look { began_us, highest_id, ids: vec![highest_id] });
        }
        assert_eq!(looks.since(0), 300 - LOOK_BACK_US);
        assert_eq!(looks.shown_since(199), (0, vec![5, 7, 9]));
        assert_eq!(looks.shown_since(200), (5, vec![7, 9]));
        assert_eq!(looks.shown_since(1000), (7, vec![9]));
    }

    #[test]
    fn an_event_is_one_line_for_people_and_one_object_for_programs() {
        let text = r#"{"id":7,"timestamp":"2026-01-01T00:00:00+00:00","action":"lo\ngin","entity_type":"x","entity_id":null,"actor_type":"system","actor_id":null}"#;
        let row = Row::from_json(text).expect("a row");
        let told = |time| times::shown("timestamp", time, look()).expect("a time");
        assert_eq!(
            line(&row, Output::Table),
            format!("{}  #7  lo\\ngin x   by system", told("2026-01-01T00:00:00Z"))
        );
        assert_eq!(line(&row, Output::Json), text);
    }
}
