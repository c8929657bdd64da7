//! Codes and refresh tokens that are out. Each is taken once.

use super::tokens::random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What a client asks for. It goes through the page of choosing as it came.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    pub response_type: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub state: String,
    pub nonce: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
}

/// What a client brings to the token endpoint.
#[derive(Debug, Deserialize)]
pub struct Brought {
    pub grant_type: String,
    pub client_id: String,
    pub code: Option<String>,
    pub redirect_uri: Option<String>,
    pub code_verifier: Option<String>,
    pub refresh_token: Option<String>,
}

/// What is out.
#[derive(Default)]
pub struct Out {
    codes: Mutex<HashMap<String, (Asked, String)>>,
    refreshes: Mutex<HashMap<String, String>>,
}

impl Out {
    /// A code for what a client has asked for, as this subject.
    pub fn code(&self, asked: Asked, sub: String) -> String {
        let code = random();
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).insert(code.clone(), (asked, sub));
        code
    }

    /// A refresh token of this subject.
    pub fn refresh(&self, sub: String) -> String {
        let token = random();
        self.refreshes.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), sub);
        token
    }

    /// Whose tokens are given for what a client brings, and the nonce of their id token; or the error of RFC
    /// 6749.
    pub fn take(&self, brought: &Brought) -> Result<(String, Option<String>), &'static str> {
        match brought.grant_type.as_str() {
            "authorization_code" => {
                let code = brought.code.as_deref().ok_or("invalid_request")?;
                let out = self.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(code);
                let (asked, sub) = out.ok_or("invalid_grant")?;
                let verifier = brought.code_verifier.as_deref().unwrap_or_default();
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
                let fits = brought.client_id == asked.client_id
                    && brought.redirect_uri.as_deref() == Some(asked.redirect_uri.as_str())
                    && challenge == asked.code_challenge;
                if fits { Ok((sub, Some(asked.nonce))) } else { Err("invalid_grant") }
            }
            "refresh_token" => {
                let token = brought.refresh_token.as_deref().ok_or("invalid_request")?;
                let out = self.refreshes.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
                out.map(|sub| (sub, None)).ok_or("invalid_grant")
            }
            _ => Err("unsupported_grant_type"),
        }
    }

    /// Ends what a subject could go on with.
    pub fn end(&self, sub: &str) {
        self.refreshes.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, of| of != sub);
    }
}
