//! The ways in that the operator has opened.

use super::provider::Provider;
use crate::opt::Opt;
use awgp_client::{Context, Exit, Failure, Session, Target, Trouble};
use std::net::SocketAddr;
use std::sync::Arc;

/// The ways in.
pub struct Ways {
    /// A reverse proxy passes the reader's token.
    pub bearer: bool,
    /// Every reader is this user: for a try.
    pub trial: Option<Trial>,
    /// Readers sign in at this provider.
    pub provider: Option<Arc<Provider>>,
}

/// See --as.
#[derive(Clone, Debug)]
pub struct Trial {
    /// By slug or id.
    pub tenant: String,
    /// By e-mail or id.
    pub user: String,
}

impl Ways {
    /// Of the arguments. Refuses a way that would let in whoever reaches the address.
    pub async fn new(
        opt: &Opt,
        address: SocketAddr,
        public_url: &str,
        target: &Target,
    ) -> Result<Self, Failure> {
        let trial = match (&opt.trial_user, &opt.tenant) {
            (Some(user), Some(tenant)) => Some(Trial { tenant: tenant.clone(), user: user.clone() }),
            _ => None,
        };
        if trial.is_some() && !address.ip().is_loopback() {
            return Err(Failure::new(Exit::Usage, format!("--as is refused on {address}"))
                .hint("listen on 127.0.0.1 or [::1]: whoever reaches the address is the user of --as"));
        }
        let provider = Provider::new(opt, public_url)?.map(Arc::new);
        if !opt.bearer && trial.is_none() && provider.is_none() {
            return Err(Failure::new(Exit::Usage, "nobody could sign in")
                .hint("give --issuer and --client-id, or --bearer, or --as for a try"));
        }
        if let Some(trial) = &trial {
            require_trusted_mode(target).await?;
            require_known(target, trial).await?;
        }
        if let Some(provider) = &provider
            && let Err(failure) = provider.ask(|provider| provider.discover().map(drop)).await
        {
            // It may come later; nobody signs in until then.
            eprintln!("warning: {}", failure.message);
        }
        Ok(Self { bearer: opt.bearer, trial, provider })
    }
}

/// A name that is wrong is told at the start, not on every page.
async fn require_known(target: &Target, trial: &Trial) -> Result<(), Failure> {
    let context = Context { tenant: Some(&trial.tenant), user: Some(&trial.user) };
    Session::within(target, async |session| session.begin_for(None, context, true).await.map(drop)).await
}

/// In signed mode nobody is in context without a token, so that every page would be a refusal.
async fn require_trusted_mode(target: &Target) -> Result<(), Failure> {
    let mode = Session::within(target, async |session| {
        let row = session.client().query_one("SELECT awgp.context_mode()", &[]).await?;
        row.try_get::<_, String>(0).map_err(Trouble::from)
    });
    match mode.await?.as_str() {
        "trusted" => Ok(()),
        mode => {
            Err(Failure::new(Exit::NotAllowed, format!("--as is refused: the database is in {mode} mode"))
                .hint("let readers sign in: give --issuer and --client-id, or --bearer"))
        }
    }
}
