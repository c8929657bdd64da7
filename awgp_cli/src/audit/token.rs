//! A token of a time-stamping authority (RFC 3161): what is asked, and whether an answer holds.
//!
//! Pure: bytes in, bytes or a verdict out. The parsers are RustCrypto's, signatures and paths of certificates
//! are verified by rustls-webpki.

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::oid::db::{rfc5911, rfc5912, rfc8410};
use der::{Any, Decode, Encode, Sequence};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

/// What a token signs: a TSTInfo.
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// The attribute with the digest of the signer's certificate (RFC 5816).
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// The purpose that a certificate must have: time stamping, 1.3.6.1.5.5.7.3.8.
const TIME_STAMPING: &[u8] = &[43, 6, 1, 5, 5, 7, 3, 8];

/// How certificates may be signed.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
];

/// The first entry of SigningCertificateV2 is of the signer.
#[derive(Sequence)]
struct SigningCertificate {
    certs: Vec<EssCertId>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

#[derive(Sequence)]
struct EssCertId {
    #[asn1(optional = "true")]
    hash_algorithm: Option<AlgorithmIdentifierOwned>,
    cert_hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

/// The request of a token over these bytes.
pub fn request(bytes: &[u8], nonce: [u8; 8]) -> Result<Vec<u8>, String> {
    let algorithm = AlgorithmIdentifierOwned { oid: rfc5912::ID_SHA_256, parameters: Some(Any::null()) };
    let request = TimeStampReq {
        version: TspVersion::V1,
        message_imprint: MessageImprint {
            hash_algorithm: algorithm,
            hashed_message: OctetString::new(Sha256::digest(bytes).to_vec()).map_err(said)?,
        },
        req_policy: None,
        nonce: Some(Int::new(&nonce).map_err(said)?),
        cert_req: true,
        extensions: None,
    };
    request.to_der().map_err(said)
}

/// An answer that has a token.
pub struct Token {
    signed: SignedData,
    /// The bytes that are signed.
    content: Vec<u8>,
    info: TstInfo,
}

impl Token {
    /// Reads a response.
    pub fn read(response: &[u8]) -> Result<Self, String> {
        let response = TimeStampResp::from_der(response)
            .map_err(|error| format!("the answer is no response of RFC 3161: {error}"))?;
        // 0 is granted, 1 granted with modifications, which the checks below see.
        let status = response.status.status as u8;
        let Some(token) = response.time_stamp_token.filter(|_| status < 2) else {
            return Err(format!("the authority gives no token: PKIStatus {status}"));
        };
        Self::of(&token).map_err(|error| format!("the token cannot be read: {error}"))
    }

    fn of(token: &ContentInfo) -> Result<Self, String> {
        if token.content_type != rfc5911::ID_SIGNED_DATA {
            return Err("it is not signed".to_owned());
        }
        let signed: SignedData = token.content.decode_as().map_err(said)?;
        if signed.encap_content_info.econtent_type != TST_INFO {
            return Err("it signs something else than a time".to_owned());
        }
        let content = signed.encap_content_info.econtent.as_ref().ok_or("it has no content")?;
        let content = content.decode_as::<OctetString>().map_err(said)?.as_bytes().to_vec();
        let info = TstInfo::from_der(&content).map_err(said)?;
        Ok(Self { signed, content, info })
    }

    /// From when it is.
    pub fn at(&self) -> Result<Timestamp, String> {
        i64::try_from(self.seconds().as_secs())
            .map_err(said)
            .and_then(|at| Timestamp::from_second(at).map_err(said))
    }

    fn seconds(&self) -> Duration {
        self.info.gen_time.to_unix_duration()
    }

    /// Whether it is of these bytes and, where one is given, of the request with this nonce.
    pub fn check(&self, bytes: &[u8], nonce: Option<[u8; 8]>) -> Result<(), String> {
        let MessageImprint { hash_algorithm, hashed_message } = &self.info.message_imprint;
        if hash_algorithm.oid != rfc5912::ID_SHA_256 || hashed_message.as_bytes() != &*Sha256::digest(bytes) {
            return Err("the token is of something else: its digest is another".to_owned());
        }
        let Some(nonce) = nonce else { return Ok(()) };
        if self.info.nonce.as_ref().is_none_or(|answered| answered.as_bytes() != nonce) {
            return Err("the token is the answer to another request: its nonce is another".to_owned());
        }
        Ok(())
    }

    /// Whether it is signed by one of its own certificates: of whom is not known.
    pub fn check_signature(&self) -> Result<(), String> {
        self.signer(&[]).map(drop)
    }

    /// Whether it is signed with a trusted certificate, or with one that a trusted authority has issued for
    /// time stamping, and that was valid then.
    pub fn verify(&self, trusted: &[CertificateDer<'_>]) -> Result<(), String> {
        let (signer, der) = self.signer(trusted)?;
        let at = self.seconds();
        if trusted.contains(&der) {
            let validity = &signer.tbs_certificate.validity;
            let is_valid =
                validity.not_before.to_unix_duration() <= at && at <= validity.not_after.to_unix_duration();
            return is_valid.then_some(()).ok_or_else(|| "its certificate was not valid then".to_owned());
        }
        let anchors: Result<Vec<_>, _> = trusted.iter().map(anchor_from_trusted_cert).collect();
        let anchors = anchors.map_err(said)?;
        let others: Vec<CertificateDer<'_>> = self.own().iter().filter_map(encoded).collect();
        let end = EndEntityCert::try_from(&der).map_err(said)?;
        let (time, usage) = (UnixTime::since_unix_epoch(at), KeyUsage::required(TIME_STAMPING));
        end.verify_for_usage(ALGORITHMS, &anchors, &others, time, usage, None, None)
            .map(drop)
            .map_err(|error| format!("its certificate is none that is trusted: {error}"))
    }

    /// The certificates in it.
    fn own(&self) -> Vec<Certificate> {
        let set = self.signed.certificates.iter().flat_map(|certificates| certificates.0.iter());
        set.filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
            CertificateChoices::Other(_) => None,
        })
        .collect()
    }

    /// The certificate whose key has signed it, of those in it or of these.
    fn signer(
        &self,
        further: &[CertificateDer<'_>],
    ) -> Result<(Certificate, CertificateDer<'static>), String> {
        let [signer] = self.signed.signer_infos.0.as_slice() else {
            return Err("the token has not one signature".to_owned());
        };
        let message = self.signed_bytes(signer)?;
        let further = further.iter().filter_map(|der| Certificate::from_der(der).ok());
        for certificate in self.own().into_iter().chain(further) {
            let Some(der) = encoded(&certificate).filter(|_| is_named(&signer.sid, &certificate)) else {
                continue;
            };
            let key = EndEntityCert::try_from(&der).map_err(said)?;
            let is_signed = algorithms(signer).iter().any(|algorithm| {
                key.verify_signature(*algorithm, &message, signer.signature.as_bytes()).is_ok()
            });
            if is_signed && names_certificate(signer, &der)? {
                return Ok((certificate, der));
            }
        }
        Err("the token is not signed by its certificate, or has none".to_owned())
    }

    /// What the signature is of: attributes, which have the digest of the content.
    fn signed_bytes(&self, signer: &SignerInfo) -> Result<Vec<u8>, String> {
        let kind: ObjectIdentifier =
            attribute(signer, rfc5911::ID_CONTENT_TYPE)?.decode_as().map_err(said)?;
        let digest: OctetString = attribute(signer, rfc5911::ID_MESSAGE_DIGEST)?.decode_as().map_err(said)?;
        let actual = digest_by(signer.digest_alg.oid, &self.content).ok_or("its digest is not of SHA-2")?;
        if kind != TST_INFO || digest.as_bytes() != actual {
            return Err("the signature of the token is of another content".to_owned());
        }
        signer.signed_attrs.as_ref().ok_or("it signs no attributes")?.to_der().map_err(said)
    }
}

/// The only value of a signed attribute.
fn attribute(signer: &SignerInfo, oid: ObjectIdentifier) -> Result<&Any, String> {
    let all = signer.signed_attrs.iter().flat_map(|attributes| attributes.iter());
    let mut found = all.filter(|attribute| attribute.oid == oid);
    match (found.next().map(|attribute| attribute.values.as_slice()), found.next()) {
        (Some([value]), None) => Ok(value),
        _ => Err(format!("the token has not one attribute {oid}")),
    }
}

/// Whether the signature names this certificate by its digest. An old authority names it by SHA-1, which says
/// nothing.
fn names_certificate(signer: &SignerInfo, der: &CertificateDer<'_>) -> Result<bool, String> {
    let Ok(value) = attribute(signer, SIGNING_CERTIFICATE_V2) else { return Ok(true) };
    let named: SigningCertificate = value.decode_as().map_err(said)?;
    let Some(first) = named.certs.first() else { return Ok(false) };
    let oid = first.hash_algorithm.as_ref().map_or(rfc5912::ID_SHA_256, |algorithm| algorithm.oid);
    Ok(digest_by(oid, der).is_some_and(|digest| digest == first.cert_hash.as_bytes()))
}

fn is_named(signer: &SignerIdentifier, certificate: &Certificate) -> bool {
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(name) => {
            let certificate = &certificate.tbs_certificate;
            name.issuer == certificate.issuer && name.serial_number == certificate.serial_number
        }
        // Its key decides.
        SignerIdentifier::SubjectKeyIdentifier(_) => true,
    }
}

fn encoded(certificate: &Certificate) -> Option<CertificateDer<'static>> {
    certificate.to_der().ok().map(CertificateDer::from)
}

fn digest_by(oid: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    match oid {
        rfc5912::ID_SHA_256 => Some(Sha256::digest(bytes).to_vec()),
        rfc5912::ID_SHA_384 => Some(Sha384::digest(bytes).to_vec()),
        rfc5912::ID_SHA_512 => Some(Sha512::digest(bytes).to_vec()),
        _ => None,
    }
}

/// How a signature may have been made: which one of them is decided by the key.
fn algorithms(signer: &SignerInfo) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    match (signer.signature_algorithm.oid, signer.digest_alg.oid) {
        (rfc5912::SHA_256_WITH_RSA_ENCRYPTION, _) | (rfc5912::RSA_ENCRYPTION, rfc5912::ID_SHA_256) => {
            vec![ring::RSA_PKCS1_2048_8192_SHA256]
        }
        (rfc5912::SHA_384_WITH_RSA_ENCRYPTION, _) | (rfc5912::RSA_ENCRYPTION, rfc5912::ID_SHA_384) => {
            vec![ring::RSA_PKCS1_2048_8192_SHA384]
        }
        (rfc5912::SHA_512_WITH_RSA_ENCRYPTION, _) | (rfc5912::RSA_ENCRYPTION, rfc5912::ID_SHA_512) => {
            vec![ring::RSA_PKCS1_2048_8192_SHA512]
        }
        (rfc5912::ECDSA_WITH_SHA_256, _) => vec![ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA256],
        (rfc5912::ECDSA_WITH_SHA_384, _) => vec![ring::ECDSA_P256_SHA384, ring::ECDSA_P384_SHA384],
        (rfc8410::ID_ED_25519, _) => vec![ring::ED25519],
        _ => Vec::new(),
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
