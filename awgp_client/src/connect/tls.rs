//! TLS, with libpq's meaning of sslmode: require encrypts and accepts any certificate (unless a root
//! certificate is given), verify-ca checks who signed it, verify-full also checks the host's name.

use super::tls_options::TlsOptions;
use crate::exit::Exit;
use crate::failure::Failure;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How the connection is protected.
#[derive(Clone)]
pub struct Tls {
    mode: SslMode,
    client: Option<Arc<ClientConfig>>,
}

impl Tls {
    /// Determines the protection. `home` is where libpq looks for the default root certificate.
    pub fn resolve(options: &TlsOptions, home: Option<&Path>) -> Result<Self, Failure> {
        let named = options.root_cert.as_ref().map(PathBuf::from);
        let in_home = home.map(|home| home.join(".postgresql/root.crt")).filter(|file| file.exists());
        let root = named.or(in_home);
        let (mode, check) = match (options.mode.as_deref().unwrap_or("prefer"), root) {
            ("disable", _) => return Ok(Self { mode: SslMode::Disable, client: None }),
            ("allow" | "prefer", _) => (SslMode::Prefer, Check::Nothing),
            ("require", None) => (SslMode::Require, Check::Nothing),
            // libpq's rule: require checks the signer if there is a root certificate.
            ("require" | "verify-ca", Some(file)) => (SslMode::Require, Check::Signer(file)),
            ("verify-full", Some(file)) => (SslMode::Require, Check::SignerAndName(file)),
            ("verify-ca" | "verify-full", None) => {
                return Err(Failure::new(
                    Exit::BadArgument,
                    "sslmode requires a root certificate, and there is none",
                )
                .hint(
                    "add sslrootcert=FILE or set PGSSLROOTCERT, or put the file at ~/.postgresql/root.crt",
                ));
            }
            _ => {
                return Err(Failure::new(Exit::BadArgument, "sslmode is not valid")
                    .hint("use disable, allow, prefer, require, verify-ca or verify-full"));
            }
        };
        Ok(Self { mode, client: Some(Arc::new(client_config(check)?)) })
    }

    /// The driver's sslmode, before the handshake.
    pub fn wire_mode(&self) -> SslMode {
        self.mode
    }

    /// The TLS connector, or None for a connection without TLS.
    pub fn connector(&self) -> Option<MakeRustlsConnect> {
        self.client.as_ref().map(|client| MakeRustlsConnect::new(ClientConfig::clone(client)))
    }
}

/// What is checked in the server's certificate.
enum Check {
    Nothing,
    Signer(PathBuf),
    SignerAndName(PathBuf),
}

fn client_config(check: Check) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Exit::Unexpected, format!("TLS cannot be set up: {error}")))?;
    let builder = match check {
        Check::SignerAndName(file) => builder.with_root_certificates(roots(&file)?),
        Check::Nothing => {
            let verifier = Arc::new(Lenient { provider, signer: None });
            builder.dangerous().with_custom_certificate_verifier(verifier)
        }
        Check::Signer(file) => {
            let signer =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots(&file)?), Arc::clone(&provider))
                    .build()
                    .map_err(|_| unusable(&file))?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Lenient { provider, signer: Some(signer) }))
        }
    };
    Ok(builder.with_no_client_auth())
}

fn roots(file: &Path) -> Result<RootCertStore, Failure> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|_| unusable(file))? {
        store.add(certificate.map_err(|_| unusable(file))?).map_err(|_| unusable(file))?;
    }
    if store.is_empty() { Err(unusable(file)) } else { Ok(store) }
}

fn unusable(file: &Path) -> Failure {
    Failure::new(Exit::BadArgument, format!("{} contains no usable certificate", file.display()))
        .hint("let sslrootcert name a readable file of certificates in PEM format")
}

/// Checks the signer, or nothing; never the name. Signatures of the handshake are always checked.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    signer: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(signer) = &self.signer else { return Ok(ServerCertVerified::assertion()) };
        match signer.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is compared last, so with this error everything else was right.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
