//! `awgp cost`: what was spent, recorded and added up.

use crate::assistant;
use crate::chart::{self, Canvas};
use crate::ids;
use crate::invocation::Invocation;
use crate::ledger;
use crate::list::{self, Key, List, down, up};
use crate::opt::{By, Cost, CostRecord, CostReport, Format, Narrow, Output};
use crate::render;
use crate::when;
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble, Work, input};
use std::collections::BTreeMap;

/// Columns of a report besides its key.
const SUMS: [&str; 5] = ["entries", "input_tokens", "output_tokens", "cost_amount", "percent"];

/// The widest sparkline.
const TREND_COLUMNS: usize = 30;

/// The days of a report; $1 and $2 are its bounds, where given. The last day is in the time zone of the
/// tenant in context.
const DAYS: &str = "
    SELECT COALESCE($1::text::date, last - 29)::text AS since, last::text AS until
    FROM (SELECT COALESCE($2::text::date, awgp.accounting_today())) AS bound (last)";

impl By {
    /// The column to add up by, and further columns that belong to it.
    fn key(self) -> (&'static str, &'static str) {
        match self {
            Self::Assistant => ("assistant_slug", "tenant_slug, assistant_id"),
            Self::Model => ("model", "provider"),
            Self::WorkItem => ("work_item_title", "tenant_slug, work_item_id"),
            Self::Day => ("day", ""),
            Self::Tenant => ("tenant_slug", "tenant_id"),
        }
    }

    /// The most expensive first; days in their order.
    fn order(self) -> Vec<Key> {
        let further = match self {
            Self::Day => return vec![up("r.day", "date")],
            Self::Assistant => vec![up("r.assistant_slug", "text"), up("r.assistant_id", "uuid")],
            Self::Model => vec![up("r.model", "text"), up("r.provider", "text")],
            Self::WorkItem => vec![
                up("COALESCE(r.work_item_title, '')", "text"),
                up("COALESCE(r.work_item_id::text, '')", "text"),
                up("r.tenant_slug", "text"),
            ],
            Self::Tenant => vec![up("r.tenant_slug", "text"), up("r.tenant_id", "uuid")],
        };
        [vec![down("r.cost_amount", "numeric")], further].concat()
    }

    fn columns(self) -> Vec<&'static str> {
        let (key, further) = self.key();
        let further = further.split(", ").filter(|name| !name.is_empty());
        std::iter::once(key).chain(further).chain(SUMS).collect()
    }

    /// The columns of these for people: without ids.
    fn for_people(self) -> Vec<&'static str> {
        self.columns().into_iter().filter(|name| !name.ends_with("_id")).collect()
    }
}

/// Runs one command of the noun.
pub async fn run(noun: &Cost, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, format, output, .. } = *invocation;
    if let Cost::VerifyLedger = noun {
        return invocation.decision(async |session| ledger::verify(session, context, format).await).await;
    }
    invocation
        .answer(async |session| match noun {
            Cost::Record(options) => record(session, context, options, output).await,
            Cost::Report(options) => report(session, context, options, format).await,
            Cost::Estimate(options) => ledger::estimate(session, context, options, output).await,
            Cost::Reserve(options) => ledger::reserve(session, context, options, output).await,
            Cost::Settle(options) => ledger::settle(session, context, options, output).await,
            Cost::Release(options) => ledger::release(session, context, options, output).await,
            Cost::Reverse(options) => ledger::reverse(session, context, options, output).await,
            Cost::VerifyLedger => ledger::verify(session, context, format).await.map(|(text, _)| text),
        })
        .await
}

/// Records a cost.
async fn record(
    session: &mut Session,
    context: Context<'_>,
    options: &CostRecord,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let assistant = assistant::find(&work, &options.assistant).await?;
    // Merged by the server, which keeps every digit.
    let metadata = match options.cached_tokens {
        None => options.metadata.clone(),
        Some(cached) => {
            let given = input::json("--metadata", options.metadata.as_deref().unwrap_or("{}"))?;
            let sql =
                "SELECT ($1::text::jsonb || jsonb_build_object('cached_tokens', $2::text::integer))::text";
            Some(work.text(sql, &[&given, &cached.to_string()]).await?)
        }
    };
    let call = Call::new("record_cost")
        .arg("assistant_id", "uuid", Some(assistant))
        .arg("provider", "text", Some(&options.provider))
        .arg("model", "text", Some(&options.model))
        .arg("input_tokens", "integer", Some(options.input_tokens))
        .arg("output_tokens", "integer", Some(options.output_tokens))
        .arg("cost_amount", "numeric", options.amount.as_ref())
        .arg("work_item_id", "uuid", ids::find_given(&work, ids::WORK, options.work_item.as_ref()).await?)
        .arg("metadata", "jsonb", metadata)
        .arg("idempotency_key", "text", options.idempotency_key.as_ref());
    Ok(render::single(&work.conclude(&call).await?, output))
}

/// Adds up what was spent.
pub async fn report(
    session: &mut Session,
    context: Context<'_>,
    options: &CostReport,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let since = when::day(&work, "--since", options.since.as_ref()).await?;
    let until = when::day(&work, "--until", options.until.as_ref()).await?;
    let days = work.select(DAYS, &[&since, &until]).await?;
    let day = |name: &str| days.first().and_then(|row| row.text(name)).unwrap_or_default();
    let (since, until) = (day("since"), day("until"));
    let columns = options.by.columns();
    let list = List {
        query: sums(options.by).into(),
        parameters: vec![&since, &until],
        order: &options.by.order(),
        columns: &options.by.for_people(),
        whole: &columns,
        words: &[],
        moment: "",
    };
    let narrow = Narrow::default();
    let text = match format {
        Format::Csv | Format::Json => list::show(&work, &list, &options.limit, &narrow, format).await?,
        Format::Table => {
            let (rows, last) = list::rows(&work, &list, &options.limit, &narrow, format).await?;
            let trends = if options.by == By::Day {
                Trends::default()
            } else {
                trends(&work, options.by, &since, &until).await?
            };
            told(&rows, options.by, &trends, (&since, &until), Canvas::of_stdout()) + &last
        }
    };
    work.commit().await?;
    Ok(text)
}

/// The visible tenants are conditions in addition to row-level security, which does not apply to a
/// superuser's login.
const WINDOW: &str = "FROM awgp.cost_by
    WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[]) AND day BETWEEN $1::text::date AND $2::text::date";

fn sums(by: By) -> String {
    let (key, further) = by.key();
    let keys = if further.is_empty() { key.to_owned() } else { format!("{key}, {further}") };
    format!(
        "SELECT {keys}, sum(entries) AS entries, sum(input_tokens) AS input_tokens,
                sum(output_tokens) AS output_tokens, sum(cost_amount) AS cost_amount,
                round(100 * sum(cost_amount) / NULLIF(sum(sum(cost_amount)) OVER (), 0), 1) AS percent
         {WINDOW} GROUP BY {keys}"
    )
}

/// The costs per day, by the key's columns as text.
type Trends = BTreeMap<Vec<String>, Vec<f64>>;

async fn trends(work: &Work<'_>, by: By, since: &str, until: &str) -> Result<Trends, Trouble> {
    let (key, further) = by.key();
    let sql = format!(
        "SELECT {key}, {further}, day - $1::text::date AS place, $2::text::date - $1::text::date + 1 AS days,
                sum(cost_amount) AS cost_amount
         {WINDOW} GROUP BY {key}, {further}, day"
    );
    let mut trends = Trends::new();
    for row in work.select(&sql, &[&since, &until]).await? {
        let number = |name: &str| row.text(name).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let trend = trends.entry(identity(&row, by)).or_insert_with(|| vec![0.0; number("days")]);
        if let Some(day) = trend.get_mut(number("place")) {
            *day = amount(&row);
        }
    }
    Ok(trends)
}

/// What distinguishes a row of a report from the others.
fn identity(row: &Row, by: By) -> Vec<String> {
    let names = by.columns().into_iter().filter(|name| !SUMS.contains(name));
    names.map(|name| row.text(name).unwrap_or_default()).collect()
}

/// An amount to draw; the exact one is beside it.
fn amount(row: &Row) -> f64 {
    row.text("cost_amount").and_then(|text| text.parse().ok()).unwrap_or(0.0)
}

/// A report for people.
fn told(rows: &[Row], by: By, trends: &Trends, days: (&str, &str), canvas: Canvas) -> String {
    let period = format!("{} to {}", days.0, days.1);
    if rows.is_empty() {
        return format!("nothing was spent from {period}\n");
    }
    let columns = by.for_people();
    let mut header: Vec<&str> = columns.clone();
    let mut cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|name| render::cell(&row.text(name).unwrap_or_default())).collect())
        .collect();
    if !trends.is_empty() {
        header.push("trend");
        for (row, line) in rows.iter().zip(&mut cells) {
            let trend = trends.get(&identity(row, by)).map(Vec::as_slice).unwrap_or_default();
            line.push(chart::sparkline(&chart::condensed(trend, TREND_COLUMNS)));
        }
    }
    let highest = rows.iter().map(amount).fold(0.0, f64::max);
    let bars = rows.iter().map(|row| (amount(row) / highest, ""));
    let text = render::with_bars(&header, cells, &bars.collect::<Vec<_>>(), canvas);
    let mut summary = String::new();
    if by == By::Day {
        let spent: Vec<f64> = rows.iter().map(amount).collect();
        summary = format!("  {}", chart::sparkline(&chart::condensed(&spent, TREND_COLUMNS * 2)));
    }
    format!("{text}{period}{summary}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Canvas = Canvas { columns: 140, colour: false };

    fn rows() -> Vec<Row> {
        [
            r#"{"assistant_slug":"ledger","tenant_slug":"north","assistant_id":"1","entries":2,"input_tokens":10,"output_tokens":20,"cost_amount":3.000001,"percent":75.0}"#,
            r#"{"assistant_slug":"scribe","tenant_slug":"north","assistant_id":"2","entries":1,"input_tokens":1,"output_tokens":2,"cost_amount":1.000000,"percent":25.0}"#,
        ]
        .map(|text| Row::from_json(text).expect("a row"))
        .to_vec()
    }

    #[test]
    fn a_report_has_exact_numbers_bars_and_a_trend_and_no_ids() {
        let trends = Trends::from([(vec!["ledger".into(), "north".into(), "1".into()], vec![1.0, 2.0, 0.0])]);
        let text = told(&rows(), By::Assistant, &trends, ("2026-03-01", "2026-03-03"), PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains("trend") && !lines[0].contains("assistant_id"), "{text}");
        assert!(lines[2].contains("3.000001") && lines[2].contains("▄█"), "{text}");
        assert!(lines[3].contains("█") && !lines[3].contains("▄█"), "{text}");
        assert_eq!(lines.last(), Some(&"2026-03-01 to 2026-03-03"));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn nothing_spent_is_said() {
        let text = told(&[], By::Day, &Trends::default(), ("2026-03-01", "2026-03-03"), PLAIN);
        assert_eq!(text, "nothing was spent from 2026-03-01 to 2026-03-03\n");
    }

    #[test]
    fn a_narrow_screen_has_no_bar() {
        let narrow = Canvas { columns: 40, colour: false };
        let text = told(&rows(), By::Assistant, &Trends::default(), ("a", "b"), narrow);
        assert!(!text.contains('█'), "{text}");
    }
}
