//! What all requests share: the connections, the ways in and the key of the cookies.

use crate::door::{Limits, Renewals, Ways};
use crate::opt::Opt;
use crate::secret_file;
use awgp_client::{Effective, Exit, Failure, Target, Wish};
use awgp_program::Connections;
use axum::extract::FromRef;
use axum_extra::extract::cookie::Key;
use rand_core::{OsRng, RngCore};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A key has so many bytes: half of them encrypt, half of them sign.
const KEY_BYTES: usize = 64;

/// What all requests share.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

/// See [`Site`].
pub struct Shared {
    /// Connections to the database.
    pub connections: Connections,
    /// How readers come in.
    pub ways: Ways,
    /// Where readers reach the console, without a slash at the end.
    pub public_url: String,
    /// The folder of signed notes.
    pub notes: Option<PathBuf>,
    /// How long a request may take.
    pub timeout: Duration,
    /// How often somebody may begin to sign in.
    pub limits: Limits,
    /// Tokens that are being renewed.
    pub renewals: Renewals,
    key: Key,
}

impl std::ops::Deref for Site {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<Site> for Key {
    fn from_ref(site: &Site) -> Self {
        site.key.clone()
    }
}

impl Site {
    /// Of the arguments and the address on which the console listens.
    pub async fn new(opt: &Opt, address: SocketAddr) -> Result<Self, Failure> {
        let target = target(opt)?;
        let timeout = Duration::from_secs(u64::from(opt.timeout));
        let public_url = opt.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let public_url = public_url.trim_end_matches('/').to_owned();
        let ways = Ways::new(opt, address, &public_url, &target).await?;
        let key = key(opt.key_file.as_deref())?;
        let connections = Connections::new(target, usize::from(opt.connections), Some(timeout))?;
        let (limits, renewals) = (Limits::new(opt.forwarded), Renewals::default());
        Ok(Self(Arc::new(Shared {
            connections,
            ways,
            public_url,
            notes: opt.notes.clone(),
            timeout,
            limits,
            renewals,
            key,
        })))
    }

    /// Whether readers come over TLS: cookies are then for TLS alone.
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

fn target(opt: &Opt) -> Result<Target, Failure> {
    let environment = |name: &str| std::env::var(name).ok();
    let wish = Wish {
        database_url: opt.database_url.as_ref(),
        profile: opt.profile.as_deref(),
        // It has one database.
        fleet: Some(Path::new("")),
        ..Wish::default()
    };
    let target = Effective::determine(wish, &environment)?.target(&environment)?;
    for warning in target.warnings() {
        eprintln!("warning: {warning}");
    }
    // A token of the console's own would put its owner in context for every reader.
    Ok(target.with_token(None).with_application_name("awgp console"))
}

fn key(file: Option<&Path>) -> Result<Key, Failure> {
    let Some(file) = file else {
        let mut bytes = [0; KEY_BYTES];
        OsRng.fill_bytes(&mut bytes);
        return Ok(Key::from(&bytes));
    };
    let hint = "make one with `openssl rand -hex 64`, readable by the console alone";
    let text = secret_file::read(file, hint)?;
    let bytes = hex::decode(text).unwrap_or_default();
    if bytes.len() != KEY_BYTES {
        let text = format!("{}: a key is {} hexadecimal digits", file.display(), 2 * KEY_BYTES);
        return Err(Failure::new(Exit::BadArgument, text).hint(hint));
    }
    Ok(Key::from(&bytes))
}
