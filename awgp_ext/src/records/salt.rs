//! Salts: random bytes that stand in a row alone, and go with its content.

use awgp_core::records::commitment::SALT_BYTES;
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};

/// A new salt.
pub fn new() -> Vec<u8> {
    let mut salt = vec![0_u8; SALT_BYTES];
    // SAFETY: the buffer is that long.
    let drawn = unsafe { pg_sys::pg_strong_random(salt.as_mut_ptr().cast(), salt.len()) };
    if !drawn {
        pgrx::error!("the server has no random bytes to give");
    }
    salt
}

/// A salt as a bytea.
pub fn datum(salt: &[u8]) -> Option<Datum> {
    salt.into_datum()
}
