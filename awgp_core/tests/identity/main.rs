//! Tokens and key sets, made here with the test keys of `tests/keys/`.

mod jwks;
mod keycloak;
mod properties;
mod refusals;
mod signatures;
