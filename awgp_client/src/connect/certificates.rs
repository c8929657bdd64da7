//! The files of TLS: root certificates, lists of what is revoked, and the client's own certificate and key.

use super::settings::{Environment, Settings};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::shown;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Whom to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Those of the operating system.
    System,
    /// Those in this file.
    File(PathBuf),
}

/// A file in ~/.postgresql, if it is there.
fn in_home(name: &str, get: Environment<'_>) -> Option<PathBuf> {
    get("HOME").map(|home| Path::new(&home).join(".postgresql").join(name)).filter(|file| file.exists())
}

impl Roots {
    /// What sslrootcert names, or ~/.postgresql/root.crt.
    pub fn find(settings: &Settings, get: Environment<'_>) -> Option<Self> {
        match settings.get("sslrootcert") {
            Some("system") => Some(Self::System),
            Some(file) => Some(Self::File(PathBuf::from(file))),
            None => in_home("root.crt", get).map(Self::File),
        }
    }

    /// Reads them.
    pub fn read(&self) -> Result<RootCertStore, Failure> {
        let mut store = RootCertStore::empty();
        match self {
            Self::System => {
                store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if store.is_empty() {
                    return Err(Failure::new(Exit::BadArgument, "the system has no root certificates")
                        .hint("install them (Debian: ca-certificates), or let sslrootcert name a file"));
                }
            }
            Self::File(file) => {
                let unusable = || unusable(file, "sslrootcert");
                for certificate in CertificateDer::pem_file_iter(file).map_err(|_| unusable())? {
                    store.add(certificate.map_err(|_| unusable())?).map_err(|_| unusable())?;
                }
                if store.is_empty() {
                    return Err(unusable());
                }
            }
        }
        Ok(store)
    }
}

/// The lists of revoked certificates: the file of sslcrl, or ~/.postgresql/root.crl, and the files of
/// sslcrldir whose names OpenSSL has made (`1a2b3c4d.r0`).
pub fn revocations(
    settings: &Settings,
    get: Environment<'_>,
) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    let mut lists = Vec::new();
    let named = settings.get("sslcrl").map(PathBuf::from);
    if let Some(file) = named.or_else(|| in_home("root.crl", get)) {
        lists.extend(revocations_of(&file, "sslcrl")?);
    }
    if let Some(folder) = settings.get("sslcrldir").map(Path::new) {
        let entries = fs::read_dir(folder).map_err(|_| unusable(folder, "sslcrldir"))?;
        for file in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            let number =
                file.extension().and_then(|ending| ending.to_str()).and_then(|text| text.strip_prefix('r'));
            if number.is_some_and(|number| number.parse::<u8>().is_ok()) {
                lists.extend(revocations_of(&file, "sslcrldir")?);
            }
        }
    }
    Ok(lists)
}

fn revocations_of(file: &Path, keyword: &str) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    let unusable = || unusable(file, keyword);
    let lists: Result<Vec<_>, _> =
        CertificateRevocationListDer::pem_file_iter(file).map_err(|_| unusable())?.collect();
    lists.ok().filter(|lists| !lists.is_empty()).ok_or_else(unusable)
}

/// The client's certificate and key.
pub type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The files of sslcert and sslkey, or ~/.postgresql/postgresql.crt and .key; None where there is no
/// certificate.
pub fn own(settings: &Settings, get: Environment<'_>) -> Result<Option<Own>, Failure> {
    if settings.get("sslcertmode") == Some("disable") {
        return Ok(None);
    }
    let named = settings.get("sslcert").map(PathBuf::from);
    let Some(file) = named.or_else(|| in_home("postgresql.crt", get)) else { return Ok(None) };
    let read = CertificateDer::pem_file_iter(&file).and_then(Iterator::collect);
    let chain: Vec<_> = read.map_err(|_| unusable(&file, "sslcert"))?;
    if chain.is_empty() {
        return Err(unusable(&file, "sslcert"));
    }
    let Some(key) = settings.get("sslkey").map(PathBuf::from).or_else(|| in_home("postgresql.key", get))
    else {
        let message = format!("the certificate {} has no key", shown::line(&file.display().to_string()));
        return Err(Failure::new(Exit::BadArgument, message).hint(
            "add sslkey=FILE or set PGSSLKEY; for a certificate that has signed the server's, use sslrootcert",
        ));
    };
    Ok(Some((chain, private_key(&key)?)))
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    let metadata = fs::metadata(file).map_err(|_| unusable(file, "sslkey"))?;
    // As in libpq: root's own may be read by a group, too.
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    let shown = shown::line(&file.display().to_string());
    if metadata.permissions().mode() & forbidden != 0 {
        return Err(Failure::new(Exit::BadArgument, format!("others can read the key {shown}"))
            .hint(format!("run chmod 600 {shown}")));
    }
    PrivateKeyDer::from_pem_file(file).map_err(|_| {
        Failure::new(Exit::BadArgument, format!("{shown} contains no usable key")).hint(
            "let sslkey name a readable key in PEM format without a passphrase: \
             openssl pkey -in KEY -out DECRYPTED",
        )
    })
}

fn unusable(file: &Path, keyword: &str) -> Failure {
    let what = if keyword.starts_with("sslcrl") { "list of revoked certificates" } else { "certificate" };
    let message = format!("{} contains no usable {what}", shown::line(&file.display().to_string()));
    Failure::new(Exit::BadArgument, message)
        .hint(format!("let {keyword} name a readable file or folder in PEM format"))
}
