//! A new family's member, and names that are unique over the fleet.
//!
//! A slug, or the subject of a user, is reserved by a lock of its name on every member, taken in the order of
//! the shards, each in an open transaction. Only then every member is looked at, and the row is made in the
//! very transaction that holds the lock on its member. Whoever wants the same name needs the same locks. They
//! get that of the member where the row is made only when it is committed or gone, and then they see it. So
//! nothing is left behind that would have to be confirmed or expire: whichever process, server or network
//! fails at whichever moment, there is the row or there is nothing.

use super::asking::{On, each, each_of, of, unasked};
use super::file::Member;
use super::finding::{self, Place};
use crate::invocation::{Invocation, print};
use crate::opt::{Global, Load, Named, TenantCreate, UserCreate};
use crate::{tenant, user};
use awgp_client::{Context, Effective, Exit, Failure, Session, Trouble, Work};
use awgp_core::fleet::place;
use awgp_core::reason::Reason;

const SIZE: &str = "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())";

/// Waits for others who make the same, and not for ever.
const LOCK_LIMIT: &str = "SET LOCAL lock_timeout = '10s'";
const LOCK: &str = "
    SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(
        pg_catalog.concat_ws('/', 'awgp', 'fleet', $1::text, $2::text), 0))";

/// Whether the login sees every tenant and every user.
const SEES_ALL: &str = "SELECT (pg_catalog.pg_has_role('awgp_admin', 'USAGE')
    OR (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER))::integer::bigint";

/// A kind of name.
#[derive(Clone, Copy)]
struct Name {
    /// What it is called, and the part of the lock's name.
    called: &'static str,
    /// Who has it.
    holder: &'static str,
}

const SLUG: Name =
    Name { called: "slug", holder: "SELECT id::text AS id, slug AS name FROM awgp.tenants WHERE slug = $1" };
const SUBJECT: Name = Name {
    called: "subject",
    holder: "SELECT tenant_id::text AS id, email AS name FROM awgp.users WHERE keycloak_id = $1",
};

/// `awgp tenant create`: a subsidiary goes where its holding is; another family where there is room, or to
/// --member.
pub async fn create_tenant(on: On<'_>, options: &TenantCreate) -> Result<Exit, Failure> {
    let asked = on.global.member.as_deref().map(|name| on.fleet.member(name)).transpose()?;
    let (member, parent) = match &options.parent {
        None => (
            match asked {
                Some(member) => member,
                None => roomiest(on).await?,
            },
            None,
        ),
        Some(parent) => {
            let Place { member, tenant } = finding::tenant(on, parent).await?;
            if asked.is_some_and(|asked| asked.name != member.name) {
                let message = format!("the holding is on member {}, and its subsidiaries too", member.name);
                return Err(Failure::new(Exit::Usage, message).hint("leave --member out"));
            }
            (member, Some(tenant))
        }
    };
    let options = TenantCreate {
        name: options.name.clone(),
        slug: options.slug.clone(),
        kind: options.kind.clone(),
        parent,
        settings: options.settings.clone(),
        making: options.making,
    };
    let output = on.global.output.without_csv();
    // A tenant in context may be on another member, and making one needs none.
    let context = Context::default();
    let making = async |work: Work<'_>| tenant::create_in(work, &options, output).await;
    let goes_on = options.making.if_not_exists;
    let text = match make(on, member, context, (SLUG, &options.slug), making).await? {
        Made::New(text) => text,
        Made::Elsewhere(there, id) if goes_on => {
            let named = Named { slug_or_id: id };
            let show = async |session: &mut Session, _: &Member| {
                tenant::show(session, Context::default(), &named, output).await
            };
            let shown = each_of(on, &[there], show).await.all()?.pop().map(|(_, text)| text);
            return print(&shown.unwrap_or_default(), Exit::Success);
        }
        Made::Elsewhere(there, id) => return Err(taken(SLUG, &options.slug, there, &id)),
    };
    if output == crate::opt::Output::Table {
        eprintln!("note: it is on member {}", member.name);
    }
    print(&text, Exit::Success)
}

/// `awgp user create` with a subject.
pub async fn create_user(on: On<'_>, options: &UserCreate) -> Result<Exit, Failure> {
    let Some(subject) = &options.keycloak_id else {
        return Err(Failure::new(Exit::Unexpected, "a user without a subject needs no reservation"));
    };
    let (member, tenant) = match (on.effective.tenant(), on.effective.token()) {
        (Some(named), _) => {
            let Place { member, tenant } = finding::tenant(on, named).await?;
            (member, Some(tenant))
        }
        (None, Some(_)) => (finding::of_token(on).await?.member, None),
        (None, None) => {
            return Err(Failure::of_reason(
                Reason::NoTenantContext,
                "this command needs a tenant in context",
            )
            .hint("add --tenant SLUG or set AWGP_TENANT"));
        }
    };
    let output = on.global.output.without_csv();
    let context = Context::given(tenant.as_deref(), on.effective.user());
    let making = async |work: Work<'_>| {
        work.require_tenant().await?;
        user::create_in(work, options, output).await
    };
    match make(on, member, context, (SUBJECT, subject), making).await? {
        Made::New(text) => print(&text, Exit::Success),
        Made::Elsewhere(there, id) => Err(taken(SUBJECT, subject, there, &id)),
    }
}

/// `awgp user load` reserves nothing: a file with subjects is refused.
pub fn refuse_subjects(options: &Load) -> Result<(), Failure> {
    let lines = crate::bulk::read(options, &["email", "role", "first_name", "last_name", "keycloak_id"])?;
    if lines.iter().any(|line| line.get("keycloak_id").is_some()) {
        return Err(Failure::new(
            Exit::Usage,
            "subjects of a fleet are reserved one by one, and not of a file",
        )
        .hint("leave the column keycloak_id out, or make these users with `awgp user create`"));
    }
    Ok(())
}

fn taken(name: Name, text: &str, there: &Member, id: &str) -> Failure {
    let message = format!("the {} \"{text}\" is taken on member {}", name.called, there.name);
    Failure::of_reason(Reason::FleetNameTaken, message)
        .note("detail", format!("tenant {id}"))
        .hint("take another one")
}

/// The member with the most room.
async fn roomiest(on: On<'_>) -> Result<&Member, Failure> {
    let sizes = each(on, async |session, _| session.begin(Context::default()).await?.number(SIZE, &[]).await);
    let sizes = sizes.await.all()?;
    let members: Vec<awgp_core::fleet::Member> = sizes
        .iter()
        .map(|(member, size)| awgp_core::fleet::Member {
            name: member.name.clone(),
            used: u64::try_from(*size).unwrap_or(0),
            capacity: member.capacity_bytes,
            is_open: member.takes_new_families,
        })
        .collect();
    let chosen = place::place(&members).ok_or_else(|| {
        Failure::new(Exit::WrongState, "no member of the fleet takes new families")
            .hint("name one with --member, or set new_families = true in the fleet file")
    })?;
    on.fleet.member(&chosen.name)
}

/// What became of it.
enum Made<'a> {
    New(String),
    /// Another member has the name: the tenant's id.
    Elsewhere(&'a Member, String),
}

/// Makes a row on a member while its name is reserved on all.
async fn make<'a>(
    on: On<'a>,
    member: &Member,
    context: Context<'_>,
    (name, text): (Name, &str),
    making: impl AsyncFn(Work<'_>) -> Result<String, Trouble>,
) -> Result<Made<'a>, Failure> {
    let global = unasked(on.global);
    let mut sessions = open(on, &global).await?;
    let outcome = reserved(&mut sessions, member, context, (name, text), making).await;
    let mut told = None;
    match outcome {
        Ok(made) => {
            for (_, session) in sessions {
                session.close().await;
            }
            return Ok(made);
        }
        Err((place, trouble)) => {
            let mut trouble = Some(trouble);
            for (at, (there, session)) in sessions.into_iter().enumerate() {
                if at == place
                    && let Some(trouble) = trouble.take()
                {
                    let failure = session.explain(trouble).await;
                    told = Some(if there.name == member.name { failure } else { of(there, failure) });
                }
                session.close().await;
            }
        }
    }
    Err(told.unwrap_or_else(|| Failure::new(Exit::Unexpected, "the member is gone")))
}

/// A session on every member, by shard.
async fn open<'a>(on: On<'a>, global: &Global) -> Result<Vec<(&'a Member, Session)>, Failure> {
    let dial = |member: &'a Member| {
        let effective: Effective = on.effective.on_member(&member.name, member.profile());
        async move {
            let target = Invocation::on_member(global, &effective, member).target()?;
            Session::open(&target).await.map(|session| (member, session)).map_err(|why| {
                let failure = of(member, why);
                let hint = failure.noted("hint").unwrap_or_default().to_owned();
                failure
                    .rephrased(|_| format!("{hint}; until then nobody knows whether the name is free there"))
            })
        }
    };
    let opened = futures_util::future::join_all(on.fleet.primaries().map(dial)).await;
    opened.into_iter().collect()
}

/// The reservation and the row. An error has the place of its session.
async fn reserved<'a>(
    sessions: &mut [(&'a Member, Session)],
    member: &Member,
    context: Context<'_>,
    (name, text): (Name, &str),
    making: impl AsyncFn(Work<'_>) -> Result<String, Trouble>,
) -> Result<Made<'a>, (usize, Trouble)> {
    let mut works = Vec::new();
    for (place, (there, session)) in sessions.iter_mut().enumerate() {
        let is_target = there.name == member.name;
        let work = held(session, if is_target { context } else { Context::default() }, (name, text)).await;
        works.push((*there, work.map_err(|trouble| (place, trouble))?));
    }
    for (place, (there, work)) in works.iter().enumerate().filter(|(_, (there, _))| there.name != member.name)
    {
        let holder = work.select(name.holder, &[&text]).await.map_err(|trouble| (place, trouble))?;
        if let Some(row) = holder.first() {
            return Ok(Made::Elsewhere(there, row.text("id").unwrap_or_default()));
        }
    }
    let Some(place) = works.iter().position(|(there, _)| there.name == member.name) else {
        let gone = Failure::new(Exit::Unexpected, format!("member {} is gone", member.name));
        return Err((0, gone.into()));
    };
    let (_, work) = works.remove(place);
    let text = making(work).await.map_err(|trouble| (place, trouble))?;
    Ok(Made::New(text))
}

/// A transaction that holds the lock of a name.
async fn held<'a>(
    session: &'a mut Session,
    context: Context<'_>,
    (name, text): (Name, &str),
) -> Result<Work<'a>, Trouble> {
    // A token is of one member, and its user is no administrator of others.
    let work = session.begin(context).await?;
    if work.number(SEES_ALL, &[]).await? != 1 {
        let message = format!("this login does not see whether a {} is taken", name.called);
        return Err(Failure::new(Exit::NotAllowed, message)
            .hint("use a login that is a member of awgp_admin on every member")
            .into());
    }
    work.batch(LOCK_LIMIT).await?;
    work.run(LOCK, &[&name.called, &text]).await?;
    Ok(work)
}
