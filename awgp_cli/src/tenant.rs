//! `awgp tenant`: organisations.

use crate::confirm;
use crate::fleet::archive;
use crate::ids::{self, TENANT};
use crate::invocation::{self, Invocation};
use crate::list::{self, List, up};
use crate::making;
use crate::opt::{
    Format, Named, Output, Tenant, TenantCreate, TenantExport, TenantList, TenantMove, TenantUpdate,
};
use crate::render;
use crate::tenant_settings;
use crate::verb;
use awgp_client::{Call, Context, Exit, Failure, Row, Session, Trouble, Work};

const COLUMNS: [&str; 6] = ["slug", "name", "type", "is_active", "parent_slug", "id"];
const WHOLE: [&str; 6] = ["slug", "name", "type", "is_active", "id", "parent_slug"];

/// The name of the holding, where the login sees it.
const PARENT: &str = "(SELECT parent.slug FROM awgp.tenants AS parent WHERE parent.id = tenants.parent_tenant_id) AS parent_slug";

/// What the login may read of the tenants: an auditor, who they are; everybody else, all of the row.
const READS_ALL: &str = "SELECT pg_catalog.has_table_privilege('awgp.tenants', 'SELECT')::integer::bigint";
const FOR_AUDITORS: &str = "id, name, slug, type, parent_tenant_id, is_active, created_at";

/// Runs one command of the noun.
pub async fn run(noun: &Tenant, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    match noun {
        Tenant::Export(options) => return export(options, invocation).await,
        Tenant::Import(options) => {
            let done = archive::import(&invocation.target()?, &options.file, options.as_copy).await?;
            return told(&done, output);
        }
        _ => {}
    }
    invocation
        .answer(async |session| match noun {
            Tenant::Create(options) => create(session, context, options, output).await,
            Tenant::List(options) => list(session, context, options, invocation.format).await,
            Tenant::Show(options) => show(session, context, options, output).await,
            Tenant::Update(options) => {
                verb::change(session, context, (TENANT, &options.slug_or_id), changes(options), output).await
            }
            Tenant::Deactivate(named) => {
                let call = Call::new("deactivate_tenant");
                verb::change(session, context, (TENANT, &named.slug_or_id), call, output).await
            }
            Tenant::Reactivate(named) => {
                let call = Call::new("reactivate_tenant");
                verb::change(session, context, (TENANT, &named.slug_or_id), call, output).await
            }
            Tenant::Move(options) => to_parent(session, context, options, output).await,
            // They use connections of their own.
            Tenant::Export(_) | Tenant::Import(_) => Ok(String::new()),
            Tenant::Settings(noun) => tenant_settings::run(noun, session, context, invocation.format).await,
        })
        .await
}

/// Writes a family to a file.
async fn export(options: &TenantExport, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let target = invocation.target()?;
    if options.leave && confirm::EXPORT.is_asked(&options.sure)? {
        confirm::EXPORT.ask(&format!("{} leaves {}.\n", options.family, target.place()))?;
    }
    let done = archive::export(&target, &options.family, &options.out, options.leave).await?;
    told(&done, invocation.output)
}

fn told(done: &serde_json::Value, output: Output) -> Result<Exit, Failure> {
    let row = Row::from_json(&done.to_string())
        .map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?;
    invocation::print(&render::single(&row, output), Exit::Success)
}

/// Creates a tenant.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &TenantCreate,
    output: Output,
) -> Result<String, Trouble> {
    create_in(session.begin(context).await?, options, output).await
}

/// The same in a transaction that is open already, and ends here.
pub async fn create_in(work: Work<'_>, options: &TenantCreate, output: Output) -> Result<String, Trouble> {
    let parent = match &options.parent {
        Some(parent) => Some(work.text("SELECT awgp.find_tenant($1::text)::text", &[parent]).await?),
        None => None,
    };
    let call = Call::new("create_tenant")
        .arg("name", "text", Some(&options.name))
        .arg("slug", "text", Some(&options.slug))
        .arg("type", "text", options.kind.as_ref())
        .arg("parent_tenant_id", "uuid", parent)
        .arg("settings", "jsonb", options.settings.as_ref());
    let sql = format!("SELECT {} FROM awgp.tenants WHERE slug = $1", readable(&work).await?);
    let existing = Some((sql.as_str(), options.slug.as_str()));
    Ok(render::single(&making::make(work, &call, existing, &options.making).await?, output))
}

/// Lists the tenants that row-level security lets this login see.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &TenantList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    work.require_listed("tenants", "type", options.kind.as_deref()).await?;
    let query =
        format!("SELECT {} FROM awgp.tenants WHERE $1::text IS NULL OR type = $1", readable(&work).await?);
    let list = List {
        query: query.into(),
        parameters: vec![&options.kind],
        order: &[up("r.slug", "text"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &WHOLE,
        words: &["slug", "name"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    if text == "no rows\n" && context.tenant.is_none() {
        let who = "no rows: without --tenant only a member of awgp_admin or awgp_auditor sees tenants\n";
        return Ok(who.to_owned());
    }
    Ok(text)
}

/// The columns of tenants that the login may read.
async fn readable(work: &Work<'_>) -> Result<String, Trouble> {
    let own = if work.number(READS_ALL, &[]).await? == 1 { "*" } else { FOR_AUDITORS };
    Ok(format!("{own}, {PARENT}"))
}

/// Shows one tenant.
pub async fn show(
    session: &mut Session,
    context: Context<'_>,
    named: &Named,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let id = ids::find(&work, TENANT, &named.slug_or_id).await?;
    let sql = format!("SELECT {} FROM awgp.tenants WHERE id = $1::text::uuid", readable(&work).await?);
    let row = work.select(&sql, &[&id]).await?.pop();
    work.commit().await?;
    Ok(render::single(&row.ok_or_else(|| TENANT.unknown(&named.slug_or_id))?, output))
}

/// Changes of the name or the quotas.
fn changes(options: &TenantUpdate) -> Call {
    Call::new("update_tenant")
        .arg("name", "text", options.name.as_ref())
        .arg("quota_max_users", "bigint", options.max_users)
        .arg("quota_max_assistants", "bigint", options.max_assistants)
        .arg("quota_monthly_cost_limit", "numeric", options.monthly_cost_limit.as_ref())
}

/// Gives a tenant another holding.
async fn to_parent(
    session: &mut Session,
    context: Context<'_>,
    options: &TenantMove,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let parent = ids::find_given(&work, TENANT, options.parent.as_ref()).await?;
    let call = Call::new("move_tenant").optional("parent_tenant_id", "uuid", parent);
    verb::change_in(work, (TENANT, &options.slug_or_id), call, output).await
}
