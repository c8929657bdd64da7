//! The scripts that verify a pack with Python alone. They are those of tests/: there is one source.

/// The scripts of a pack, which check it with Python alone: name and text.
pub const SCRIPTS: [(&str, &str); 9] = [
    ("verify.py", include_str!("../../../../tests/verify_pack.py")),
    ("mapping.json", awgp_core::audit::evidence::mapping::TEXT),
    ("pack_reading.py", include_str!("../../../../tests/pack_reading.py")),
    ("verify_audit.py", include_str!("../../../../tests/verify_audit.py")),
    ("signed_note.py", include_str!("../../../../tests/signed_note.py")),
    ("stop_proof.py", include_str!("../../../../tests/stop_proof.py")),
    ("witness.py", include_str!("../../../../tests/witness.py")),
    ("check_proof.py", include_str!("../../../../tests/check_proof.py")),
    ("check_receipt.py", include_str!("../../../../tests/check_receipt.py")),
];
