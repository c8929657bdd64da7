//! TLS, with libpq's meaning of sslmode: require encrypts and accepts any certificate (unless a root
//! certificate is given), verify-ca checks who signed it, verify-full also checks the host's name.

use super::certificates::{self, Roots};
use super::settings::{Environment, Settings};
use crate::exit::Exit;
use crate::failure::Failure;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme, SupportedProtocolVersion,
};
use std::sync::Arc;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What of the server's certificate is verified, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verified {
    /// Nothing; the connection may also be without TLS.
    Nothing,
    /// Who has signed it.
    Signer,
    /// Who has signed it, and that it has the host's name.
    SignerAndName,
}

/// How the connection is protected.
#[derive(Clone)]
pub struct Tls {
    steps: &'static [SslMode],
    verified: Verified,
    negotiation: SslNegotiation,
    client: Option<Arc<ClientConfig>>,
}

/// What is checked in the server's certificate.
enum Check {
    Nothing,
    Signer(Roots),
    SignerAndName(Roots),
}

impl Tls {
    /// Determines the protection.
    pub fn resolve(settings: &Settings, get: Environment<'_>) -> Result<Self, Failure> {
        let roots = Roots::find(settings, get);
        let trusts_system = settings.get("sslrootcert") == Some("system");
        let mode = settings.get("sslmode").unwrap_or(if trusts_system { "verify-full" } else { "prefer" });
        if trusts_system && mode != "verify-full" {
            // Anybody can have a certificate that the system's roots have signed.
            let message =
                format!("sslrootcert=system does not go with sslmode of {}", settings.origin("sslmode"));
            return Err(Failure::new(Exit::BadArgument, message).hint("use sslmode=verify-full"));
        }
        let (steps, check): (&'static [SslMode], Check) = match (mode, roots) {
            ("disable", _) => (&[SslMode::Disable], Check::Nothing),
            ("allow", _) => (&[SslMode::Disable, SslMode::Require], Check::Nothing),
            ("require", None) => (&[SslMode::Require], Check::Nothing),
            // libpq's rule: require checks the signer if there is a root certificate.
            ("require" | "verify-ca", Some(roots)) => (&[SslMode::Require], Check::Signer(roots)),
            ("verify-full", Some(roots)) => (&[SslMode::Require], Check::SignerAndName(roots)),
            ("verify-ca" | "verify-full", None) => return Err(without_roots()),
            _ => (&[SslMode::Prefer, SslMode::Disable], Check::Nothing),
        };
        let negotiation = match settings.get("sslnegotiation") {
            Some("direct") if steps != [SslMode::Require] => {
                let message = "sslnegotiation=direct needs a connection that is always encrypted";
                return Err(Failure::new(Exit::BadArgument, message)
                    .hint("use sslmode=require, verify-ca or verify-full with it"));
            }
            Some("direct") => SslNegotiation::Direct,
            _ => SslNegotiation::Postgres,
        };
        let verified = match check {
            Check::Nothing => Verified::Nothing,
            Check::Signer(_) => Verified::Signer,
            Check::SignerAndName(_) => Verified::SignerAndName,
        };
        let client = match steps {
            [SslMode::Disable] => None,
            _ => Some(Arc::new(client_config(settings, get, check)?)),
        };
        Ok(Self { steps, verified, negotiation, client })
    }

    /// What of the server's certificate is verified.
    pub fn verified(&self) -> Verified {
        self.verified
    }

    /// The driver's modes to try one after the other. A socket is never encrypted, as in libpq.
    pub fn steps(&self, is_socket: bool) -> &'static [SslMode] {
        if is_socket { &[SslMode::Disable] } else { self.steps }
    }

    /// How TLS begins.
    pub fn negotiation(&self) -> SslNegotiation {
        self.negotiation
    }

    /// The TLS connector, or None for a connection without TLS.
    pub fn connector(&self) -> Option<MakeRustlsConnect> {
        self.client.as_ref().map(|client| MakeRustlsConnect::new(ClientConfig::clone(client)))
    }
}

fn without_roots() -> Failure {
    Failure::new(Exit::BadArgument, "sslmode requires a root certificate, and there is none").hint(
        "add sslrootcert=FILE or sslrootcert=system, set PGSSLROOTCERT, or put the file at ~/.postgresql/root.crt",
    )
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Unexpected, format!("TLS cannot be set up: {error}"))
}

fn client_config(settings: &Settings, get: Environment<'_>, check: Check) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(settings)?)
        .map_err(|error| broken(&error))?
        .dangerous();
    let signer = |roots: &Roots| -> Result<Arc<WebPkiServerVerifier>, Failure> {
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots.read()?), Arc::clone(&provider))
            .with_crls(certificates::revocations(settings, get)?)
            .build()
            .map_err(|error| broken(&error))
    };
    let builder = match check {
        Check::SignerAndName(roots) => builder.with_custom_certificate_verifier(signer(&roots)?),
        Check::Nothing => {
            builder.with_custom_certificate_verifier(Arc::new(Lenient { provider, signer: None }))
        }
        Check::Signer(roots) => {
            let signer = Some(signer(&roots)?);
            builder.with_custom_certificate_verifier(Arc::new(Lenient { provider, signer }))
        }
    };
    let mut config = match certificates::own(settings, get)? {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|_| {
            Failure::new(Exit::BadArgument, "the client's certificate and its key do not fit together")
                .hint("let sslcert and sslkey name a certificate and the key that it was made for")
        })?,
        None => builder.with_no_client_auth(),
    };
    config.enable_sni = settings.get("sslsni") != Some("0");
    if settings.get("sslnegotiation") == Some("direct") {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(config)
}

/// The versions of TLS from ssl_min_protocol_version to ssl_max_protocol_version. None is older than 1.2.
fn versions(settings: &Settings) -> Result<Vec<&'static SupportedProtocolVersion>, Failure> {
    let begins_new = settings.get("ssl_min_protocol_version") == Some("TLSv1.3");
    match (begins_new, settings.get("ssl_max_protocol_version") == Some("TLSv1.2")) {
        (true, true) => Err(Failure::new(Exit::BadArgument, "the range of versions of TLS is empty")
            .hint("let ssl_max_protocol_version be at least ssl_min_protocol_version")),
        (true, false) => Ok(vec![&TLS13]),
        (false, true) => Ok(vec![&TLS12]),
        (false, false) => Ok(vec![&TLS13, &TLS12]),
    }
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
