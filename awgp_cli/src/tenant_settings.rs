//! `awgp tenant settings`: the settings of a tenant, key by key.

use crate::ids;
use crate::opt::{
    Format, Output, SettingsConfirm, SettingsGet, SettingsHow, SettingsWithdraw, TenantSettings,
};
use crate::render;
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work, input};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::fmt::Write as _;

const COLUMNS: [&str; 4] = ["key", "value", "is_set", "meaning"];

const GET: &str = "
    SELECT * FROM awgp.tenant_settings()
    WHERE $1::text IS NULL OR key = $1 OR starts_with(key, $1 || '.') OR starts_with($1, key || '.')";

/// The change that waits, unless it has expired.
const WAITS: &str = "
    SELECT proposed_settings ->> 'id' AS change_id, proposed_settings -> 'changes' AS changes,
           proposed_settings ->> 'reason' AS reason, jsonb_array_length(proposed_settings -> 'agreed') AS people_agreed,
           proposed_settings ->> 'expires_at' AS expires_at
    FROM awgp.tenants
    WHERE id = awgp.current_tenant() AND (proposed_settings ->> 'expires_at')::timestamptz > clock_timestamp()";

const CHANGE: &str = "SELECT awgp.change_settings($1::text::jsonb, $2, $3)::text";
const CONFIRM: &str = "SELECT awgp.confirm_settings_change($1::text::uuid)::text";
const WITHDRAW: &str = "SELECT awgp.withdraw_settings_change($1::text::uuid, $2)::text";

/// Runs one command.
pub async fn run(
    noun: &TenantSettings,
    session: &mut Session,
    context: Context<'_>,
    format: Format,
) -> Result<String, Trouble> {
    let output = format.without_csv();
    match noun {
        TenantSettings::Get(options) => get(session, context, options, format).await,
        TenantSettings::Set(options) => {
            let changes = format!("{{{}:{}}}", Value::from(options.key.as_str()), value_of(&options.value)?);
            change(session, context, &changes, &options.how, output).await
        }
        TenantSettings::Unset(options) => {
            let changes = json!({ options.key.as_str(): null }).to_string();
            change(session, context, &changes, &options.how, output).await
        }
        TenantSettings::Confirm(options) => confirm(session, context, options, output).await,
        TenantSettings::Withdraw(options) => withdraw(session, context, options, output).await,
    }
}

/// Shows settings, and the change that waits.
async fn get(
    session: &mut Session,
    context: Context<'_>,
    options: &SettingsGet,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let rows = work.select(GET, &[&options.key]).await?;
    let waits = if format == Format::Table { work.select(WAITS, &[]).await? } else { Vec::new() };
    work.commit().await?;
    if let (Some(key), true) = (&options.key, rows.is_empty()) {
        return Err(Failure::new(Exit::NotFound, format!("there is no setting \"{key}\""))
            .hint("list the settings with `awgp tenant settings get`")
            .into());
    }
    let mut text = render::rows(&rows, &COLUMNS, format);
    if let Some(change) = waits.first() {
        text += "\na change waits for agreement:\n";
        text += &render::single(change, Output::Table);
    }
    Ok(text)
}

/// Changes settings.
async fn change(
    session: &mut Session,
    context: Context<'_>,
    changes: &str,
    how: &SettingsHow,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let answer = work.text(CHANGE, &[&changes, &how.reason, &how.dry_run]).await?;
    work.commit().await?;
    told(&answer, how.dry_run, output)
}

/// The id of the change that waits, where it begins like this.
async fn change_id(work: &Work<'_>, given: &str) -> Result<String, Trouble> {
    if ids::range(given).is_none() {
        return Ok(given.to_owned());
    }
    let waits = work.select(WAITS, &[]).await?.first().and_then(|row| row.text("change_id"));
    let plain = |text: &str| text.replace('-', "").to_lowercase();
    waits.filter(|id| plain(id).starts_with(&plain(given))).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("no change of settings that begins with {given} waits"))
            .hint("`awgp tenant settings get` shows what waits")
            .into()
    })
}

/// Agrees to a change.
async fn confirm(
    session: &mut Session,
    context: Context<'_>,
    options: &SettingsConfirm,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let change = change_id(&work, &options.change).await?;
    let answer = work.text(CONFIRM, &[&change]).await?;
    work.commit().await?;
    told(&answer, false, output)
}

/// Withdraws a change.
async fn withdraw(
    session: &mut Session,
    context: Context<'_>,
    options: &SettingsWithdraw,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let change = change_id(&work, &options.change).await?;
    let answer = work.text(WITHDRAW, &[&change, &options.reason]).await?;
    work.commit().await?;
    match output {
        Output::Json => Ok(render::single(&row(&answer)?, output)),
        Output::Table => Ok("the change is withdrawn; the settings are as they were\n".to_owned()),
    }
}

/// JSON as it is; anything else is a text.
fn value_of(text: &str) -> Result<String, Failure> {
    if serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return input::json("VALUE", text);
    }
    Ok(Value::from(text).to_string())
}

fn row(answer: &str) -> Result<Row, Failure> {
    Row::from_json(answer).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "called by map_err")]
fn unreadable(error: impl ToString) -> Failure {
    Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {}", error.to_string()))
}

/// What a change does, in sentences.
fn told(answer: &str, dry_run: bool, output: Output) -> Result<String, Trouble> {
    if output == Output::Json {
        return Ok(render::single(&row(answer)?, output));
    }
    let answer: Value = serde_json::from_str(answer).map_err(unreadable)?;
    let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let mut text = String::new();
    // Writing to a String cannot fail.
    for change in list("changes") {
        let key = render::cell(change["key"].as_str().unwrap_or_default());
        let _ = writeln!(text, "{key}: {} -> {}", shown(&change["before"]), shown(&change["after"]));
    }
    for path in list("falls_away") {
        let _ = writeln!(text, "falls away: {}", render::cell(path.as_str().unwrap_or_default()));
    }
    for level in list("approvals") {
        let (before, after) = (votes(&level["before"]), votes(&level["after"]));
        let _ = writeln!(text, "approvals of risk {}: before, {before}; after, {after}", level["risk_level"]);
    }
    let open = list("open_approvals").len();
    if open > 0 {
        let _ = writeln!(
            text,
            "open approvals that this would loosen: {open}; it is refused while they are open"
        );
    }
    let id = answer["change_id"].as_str().unwrap_or_default();
    let needed = &answer["people_needed"];
    let end = match (dry_run, answer["applied"] == true) {
        (true, _) if needed.as_u64() > Some(1) => {
            format!("a dry run: nothing is changed; this needs {needed} super_admins\n")
        }
        (true, _) => "a dry run: nothing is changed\n".to_owned(),
        (false, true) => "the settings are changed\n".to_owned(),
        (false, false) => format!(
            "this needs {needed} super_admins and waits; another one confirms it with \
             `awgp tenant settings confirm {id}`\n"
        ),
    };
    Ok(text + &end)
}

fn shown(value: &Value) -> String {
    if value.is_null() { "not set".to_owned() } else { render::cell(&value.to_string()) }
}

fn votes(level: &Value) -> String {
    let (count, people) = (&level["votes"], &level["people"]);
    let votes = if *count == 1 { "vote" } else { "votes" };
    let role = render::cell(level["least_role"].as_str().unwrap_or_default());
    format!("{count} {votes} of {role} or above ({people} active)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_json_or_a_text_as_it_is() {
        for (given, sent) in
            [("2", "2"), ("Europe/Berlin", "\"Europe/Berlin\""), ("[\"x\"]", "[\"x\"]"), ("", "\"\"")]
        {
            assert_eq!(value_of(given).expect(given), sent);
        }
    }

    #[test]
    fn what_a_change_does_is_said_in_sentences() {
        let answer = r#"{"changes": [{"key": "approval_policy.quorum.4", "before": null, "after": 2}],
            "falls_away": [], "loosens": [], "open_approvals": [], "people_needed": 1, "applied": true,
            "approvals": [{"risk_level": 4, "before": {"votes": 1, "least_role": "admin", "people": 2},
                           "after": {"votes": 2, "least_role": "admin", "people": 2}}]}"#;
        let text = told(answer, false, Output::Table).unwrap_or_default();
        assert_eq!(
            text,
            "approval_policy.quorum.4: not set -> 2\n\
             approvals of risk 4: before, 1 vote of admin or above (2 active); after, 2 votes of admin or above (2 active)\n\
             the settings are changed\n"
        );
        assert!(told(answer, true, Output::Table).unwrap_or_default().ends_with("nothing is changed\n"));
    }
}
