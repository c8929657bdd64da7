//! The arguments of `awgp provider`.

use super::{Limit, Making, Sure};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Identity providers.
#[derive(Debug, Subcommand)]
pub enum Provider {
    /// Add a provider with its public keys.
    #[command(after_help = examples!(
        "awgp provider add Keycloak --issuer https://id.example.com/realms/acme --audience awgp \\",
        "    --jwks-file certs.json"
    ))]
    Add(ProviderAdd),
    /// List the providers and the ids of their keys.
    #[command(after_help = examples!("awgp provider list"))]
    List(Limit),
    /// Change a provider. `provider rotate` changes its keys.
    #[command(after_help = examples!(
        "awgp provider update https://id.example.com/realms/acme --leeway-seconds 20"
    ))]
    Update(ProviderUpdate),
    /// Deactivate a provider: its tokens are refused. `provider update --active` activates it again.
    #[command(after_help = examples!("awgp provider deactivate https://id.example.com/realms/acme"))]
    Deactivate(ProviderNamed),
    /// Replace a provider's keys. Keep the old key beside the new one until its tokens have expired.
    #[command(after_help = examples!(
        "awgp provider rotate https://id.example.com/realms/acme --jwks-file certs.json"
    ))]
    Rotate(ProviderRotate),
    /// Remove a provider; its tokens are refused from then on.
    #[command(after_help = examples!("awgp provider remove https://id.example.com/realms/acme"))]
    Remove(ProviderRemove),
}

/// A new provider.
#[derive(Args, Debug)]
pub struct ProviderAdd {
    /// Its name for people; unique.
    pub name: String,
    /// The exact iss of its tokens, such as https://id.example.com/realms/acme.
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// A value that aud must contain; repeat the option for several, of which one must match.
    #[arg(long, required = true)]
    pub audience: Vec<String>,
    /// The file with the public keys: the answer of the provider's certificates endpoint.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: PathBuf,
    /// An algorithm that is accepted; repeat the option for several [default: the server's, RS256, ES256,
    /// EdDSA, Ed25519].
    #[arg(long, value_name = "ALG")]
    pub algorithm: Vec<String>,
    /// The claim that is a user's keycloak id, or the path to it [default: the server's, sub].
    #[arg(long, value_name = "CLAIM")]
    pub subject_claim: Option<String>,
    /// A claim that must name the user's tenant, by slug or id: Keycloak's organization, or a path such as
    /// org.id.
    #[arg(long, value_name = "CLAIM")]
    pub tenant_claim: Option<String>,
    /// A value that azp may have; repeat the option for several.
    #[arg(long, value_name = "CLIENT")]
    pub authorized_party: Vec<String>,
    /// How far the provider's clock may be off, 0 to 300 seconds.
    #[arg(long, value_name = "SECONDS")]
    pub leeway_seconds: Option<i64>,
    /// The longest lifetime of a token, from iat to exp [default: exp is at most 365 days in the future].
    #[arg(long, value_name = "SECONDS")]
    pub max_lifetime_seconds: Option<i64>,
    /// The only tenant whose users it may authenticate, by slug or id.
    #[arg(long, value_name = "TENANT")]
    pub only_tenant: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub making: Making,
}

/// New keys of a provider.
#[derive(Args, Debug)]
pub struct ProviderRotate {
    /// The provider's issuer.
    pub issuer: String,
    /// The file with the public keys: the answer of the provider's certificates endpoint.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: PathBuf,
}

/// A provider.
#[derive(Args, Debug)]
pub struct ProviderNamed {
    /// The provider's issuer.
    pub issuer: String,
}

/// A provider to remove.
#[derive(Args, Debug)]
pub struct ProviderRemove {
    /// The provider's issuer.
    pub issuer: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// What changes of a provider.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct ProviderUpdate {
    /// The provider's issuer.
    pub issuer: String,
    /// Its name for people.
    #[arg(long, group = "change")]
    pub name: Option<String>,
    /// A value that aud must contain; repeat the option for several. They replace the present ones.
    #[arg(long, group = "change")]
    pub audience: Vec<String>,
    /// An algorithm that is accepted; repeat the option for several. They replace the present ones.
    #[arg(long, value_name = "ALG", group = "change")]
    pub algorithm: Vec<String>,
    /// A value that azp may have; repeat the option for several. They replace the present ones.
    #[arg(long, value_name = "CLIENT", group = "change")]
    pub authorized_party: Vec<String>,
    /// How far the provider's clock may be off, 0 to 300 seconds.
    #[arg(long, value_name = "SECONDS", group = "change")]
    pub leeway_seconds: Option<i64>,
    /// The longest lifetime of a token, from iat to exp.
    #[arg(long, value_name = "SECONDS", group = "change")]
    pub max_lifetime_seconds: Option<i64>,
    /// Activate it.
    #[arg(long, group = "change")]
    pub active: bool,
}
