//! The OpenID provider at which readers sign in: discovery, the authorization code flow with PKCE, renewal,
//! signing out. Every call waits for the network, so [`Provider::ask`] runs it on a thread of its own.

use super::cookies::Tokens;
use crate::opt::Opt;
use crate::secret_file;
use awgp_client::{Exit, Failure};
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, LogoutRequest,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RefreshToken, Scope, SignatureVerificationError, TokenResponse,
};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// How long what the provider says of itself is taken as it was.
const FRESH: Duration = Duration::from_mins(10);
/// More than this no provider has to say.
const MOST_BYTES: u64 = 1 << 20;

/// The provider.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    scopes: Vec<Scope>,
    redirect: RedirectUrl,
    after_sign_out: PostLogoutRedirectUrl,
    agent: Agent,
    known: Mutex<Option<(Instant, Arc<ProviderMetadataWithLogout>)>>,
}

/// Where a reader is in signing in; kept in a sealed cookie.
#[derive(Deserialize, Serialize)]
pub struct Begun {
    /// What the provider gives back, so that the answer is to this question.
    pub state: String,
    /// The page to which the reader comes back.
    pub to: String,
    nonce: String,
    verifier: String,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Provider {
    /// Of the arguments; None where they name no provider. The provider need not answer yet.
    pub fn new(opt: &Opt, public_url: &str) -> Result<Option<Self>, Failure> {
        let (Some(issuer), Some(client_id)) = (&opt.issuer, &opt.client_id) else { return Ok(None) };
        let usage = |text: String, hint: &str| Failure::new(Exit::Usage, text).hint(hint.to_owned());
        let issuer = IssuerUrl::new(issuer.clone()).map_err(|error| {
            usage(format!("--issuer: {error}"), "give the URL as tokens have it in `iss`")
        })?;
        if issuer.url().scheme() != "https" && !is_loopback(&issuer) {
            let hint = "give an issuer with https: over http whoever is on the way signs in as anybody";
            return Err(usage(format!("--issuer: {} is not safe", issuer.as_str()), hint));
        }
        let own = |path: &str| format!("{public_url}{path}");
        let public = |error| usage(format!("--public-url: {error}"), "give the URL under which readers come");
        let client_secret = opt.client_secret_file.as_deref().map(secret).transpose()?;
        Ok(Some(Self {
            issuer,
            client_id: ClientId::new(client_id.clone()),
            client_secret,
            scopes: opt.scope.iter().cloned().map(Scope::new).collect(),
            redirect: RedirectUrl::new(own("/sign-in/return")).map_err(public)?,
            after_sign_out: PostLogoutRedirectUrl::new(own("/sign-in")).map_err(public)?,
            agent: agent(Duration::from_secs(u64::from(opt.timeout))),
            known: Mutex::default(),
        }))
    }

    /// Asks the provider on a thread of its own.
    pub async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        asking: impl FnOnce(&Self) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let provider = self.clone();
        tokio::task::spawn_blocking(move || asking(&provider)).await.unwrap_or_else(|error| {
            Err(Failure::new(Exit::Unexpected, format!("asking the provider: {error}")))
        })
    }

    /// Its name, for people.
    pub fn name(&self) -> String {
        self.issuer.url().host_str().unwrap_or(self.issuer.as_str()).to_owned()
    }

    /// The issuer as tokens have it.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Asks the provider what it is, unless that is known.
    pub fn discover(&self) -> Result<Arc<ProviderMetadataWithLogout>, Failure> {
        let known = self.known.lock().ok().and_then(|known| known.clone());
        if let Some((at, metadata)) = &known
            && at.elapsed() < FRESH
        {
            return Ok(metadata.clone());
        }
        match self.discover_afresh() {
            Ok(metadata) => Ok(metadata),
            // What it was is better than nothing.
            Err(failure) => known.map(|(_, metadata)| metadata).ok_or(failure),
        }
    }

    fn discover_afresh(&self) -> Result<Arc<ProviderMetadataWithLogout>, Failure> {
        let metadata = ProviderMetadataWithLogout::discover(&self.issuer, &self.web())
            .map_err(|error| self.silent(&error))?;
        let metadata = Arc::new(metadata);
        if let Ok(mut known) = self.known.lock() {
            *known = Some((Instant::now(), metadata.clone()));
        }
        Ok(metadata)
    }

    /// Where the reader signs in, and what has to be kept until they come back to `to`. `again`: also if the
    /// provider knows them.
    pub fn begin(&self, to: String, again: bool) -> Result<(String, Begun), Failure> {
        let client = self.client(&*self.discover()?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        request = request.add_scopes(self.scopes.iter().cloned()).set_pkce_challenge(challenge);
        if again {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        let (url, state, nonce) = request.url();
        let begun = Begun {
            state: state.secret().clone(),
            to,
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        Ok((url.to_string(), begun))
    }

    /// Takes the tokens for a code that the reader brought back. The id token is verified.
    pub fn finish(&self, code: String, begun: Begun) -> Result<Tokens, Failure> {
        let client = self.client(&*self.discover()?);
        let answer: CoreTokenResponse = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| self.silent(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier))
            .request(&self.web())
            .map_err(|error| self.refused(&error))?;
        let id = answer.id_token().ok_or_else(|| self.untrusted("it gave no id token"))?;
        self.verify(&client, id, &answer, &Nonce::new(begun.nonce))?;
        Ok(tokens(&answer))
    }

    /// The next tokens for one that ends.
    pub fn renew(&self, refresh: String) -> Result<Tokens, Failure> {
        let client = self.client(&*self.discover()?);
        let refresh = RefreshToken::new(refresh);
        let answer: CoreTokenResponse = client
            .exchange_refresh_token(&refresh)
            .map_err(|error| self.silent(&error))?
            .request(&self.web())
            .map_err(|error| self.refused(&error))?;
        let mut tokens = tokens(&answer);
        // A provider that gives no new one means the old one.
        tokens.refresh.get_or_insert_with(|| refresh.secret().clone());
        Ok(tokens)
    }

    /// Where the reader also signs out at the provider, if it knows such a place.
    pub fn end_session(&self, id: &str) -> Result<Option<String>, Failure> {
        let metadata = self.discover()?;
        let Some(url) = metadata.additional_metadata().end_session_endpoint.clone() else { return Ok(None) };
        let mut request = LogoutRequest::from(url)
            .set_client_id(self.client_id.clone())
            .set_post_logout_redirect_uri(self.after_sign_out.clone());
        if let Ok(id) = CoreIdToken::from_str(id) {
            request = request.set_id_token_hint(&id);
        }
        Ok(Some(request.http_get_url().to_string()))
    }

    fn client(&self, metadata: &ProviderMetadataWithLogout) -> Client {
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        CoreClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_redirect_uri(self.redirect.clone())
    }

    fn verify(
        &self,
        client: &Client,
        id: &CoreIdToken,
        answer: &CoreTokenResponse,
        nonce: &Nonce,
    ) -> Result<(), Failure> {
        let rotated;
        let mut verifier = client.id_token_verifier();
        let mut claims = id.claims(&verifier, nonce);
        if matches!(
            claims,
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey))
        ) {
            // The provider may have a new key since.
            rotated = self.client(&*self.discover_afresh()?);
            verifier = rotated.id_token_verifier();
            claims = id.claims(&verifier, nonce);
        }
        let claims: &CoreIdTokenClaims = claims.map_err(|error| self.untrusted(&error.to_string()))?;
        let Some(expected) = claims.access_token_hash() else { return Ok(()) };
        let wrong = |error: &dyn std::fmt::Display| self.untrusted(&error.to_string());
        let algorithm = id.signing_alg().map_err(|error| wrong(&error))?;
        let key = id.signing_key(&verifier).map_err(|error| wrong(&error))?;
        let hash = AccessTokenHash::from_token(answer.access_token(), algorithm, key)
            .map_err(|error| wrong(&error))?;
        if hash == *expected {
            Ok(())
        } else {
            Err(self.untrusted("its id token is of another access token"))
        }
    }

    fn web(&self) -> impl Fn(HttpRequest) -> Result<HttpResponse, ureq::Error> {
        |request| {
            let (parts, mut body) = self.agent.run(request)?.into_parts();
            let body = body.with_config().limit(MOST_BYTES).read_to_vec()?;
            Ok(HttpResponse::from_parts(parts, body))
        }
    }

    fn silent(&self, error: &dyn std::error::Error) -> Failure {
        Failure::new(Exit::NoConnection, format!("{} cannot be asked: {}", self.name(), causes(error))).hint(
            "try again in a moment; if it stays so, the administrator looks at --issuer and the provider",
        )
    }

    fn refused(&self, error: &dyn std::error::Error) -> Failure {
        Failure::new(Exit::NotAllowed, format!("{} gives no token: {}", self.name(), causes(error)))
            .hint("sign in again; if it stays so, the administrator looks at the client at the provider")
    }

    fn untrusted(&self, why: &str) -> Failure {
        Failure::new(Exit::NotAllowed, format!("the answer of {} is not to be trusted: {why}", self.name()))
            .hint("sign in again; if it stays so, the administrator looks at the provider and at the clocks")
    }
}

fn tokens(answer: &CoreTokenResponse) -> Tokens {
    Tokens {
        access: answer.access_token().secret().clone(),
        refresh: answer.refresh_token().map(|token| token.secret().clone()),
        id: answer.id_token().map(ToString::to_string),
    }
}

/// An error with what caused it; a library says the half of it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn is_loopback(issuer: &IssuerUrl) -> bool {
    let host = issuer.url().host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

fn secret(file: &std::path::Path) -> Result<ClientSecret, Failure> {
    secret_file::read(file, "let --client-secret-file name a file with the client's secret alone")
        .map(ClientSecret::new)
}

/// Trusts the roots of the operating system, and follows no redirect: it would lead a secret elsewhere.
fn agent(timeout: Duration) -> Agent {
    let found = rustls_native_certs::load_native_certs();
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .http_status_as_error(false)
        .tls_config(TlsConfig::builder().root_certs(RootCerts::from(roots)).build())
        .user_agent(concat!("awgp-console/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}
