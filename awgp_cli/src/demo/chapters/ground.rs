//! The ground: the installation is sound, and the logins of this demo are not superusers.

use crate::demo::stage::Stage;
use crate::doctor;
use awgp_client::{Call, Context, Session, Trouble};

/// Proves that the logins have no privilege that would invalidate the other proofs.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter("The ground", "The installation is sound, and both logins are ordinary roles.")?;
    let work = stage.sessions.app.begin(Context::default()).await?;
    let version = work.text("SELECT awgp.version()", &[]).await?;
    drop(work);
    stage.narrator.step(&format!("extension awgp {version}"))?;
    let errors = doctor_errors(&mut stage.sessions.admin).await?;
    stage.narrator.equal("awgp.doctor() finds no error", 0, errors)?;
    for (session, group) in [(&mut stage.sessions.app, "awgp_app"), (&mut stage.sessions.admin, "awgp_admin")]
    {
        let work = session.begin(Context::default()).await?;
        let sql = "SELECT count(*) FROM pg_catalog.pg_roles r
                   WHERE pg_has_role(current_user, r.oid, 'MEMBER') AND (r.rolsuper OR r.rolbypassrls)";
        let mighty = work.number(sql, &[]).await?;
        let member = work
            .number("SELECT pg_has_role(current_user, $1::text, 'MEMBER')::integer::bigint", &[&group])
            .await?;
        drop(work);
        stage.narrator.equal(&format!("the login is a member of {group}"), 1, member)?;
        stage.narrator.equal(
            "it has and may take no role that is superuser or bypasses row-level security",
            0,
            mighty,
        )?;
    }
    Ok(())
}

/// How many findings of severity error the doctor has.
pub async fn doctor_errors(session: &mut Session) -> Result<i64, Trouble> {
    let work = session.begin(Context::default()).await?;
    let findings = work.call(&Call::new("doctor")).await?;
    Ok(i64::try_from(doctor::count(&findings, "error")).unwrap_or(i64::MAX))
}
