//! The three temporary logins of a run: of an application, of an administrator of tenants, and of an auditor.

use awgp_client::{Context, Failure, Session, Target, Trouble};
use postgres_protocol::password::scram_sha_256;
use uuid::Uuid;

/// A login role that exists during a run.
pub struct Login {
    /// The role.
    pub role: String,
    password: String,
}

/// The three logins.
pub struct Logins {
    /// Member of awgp_admin.
    pub admin: Login,
    /// Member of awgp_app.
    pub app: Login,
    /// Member of awgp_auditor.
    pub auditor: Login,
}

/// A fresh name for a run: six hexadecimal digits.
pub fn run_name() -> String {
    Uuid::new_v4().simple().to_string()[..6].to_owned()
}

/// Creates the extension, where it does not exist, and the logins, in one transaction.
pub async fn prepare(dba: &mut Session, run: &str) -> Result<Logins, Trouble> {
    let login =
        |kind: &str| Login { role: format!("awgp_demo_{run}_{kind}"), password: Uuid::new_v4().to_string() };
    let logins = Logins { admin: login("admin"), app: login("app"), auditor: login("auditor") };
    let work = dba.begin(Context::default()).await?;
    work.run("CREATE EXTENSION IF NOT EXISTS awgp", &[]).await?;
    for (login, group) in
        [(&logins.admin, "awgp_admin"), (&logins.app, "awgp_app"), (&logins.auditor, "awgp_auditor")]
    {
        // The server gets the verifier, so that its log has no password. If a run is killed, its logins
        // expire after an hour.
        let verifier = scram_sha_256(login.password.as_bytes());
        let format = "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L VALID UNTIL %L IN ROLE %I', \
                      $1::text, $2::text, now() + interval '1 hour', $3::text)";
        let statement = work.text(format, &[&login.role, &verifier, &group]).await?;
        work.run(&statement, &[]).await?;
    }
    work.commit().await?;
    Ok(logins)
}

impl Logins {
    /// Connects as one of them: in the same way as the given login, or else over TCP on the same machine.
    pub async fn open(&self, login: &Login, target: &Target) -> Result<Session, Failure> {
        let target = target.with_login(&login.role, &login.password);
        match (Session::open(&target).await, target.over_loopback()) {
            (Err(_), Some(loopback)) => Session::open(&loopback).await,
            (outcome, _) => outcome,
        }
    }

    /// Drops them. They own nothing.
    pub async fn drop_roles(&self, dba: &Session) -> Result<(), Trouble> {
        // This file makes the names from letters, digits and underscores.
        let statement =
            format!("DROP ROLE IF EXISTS {}, {}, {}", self.admin.role, self.app.role, self.auditor.role);
        Ok(dba.client().batch_execute(&statement).await?)
    }
}
