//! The arguments of `awgp provider`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Identity providers.
#[derive(Debug, Subcommand)]
pub enum Provider {
    /// Add a provider with its public keys.
    Add(ProviderAdd),
    /// List the providers and the ids of their keys.
    List,
    /// Replace a provider's keys. Keep the old key beside the new one until its tokens have expired.
    Rotate(ProviderRotate),
    /// Remove a provider; its tokens are refused from then on.
    Remove(ProviderNamed),
}

/// A new provider.
#[derive(Args, Debug)]
pub struct ProviderAdd {
    /// Its name for people; unique.
    pub name: String,
    /// Exactly what iss is in its tokens, such as https://id.example.com/realms/acme.
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// What aud must hold; give the option once for each.
    #[arg(long, required = true)]
    pub audience: Vec<String>,
    /// The public keys: the answer of the provider's certificates endpoint.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: PathBuf,
    /// An algorithm that is accepted; give the option once for each [default: the server's, RS256, ES256,
    /// EdDSA, Ed25519].
    #[arg(long, value_name = "ALG")]
    pub algorithm: Vec<String>,
    /// The claim that is a user's keycloak id, or the path to it [default: the server's, sub].
    #[arg(long, value_name = "CLAIM")]
    pub subject_claim: Option<String>,
    /// A claim that must name the user's tenant, by slug or id: Keycloak's organization, or a path such as org.id.
    #[arg(long, value_name = "CLAIM")]
    pub tenant_claim: Option<String>,
    /// What azp must be; give the option once for each.
    #[arg(long, value_name = "CLIENT")]
    pub authorized_party: Vec<String>,
    /// How far the provider's clock may be off, 0 to 300 seconds.
    #[arg(long, value_name = "SECONDS")]
    pub leeway_seconds: Option<i64>,
    /// The longest a token may live, from iat to exp [default: exp is at most 365 days ahead].
    #[arg(long, value_name = "SECONDS")]
    pub max_lifetime_seconds: Option<i64>,
    /// The only tenant for whose users it vouches, by slug or id.
    #[arg(long, value_name = "TENANT")]
    pub only_tenant: Option<String>,
}

/// New keys of a provider.
#[derive(Args, Debug)]
pub struct ProviderRotate {
    /// The provider's issuer.
    pub issuer: String,
    /// The public keys: the answer of the provider's certificates endpoint.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: PathBuf,
}

/// A provider.
#[derive(Args, Debug)]
pub struct ProviderNamed {
    /// The provider's issuer.
    pub issuer: String,
}
