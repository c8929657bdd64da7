//! Salts: random bytes stored only in their row, and erased with its content.

use awgp_core::records::commitment::SALT_BYTES;
use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum};

/// A new salt.
pub fn new() -> Vec<u8> {
    let mut salt = vec![0_u8; SALT_BYTES];
    // SAFETY: the buffer has this length.
    let drawn = unsafe { pg_sys::pg_strong_random(salt.as_mut_ptr().cast(), salt.len()) };
    if !drawn {
        pgrx::error!("the server could not generate random bytes");
    }
    salt
}

/// A salt as a bytea.
pub fn datum(salt: &[u8]) -> Option<Datum> {
    salt.into_datum()
}
