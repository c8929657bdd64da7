//! `awgp provider`: identity providers, whose tokens count in signed mode.

use crate::confirm;
use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::making;
use crate::opt::{
    Format, Limit, Narrow, Output, Provider, ProviderAdd, ProviderNamed, ProviderRemove, ProviderRotate,
    ProviderUpdate,
};
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Notice, Row, Session, Trouble, input, shown};
use serde_json::json;
use std::path::Path;

const COLUMNS: [&str; 7] = ["name", "issuer", "audience", "algorithms", "key_ids", "is_active", "updated_at"];

const LIST: &str = "SELECT * FROM awgp.identity_provider_list";

const EXISTING: &str =
    "SELECT * FROM awgp.identity_providers WHERE issuer = $1 ORDER BY created_at, id LIMIT 1";

/// Runs one command of the noun.
pub async fn run(noun: &Provider, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Provider::Add(options) => add(session, options, output).await,
            Provider::List(options) => list(session, options, invocation.format).await,
            Provider::Update(options) => update(session, options, output).await,
            Provider::Deactivate(options) => deactivate(session, options, output).await,
            Provider::Rotate(options) => rotate(session, options, output).await,
            Provider::Remove(options) => remove(session, options, output).await,
        })
        .await
}

/// Adds a provider.
async fn add(session: &mut Session, options: &ProviderAdd, output: Output) -> Result<String, Trouble> {
    let jwks = read(&options.jwks_file)?;
    let work = session.begin(Context::default()).await?;
    let only_tenant = match &options.only_tenant {
        Some(tenant) => Some(work.text("SELECT awgp.find_tenant($1::text)::text", &[tenant]).await?),
        None => None,
    };
    let call = Call::new("create_identity_provider")
        .arg("name", "text", Some(&options.name))
        .arg("issuer", "text", Some(&options.issuer))
        .list("audience", &options.audience)
        .arg("jwks", "text", Some(&jwks))
        .list("algorithms", &options.algorithm)
        .arg("subject_claim", "text", options.subject_claim.as_ref())
        .arg("tenant_claim", "text", options.tenant_claim.as_ref())
        .list("authorized_parties", &options.authorized_party)
        .arg("leeway_seconds", "integer", options.leeway_seconds)
        .arg("max_lifetime_seconds", "integer", options.max_lifetime_seconds)
        .arg("only_tenant_id", "uuid", only_tenant);
    let existing = Some((EXISTING, options.issuer.as_str()));
    let row = making::make(work, &call, existing, &options.making).await?;
    tell_notices(session, output);
    Ok(render::single(&row, output))
}

/// Lists the providers.
async fn list(session: &mut Session, limit: &Limit, format: Format) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let list = List {
        query: LIST.into(),
        parameters: Vec::new(),
        order: &[up("r.name", "text"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["name", "issuer"],
        moment: "updated_at",
    };
    let text = list::show(&work, &list, limit, &Narrow::default(), format).await?;
    work.commit().await?;
    Ok(text)
}

/// Changes a provider.
async fn update(session: &mut Session, options: &ProviderUpdate, output: Output) -> Result<String, Trouble> {
    let call = Call::new("update_identity_provider")
        .arg("issuer", "text", Some(&options.issuer))
        .arg("name", "text", options.name.as_ref())
        .list("audience", &options.audience)
        .list("algorithms", &options.algorithm)
        .list("authorized_parties", &options.authorized_party)
        .arg("leeway_seconds", "bigint", options.leeway_seconds)
        .arg("max_lifetime_seconds", "bigint", options.max_lifetime_seconds)
        .arg("is_active", "boolean", options.active.then_some(true));
    change(session, &call, &options.issuer, output).await
}

/// Deactivates a provider.
async fn deactivate(
    session: &mut Session,
    options: &ProviderNamed,
    output: Output,
) -> Result<String, Trouble> {
    let call = Call::new("update_identity_provider").arg("issuer", "text", Some(&options.issuer)).arg(
        "is_active",
        "boolean",
        Some(false),
    );
    change(session, &call, &options.issuer, output).await
}

/// Replaces the key set of a provider.
async fn rotate(session: &mut Session, options: &ProviderRotate, output: Output) -> Result<String, Trouble> {
    let call = Call::new("rotate_identity_provider").arg("issuer", "text", Some(&options.issuer)).arg(
        "jwks",
        "text",
        Some(&read(&options.jwks_file)?),
    );
    change(session, &call, &options.issuer, output).await
}

/// Removes a provider.
async fn remove(session: &mut Session, options: &ProviderRemove, output: Output) -> Result<String, Trouble> {
    if confirm::REMOVE_PROVIDER.is_asked(&options.sure)? {
        confirm::REMOVE_PROVIDER.ask(&format!("the provider of {}\n", shown::line(&options.issuer)))?;
    }
    let call = Call::new("remove_identity_provider").arg("issuer", "text", Some(&options.issuer));
    change(session, &call, &options.issuer, output).await
}

/// Prints the server's notices to stderr: one line or one object each.
fn tell_notices(session: &Session, output: Output) {
    for Notice { message, hint } in session.take_notices() {
        match output {
            Output::Table => eprintln!("notice: {}", shown::line(&message)),
            Output::Json => {
                let told = json!({"notice": message, "hint": hint.unwrap_or_default()}).to_string();
                eprintln!("{}", shown::json(&told));
            }
        }
    }
}

async fn change(session: &mut Session, call: &Call, issuer: &str, output: Output) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let row: Option<Row> = work.call(call).await?.pop();
    let row = row.ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("no identity provider has the issuer \"{issuer}\""))
            .hint("list the providers with `awgp provider list`")
    })?;
    work.commit().await?;
    tell_notices(session, output);
    Ok(render::single(&row, output))
}

fn read(file: &Path) -> Result<String, Failure> {
    input::file(file).map_err(|error| {
        Failure::new(Exit::BadArgument, format!("{} cannot be read: {error}", file.display()))
            .hint("let --jwks-file name a file with the answer of the realm's certificates endpoint")
    })
}
