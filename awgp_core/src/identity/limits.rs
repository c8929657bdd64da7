//! Limits on what is read from other programs.

/// The longest token that is read, in bytes. Keycloak's access tokens have one to four KiB.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The most keys a set may hold. Keycloak publishes two to six while it rotates.
pub const MAX_KEYS: usize = 64;
