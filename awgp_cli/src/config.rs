//! `awgp config`: the connection that is in force, and profiles.

use crate::invocation::{Invocation, environment, print};
use crate::opt::{Config, ConfigCommand, ConfigSave, Format, Global, Output};
use crate::render;
use awgp_client::{Exit, Failure, Profile, Profiles, Row, connection_files, secret};
use serde_json::{Value, json};

/// Runs one command of the noun.
pub fn run(noun: &ConfigCommand, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let (output, format) = (invocation.output, invocation.format);
    let text = match noun.command.as_ref().unwrap_or(&Config::Show) {
        Config::Show => show(invocation)?,
        Config::Paths => paths(format)?,
        Config::Profiles => profiles(format)?,
        Config::Save(options) => save(options, invocation.global(), output)?,
        Config::Remove(named) => {
            let mut profiles = Profiles::read(&environment)?;
            profiles.remove(&named.name)?;
            written(&profiles, &named.name, "removed", output)?
        }
    };
    print(&text, Exit::Success)
}

/// Shows what is in force. Warnings about ignored files go to stderr, as for every command.
fn show(invocation: &Invocation<'_>) -> Result<String, Failure> {
    invocation.target()?;
    let lines = invocation.effective().shown(&environment)?;
    let line =
        |line: awgp_client::Shown| json!({ "setting": line.setting, "value": line.value, "from": line.from });
    list(&lines.into_iter().map(line).collect::<Vec<_>>(), &["setting", "value", "from"], invocation.format)
}

/// Lists the files.
fn paths(format: Format) -> Result<String, Failure> {
    let files = connection_files(&environment);
    let line = |file: awgp_client::FileRead| json!({ "has": file.what, "path": file.path.display().to_string(), "exists": file.exists });
    list(&files.into_iter().map(line).collect::<Vec<_>>(), &["has", "path", "exists"], format)
}

/// Lists the profiles. One that cannot be used is listed with the reason.
fn profiles(format: Format) -> Result<String, Failure> {
    let profiles = Profiles::read(&environment)?;
    let line = |name: String| match profiles.profile(&name) {
        Ok(profile) => {
            let url = profile.url.as_ref().map(|url| secret::redact(url.expose()));
            json!({ "profile": name, "url": url, "tenant": profile.tenant, "user": profile.user, "problem": null })
        }
        Err(failure) => {
            let problem = secret::redact(&failure.message);
            json!({ "profile": name, "url": null, "tenant": null, "user": null, "problem": problem })
        }
    };
    let lines: Vec<Value> = profiles.names().into_iter().map(line).collect();
    list(&lines, &["profile", "url", "tenant", "user", "problem"], format)
}

/// Writes a profile from the options of the command line alone.
fn save(options: &ConfigSave, global: &Global, output: Output) -> Result<String, Failure> {
    let mut profile = Profile {
        url: global.database_url.clone(),
        tenant: global.tenant.clone(),
        user: global.user.clone(),
        token_file: global.token_file.clone(),
        fleet: global.fleet.clone(),
        ..Profile::default()
    };
    for setting in &options.settings {
        // Its text may be a secret, so it is not quoted.
        let pair = setting
            .split_once('=')
            .filter(|(key, _)| !matches!(*key, "url" | "tenant" | "user" | "token_file" | "fleet"));
        if !pair.is_some_and(|(key, value)| profile.set(key, value)) {
            return Err(Failure::new(Exit::Usage, "--set takes KEYWORD=VALUE, with a keyword of PostgreSQL")
                .hint("for instance --set sslmode=verify-full; the login belongs into --database-url"));
        }
    }
    if profile == Profile::default() {
        return Err(Failure::new(Exit::Usage, "there is nothing to save")
            .hint("give --database-url, --fleet, --set, --tenant, --user or --token-file"));
    }
    let ignored = profile.check(&options.name)?;
    let mut profiles = Profiles::read(&environment)?;
    profiles.save(&options.name, &profile)?;
    for (name, whose) in ignored {
        eprintln!("note: {name} is ignored: a parameter of {whose}");
    }
    written(&profiles, &options.name, "saved", output)
}

/// Says what was done, and to which file.
fn written(profiles: &Profiles, name: &str, what: &str, output: Output) -> Result<String, Failure> {
    let file = profiles.file().display().to_string();
    Ok(render::single(&row(&json!({ "profile": name, "done": what, "file": file }))?, output))
}

fn list(lines: &[Value], columns: &[&str], format: Format) -> Result<String, Failure> {
    let rows: Result<Vec<Row>, Failure> = lines.iter().map(row).collect();
    Ok(render::rows(&rows?, columns, format))
}

fn row(line: &Value) -> Result<Row, Failure> {
    Row::from_json(&line.to_string()).map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))
}
