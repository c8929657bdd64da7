//! `awgp pool`: budgets, one per provider.

use crate::chart::Canvas;
use crate::invocation::Invocation;
use crate::opt::{Format, Output, Pool, PoolCreate, PoolHistory, PoolSet, PoolTopUp};
use crate::{render, verb};
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble};

const COLUMNS: [&str; 14] = [
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
];

const FOR_PEOPLE: [&str; 8] =
    ["tenant_slug", "provider", "budget", "spent", "held", "left_amount", "forecast", "runs_out_on"];

// The visible tenants are conditions in addition to row-level security, which does not apply to a superuser's
// login.
const LIST: &str = "
    SELECT * FROM awgp.budget_status WHERE tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])
    ORDER BY tenant_id <> awgp.current_tenant(), tenant_slug, provider";

const HISTORY_COLUMNS: [&str; 7] =
    ["starts_at", "ends_at", "limit_amount", "opening", "spent", "held", "used_percent"];

const HISTORY: &str = "
    SELECT starts_at, ends_at, limit_amount, opening, spent, held, used_percent FROM awgp.budget_history
    WHERE tenant_id = awgp.current_tenant() AND provider = $1
    ORDER BY starts_at DESC LIMIT $2::bigint";

/// Runs one command of the noun.
pub async fn run(noun: &Pool, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, format, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Pool::Create(options) => create(session, context, options, output).await,
            Pool::Set(options) => set(session, context, options, output).await,
            Pool::TopUp(options) => top_up(session, context, options, output).await,
            Pool::List => list(session, context, format).await,
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
    Ok(render::single(&work.conclude(&call).await?, output))
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
    let call = Call::new("top_up_credit_pool").arg("provider", "text", Some(&options.provider)).arg(
        "amount",
        "numeric",
        Some(&options.amount),
    );
    verb::changed(work, &call, || unknown(&options.provider), output).await
}

/// Lists the budgets that the tenant sees.
async fn list(session: &mut Session, context: Context<'_>, format: Format) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let rows = work.select(LIST, &[]).await?;
    work.commit().await?;
    Ok(printed(&rows, &COLUMNS, &FOR_PEOPLE, format))
}

/// Lists the periods of one budget.
async fn history(
    session: &mut Session,
    context: Context<'_>,
    options: &PoolHistory,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let rows = work.select(HISTORY, &[&options.provider, &i64::from(options.limit.rows)]).await?;
    if rows.is_empty() {
        let sql = "SELECT count(*) FROM awgp.provider_credit_pools
                   WHERE tenant_id = awgp.current_tenant() AND provider = $1";
        if work.number(sql, &[&options.provider]).await? == 0 {
            return Err(unknown(&options.provider).into());
        }
    }
    work.commit().await?;
    Ok(printed(&rows, &HISTORY_COLUMNS, &HISTORY_COLUMNS, format))
}

fn unknown(provider: &str) -> Failure {
    Failure::new(Exit::NotFound, format!("the tenant has no pool for \"{provider}\""))
        .hint("list the pools with `awgp pool list`, or create one with `awgp pool create`")
}

fn printed(rows: &[Row], columns: &[&str], for_people: &[&str], format: Format) -> String {
    match format {
        Format::Csv => render::csv(rows, columns),
        Format::Json => render::list(rows, columns, Output::Json),
        Format::Table if rows.is_empty() => render::list(rows, columns, Output::Table),
        Format::Table => told(rows, for_people, Canvas::of_stdout()),
    }
}

/// Budgets for people, with the used part of each: green, yellow from three quarters, red from nine tenths.
fn told(rows: &[Row], columns: &[&str], canvas: Canvas) -> String {
    let used = |row: &Row| row.text("used_percent").and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let mut header = columns.to_vec();
    if !header.contains(&"used_percent") {
        header.push("used_percent");
    }
    let cells =
        |row: &Row| header.iter().map(|name| render::cell(&row.text(name).unwrap_or_default())).collect();
    let bars: Vec<_> = rows
        .iter()
        .map(|row| match used(row) {
            percent if percent >= 90.0 => (percent / 100.0, "31"),
            percent if percent >= 75.0 => (percent / 100.0, "33"),
            percent => (percent / 100.0, "32"),
        })
        .collect();
    render::with_bars(&header, rows.iter().map(cells).collect(), &bars, canvas)
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
