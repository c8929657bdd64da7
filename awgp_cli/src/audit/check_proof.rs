//! `awgp audit check-proof`: a proof or a receipt, without a server.

use super::{key, proof, receipt};
use crate::opt::{AuditCheckProof, Output};
use awgp_client::{Failure, input};
use awgp_core::audit::proof::Unproven;
use serde::Deserialize;

/// What a file says that it is.
#[derive(Deserialize)]
struct Named {
    awgp: String,
}

/// Checks a proof, or the receipt of an action, with only its file and the public key.
pub fn check(options: &AuditCheckProof, output: Output) -> Result<String, Failure> {
    let place = options.file.display().to_string();
    let public_key = key::public(&options.public_key)?;
    let json = input::file(&options.file)
        .map_err(|error| proof::unproven(&Unproven::Malformed(error.to_string()), &place))?;
    let is_receipt = serde_json::from_str::<Named>(&json).is_ok_and(|named| named.awgp == "receipt");
    let check = if is_receipt { receipt::check } else { proof::check };
    check(&json, &public_key, &place, output)
}
