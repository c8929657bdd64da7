//! `awgp pool`: budgets, one per provider.

use crate::chart::Canvas;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::look::look;
use crate::making;
use crate::opt::{Format, Limit, Narrow, Output, Pool, PoolCreate, PoolHistory, PoolSet, PoolTopUp};
use crate::render;
use crate::table;
use crate::times;
use crate::verb;
use crate::when::{self, Edge};
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble, Work};

const COLUMNS: [&str; 16] = [
    "tenant_slug",
    "provider",
    "budget",
    "spent",
    "held",
    "left_amount",
    "used_percent",
    "per_day",
    "forecast",
    "runs_out_on",
    "period_starts_at",
    "period_ends_at",
    "pool_id",
    "tenant_id",
    "raise_amount",
    "raised_until",
];

const FOR_PEOPLE: [&str; 8] =
    ["tenant_slug", "provider", "budget", "spent", "held", "left_amount", "forecast", "runs_out_on"];

// The visible tenants are conditions in addition to row-level security, which does not apply to a superuser's
// login.
const LIST: &str = "
    SELECT * FROM awgp.budget_status WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])";

const HISTORY_COLUMNS: [&str; 7] =
    ["starts_at", "ends_at", "limit_amount", "opening", "spent", "held", "used_percent"];

const HISTORY: &str = "
    SELECT starts_at, ends_at, limit_amount, opening, spent, held, used_percent FROM awgp.budget_history
    WHERE tenant_id = awgp.current_tenant() AND provider = $1";

/// Runs one command of the noun.
pub async fn run(noun: &Pool, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, format, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Pool::Create(options) => create(session, context, options, output).await,
            Pool::Set(options) => set(session, context, options, output).await,
            Pool::TopUp(options) => top_up(session, context, options, output).await,
            Pool::List(options) => list(session, context, options, format).await,
            Pool::History(options) => history(session, context, options, format).await,
        })
        .await
}

/// Creates a budget.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &PoolCreate,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("create_credit_pool")
        .arg("provider", "text", Some(&options.provider))
        .arg("monthly_budget", "numeric", Some(&options.budget))
        .arg("reset_day_of_month", "integer", options.reset_day);
    let sql =
        "SELECT * FROM awgp.provider_credit_pools WHERE tenant_id = awgp.current_tenant() AND provider = $1";
    let existing = Some((sql, options.provider.as_str()));
    Ok(render::single(&making::make(work, &call, existing, &options.making).await?, output))
}

/// Changes a budget.
async fn set(
    session: &mut Session,
    context: Context<'_>,
    options: &PoolSet,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let call = Call::new("set_credit_pool")
        .arg("provider", "text", Some(&options.provider))
        .arg("monthly_budget", "numeric", options.budget.as_ref())
        .arg("reset_day_of_month", "integer", options.reset_day);
    let row = work.call(&call).await?.pop().ok_or_else(|| unknown(&options.provider))?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// Adds to a budget.
async fn top_up(
    session: &mut Session,
    context: Context<'_>,
    options: &PoolTopUp,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let until = when::moment(&work, "--until", options.until.as_ref(), Edge::End).await?;
    let call = Call::new("top_up_credit_pool")
        .arg("provider", "text", Some(&options.provider))
        .arg("amount", "numeric", Some(&options.amount))
        .arg("until", "timestamptz", until)
        .arg("reason", "text", options.reason.as_ref());
    verb::changed(work, &call, || unknown(&options.provider), output).await
}

/// Lists the budgets that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    limit: &Limit,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let list = List {
        query: LIST.into(),
        parameters: Vec::new(),
        order: &[
            up("(r.tenant_id <> awgp.current_tenant())", "boolean"),
            up("r.tenant_slug", "text"),
            up("r.provider", "text"),
            up("r.pool_id", "uuid"),
        ],
        columns: &FOR_PEOPLE,
        whole: &COLUMNS,
        words: &["provider", "tenant_slug"],
        moment: "",
    };
    let text = printed(&work, &list, limit, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Lists the periods of one budget.
async fn history(
    session: &mut Session,
    context: Context<'_>,
    options: &PoolHistory,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let sql = "SELECT count(*) FROM awgp.provider_credit_pools
               WHERE tenant_id = awgp.current_tenant() AND provider = $1";
    if work.number(sql, &[&options.provider]).await? == 0 {
        return Err(unknown(&options.provider).into());
    }
    let list = List {
        query: HISTORY.into(),
        parameters: vec![&options.provider],
        order: &[down("r.starts_at", "timestamptz")],
        columns: &HISTORY_COLUMNS,
        whole: &HISTORY_COLUMNS,
        words: &[],
        moment: "starts_at",
    };
    let text = printed(&work, &list, &options.limit, format).await?;
    work.commit().await?;
    Ok(text)
}

fn unknown(provider: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("the tenant has no pool for \"{provider}\""))
        .hint("list the pools with `awgp pool list`, or create one with `awgp pool create`")
}

/// A page for people has bars; everything else is as of every list.
async fn printed(work: &Work<'_>, list: &List<'_>, limit: &Limit, format: Format) -> Result<String, Trouble> {
    let narrow = Narrow::default();
    if limit.all || format != Format::Table {
        return list::show(work, list, limit, &narrow, format).await;
    }
    let (rows, last) = list::rows(work, list, limit, &narrow, format).await?;
    if rows.is_empty() {
        return Ok("no rows\n".to_owned());
    }
    Ok(told(&rows, list.columns, Canvas::of_stdout()) + &raises(&rows) + &last)
}

/// A line for each budget that is raised for a time.
fn raises(rows: &[Row]) -> String {
    let told = |row: &Row| {
        let text = |name| render::cell(&row.text(name).unwrap_or_default());
        let (amount, until) = (text("raise_amount"), text("raised_until"));
        let until = times::shown_in_full("raised_until", &until, look()).unwrap_or(until);
        (!amount.is_empty()).then(|| {
            format!("{} {}: {amount} of the budget ends {until}\n", text("tenant_slug"), text("provider"))
        })
    };
    rows.iter().filter_map(told).collect()
}

/// Budgets for people, with the used part of each: green, yellow from three quarters, red from nine tenths.
fn told(rows: &[Row], columns: &[&str], canvas: Canvas) -> String {
    let used = |row: &Row| row.text("used_percent").and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let mut header = columns.to_vec();
    if !header.contains(&"used_percent") {
        header.push("used_percent");
    }
    let cells = table::cells(rows, &header, look(), 36);
    let bars: Vec<_> = rows
        .iter()
        .map(|row| match used(row) {
            percent if percent >= 90.0 => (percent / 100.0, "31"),
            percent if percent >= 75.0 => (percent / 100.0, "33"),
            percent => (percent / 100.0, "32"),
        })
        .collect();
    render::with_bars(&header, cells, &bars, canvas)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(used: &str) -> Row {
        Row::from_json(&format!(r#"{{"provider":"openai","spent":1.000001,"used_percent":{used}}}"#))
            .expect("a row")
    }

    #[test]
    fn a_bar_tells_how_much_is_used_and_its_colour_how_bad_that_is() {
        let rows = [row("10.0"), row("75.0"), row("130.5"), row("null")];
        let text = told(&rows, &["provider", "spent"], Canvas { columns: 100, colour: true });
        let lines: Vec<&str> = text.lines().skip(2).collect();
        for (line, colour) in lines.iter().zip(["\u{1b}[32m", "\u{1b}[33m", "\u{1b}[31m"]) {
            assert!(line.contains(colour) && line.contains("\u{1b}[0m"), "{text}");
        }
        assert!(!lines[3].contains('\u{1b}'), "{text}");
        let plain = told(&rows, &["provider", "spent"], Canvas { columns: 100, colour: false });
        assert!(!plain.contains('\u{1b}') && plain.contains("1.000001"), "{plain}");
        assert_eq!(plain.lines().nth(4).map(|line| line.matches('█').count()), Some(30));
    }
}
