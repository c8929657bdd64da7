//! `awgp user`: people of a tenant.

use crate::bulk::{self, Line};
use crate::confirm;
use crate::ids::{self, USER};
use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::making;
use crate::opt::{Format, Load, Output, User, UserCreate, UserErase, UserList, UserUpdate};
use crate::render;
use crate::verb;
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble, Work};

const COLUMNS: [&str; 7] = ["email", "role", "first_name", "last_name", "is_active", "tenant_slug", "id"];

const LIST: &str = "
    SELECT * FROM awgp.user_list
    WHERE ($1::text IS NULL OR role = $1) AND ($2::boolean IS NULL OR is_active = $2)";

/// What was found, what is erased and what remains.
pub const ERASED: [&str; 6] = ["place", "what", "found", "erased", "remains", "why"];
const ERASE: &str = "SELECT * FROM awgp.erase_user($1::text::uuid, $2, $3)";

const EXISTING: &str = "
    SELECT * FROM awgp.users
    WHERE tenant_id = awgp.current_tenant() AND awgp.email_key(email) = awgp.email_key($1::text)";

/// Runs one command of the noun.
pub async fn run(noun: &User, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    if let User::Load(options) = noun {
        return invocation.decision(async |session| load(session, context, options, output).await).await;
    }
    invocation
        .answer(async |session| match noun {
            User::Create(options) => create(session, context, options, output).await,
            // It ends in its own way.
            User::Load(_) => Ok(String::new()),
            User::List(options) => list(session, context, options, invocation.format).await,
            User::Show(named) => verb::show(session, context, USER, &named.email_or_id, output).await,
            User::Update(options) => {
                verb::change(session, context, (USER, &options.email_or_id), changes(options), output).await
            }
            User::Deactivate(named) => {
                let call = Call::new("deactivate_user");
                verb::change(session, context, (USER, &named.email_or_id), call, output).await
            }
            User::Erase(options) => erase(session, context, options, invocation.format).await,
            User::Reactivate(named) => {
                let call = Call::new("reactivate_user");
                verb::change(session, context, (USER, &named.email_or_id), call, output).await
            }
        })
        .await
}

/// Creates a user in the tenant.
async fn create(
    session: &mut Session,
    context: Context<'_>,
    options: &UserCreate,
    output: Output,
) -> Result<String, Trouble> {
    create_in(session.begin_in_tenant(context).await?, options, output).await
}

/// The same in a transaction that is open already, and ends here.
pub async fn create_in(work: Work<'_>, options: &UserCreate, output: Output) -> Result<String, Trouble> {
    let call = Call::new("create_user")
        .arg("email", "text", Some(&options.email))
        .arg("role", "text", Some(&options.role))
        .arg("first_name", "text", options.first_name.as_ref())
        .arg("last_name", "text", options.last_name.as_ref())
        .arg("keycloak_id", "text", options.keycloak_id.as_ref());
    let existing = Some((EXISTING, options.email.as_str()));
    Ok(render::single(&making::make(work, &call, existing, &options.making).await?, output))
}

/// Creates the users of a file.
async fn load(
    session: &mut Session,
    context: Context<'_>,
    options: &Load,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let lines = bulk::read(options, &["email", "role", "first_name", "last_name", "keycloak_id"])?;
    let call = async |_: &Work<'_>, line: &Line| {
        let email = line.required("email")?;
        let call = Call::new("create_user")
            .arg("email", "text", Some(email))
            .arg("role", "text", Some(line.required("role")?))
            .arg("first_name", "text", line.get("first_name"))
            .arg("last_name", "text", line.get("last_name"))
            .arg("keycloak_id", "text", line.get("keycloak_id"));
        Ok((call, Some((EXISTING, email.clone()))))
    };
    bulk::load(session, context, options, &lines, call, output).await
}

/// Lists the users that the tenant sees.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &UserList,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin_in_tenant(context).await?;
    work.require_listed("users", "role", options.role.as_deref()).await?;
    let is_active = match (options.active, options.inactive) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let list = List {
        query: LIST.into(),
        parameters: vec![&options.role, &is_active],
        order: &[up("r.tenant_slug", "text"), up("r.email", "text"), up("r.id", "uuid")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["email", "first_name", "last_name"],
        moment: "created_at",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    Ok(text)
}

/// Erases what the database has of a person. On a terminal it shows what that is, and asks.
async fn erase(
    session: &mut Session,
    context: Context<'_>,
    options: &UserErase,
    format: Format,
) -> Result<String, Trouble> {
    let is_asked = !options.dry_run && confirm::ERASE_USER.is_asked(&options.sure)?;
    let mut given = options.email_or_id.clone();
    if is_asked {
        // No transaction waits for a human.
        let work = session.begin_in_tenant(context).await?;
        given = ids::find(&work, USER, &given).await?;
        let rows = work.select(ERASE, &[&given, &options.reason, &true]).await?;
        work.commit().await?;
        confirm::ERASE_USER
            .ask(&format!("user {given}\n{}\n", render::rows(&rows, &ERASED, Format::Table)))?;
    }
    let work = session.begin_in_tenant(context).await?;
    let id = ids::find(&work, USER, &given).await?;
    let rows = work.select(ERASE, &[&id, &options.reason, &options.dry_run]).await?;
    work.commit().await?;
    Ok(render::rows(&rows, &ERASED, format))
}

/// What changes of a user.
fn changes(options: &UserUpdate) -> Call {
    Call::new("update_user")
        .arg("role", "text", options.role.as_ref())
        .arg("first_name", "text", options.first_name.as_ref())
        .arg("last_name", "text", options.last_name.as_ref())
        .arg("email", "text", options.email.as_ref())
}
