//! `awgp demo`: the main job on realistic input.
//!
//! It loads a scenario through the functions that an application calls, as three temporary logins that are
//! ordinary roles, and then tests every promise: the actual result is compared with the expected one. The
//! given login creates the extension, where it does not exist, and the three roles; in the last two chapters
//! it plays the superuser who edits the audit trail and cuts its end, in transactions that are rolled back.
//! Every run creates its own tenants (their slugs and keycloak ids end in the run's name), so it can be
//! repeated on one database; it leaves them there, since audited rows are never deleted.

mod attempt;
mod chapters;
mod logins;
mod narrator;
mod scenario;
mod stage;

use crate::invocation::{Invocation, environment};
use crate::opt::Demo;
use awgp_client::{Exit, Failure, Session, Target};
use logins::Logins;
use narrator::Narrator;
use scenario::Scenario;
use stage::{Sessions, Stage};

/// Runs the demo. The exit code is 12 when a proof fails.
pub async fn run(options: &Demo, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let target = &invocation.target()?;
    let scenario = match &options.scenario {
        Some(file) => Scenario::from_file(file)?,
        None => Scenario::built_in()?,
    };
    let through = options.through.as_ref().map(|url| Target::resolve(Some(url), &environment)).transpose()?;
    let run = logins::run_name();
    let mut narrator = Narrator::open(invocation.output, &scenario.title, &run, &target.place())?;
    let mut dba = Session::open(target).await?;
    let logins = match logins::prepare(&mut dba, &run).await {
        Ok(logins) => logins,
        Err(trouble) => return dba.ended(Err(trouble)).await,
    };
    let told = tokio::select! {
        told = tell((target, through.as_ref()), &logins, scenario, &run, &mut narrator) => told,
        _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Interrupted, "interrupted")
            .hint("the tenants made so far stay; the three logins were dropped")),
    };
    let dropped = logins.drop_roles(&dba).await;
    let dropped = dba.ended(dropped).await;
    told?;
    dropped?;
    let all_held = narrator.close()?;
    Ok(if all_held { Exit::Success } else { Exit::Findings })
}

/// Tells it on a server. Where a proxy is before it, the application connects to that, with its own login.
async fn tell(
    (target, through): (&Target, Option<&Target>),
    logins: &Logins,
    scenario: Scenario,
    run: &str,
    narrator: &mut Narrator,
) -> Result<(), Failure> {
    let admin = logins.open(&logins.admin, target).await?;
    let app = match through {
        Some(proxy) => Session::open(proxy).await?,
        None => logins.open(&logins.app, target).await?,
    };
    let auditor = logins.open(&logins.auditor, target).await?;
    let dba = Session::open(target).await?;
    let mut stage = Stage::new(Sessions { admin, app, auditor, dba }, scenario, run, narrator);
    let told = chapters::tell(&mut stage).await;
    let Sessions { admin, app, auditor, dba } = stage.sessions;
    // Each session can read what the explanation needs.
    let told = app.ended(told).await;
    for session in [admin, auditor, dba] {
        session.close().await;
    }
    told
}
