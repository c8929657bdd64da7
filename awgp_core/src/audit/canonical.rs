//! The canonical bytes of a row, version 1 (docs/audit_format.md, "The canonical bytes").
//!
//! A tag and a version, five columns of fixed width, eight columns with a length before each. Nothing depends
//! on a server setting, and the bytes can be read back in one way only.

use super::position::Position;
use super::row::RowRef;

/// Tag and version: no other bytes that AWGP hashes begin like this, and the first byte is neither 0x00 nor
/// 0x01, the prefixes of an RFC 6962 tree.
pub const HEADER: [u8; 16] = *b"awgp-audit-row\x00\x01";

/// The length that represents NULL.
pub const NULL_LENGTH: u32 = u32::MAX;

/// Appends a row's canonical bytes to `out`. `integrity_hash` is not among them: it is computed from them.
///
/// # Panics
/// Where a column has 4 GiB or more; PostgreSQL stores less than 1 GiB.
pub fn write(out: &mut Vec<u8>, row: &RowRef<'_>) {
    head(out, row);
    field(out, row.before_state);
    field(out, row.after_state);
    field(out, row.metadata);
}

/// A row whose states are longer than this is hashed piece by piece: its canonical bytes are never in memory
/// as a whole.
const LARGE_BYTES: usize = 16 << 20;

/// Whether a row is hashed piece by piece.
pub fn is_large(row: &RowRef<'_>) -> bool {
    let states = [row.before_state, row.after_state, row.metadata];
    row.spooled.is_some() || states.iter().flatten().map(|state| state.len()).sum::<usize>() > LARGE_BYTES
}

/// Passes on a row's canonical bytes piece by piece: the same bytes that [`write`] writes.
pub fn pieces(row: &RowRef<'_>, take: &mut dyn FnMut(&[u8])) {
    let mut written = Vec::new();
    head(&mut written, row);
    take(&written);
    for (column, state) in [row.before_state, row.after_state, row.metadata].into_iter().enumerate() {
        let spooled = row.spooled.and_then(|spooled| Some((spooled, spooled.length(column)?)));
        if let Some((spooled, length)) = spooled {
            let length = u32::try_from(length).unwrap_or(NULL_LENGTH - 1);
            take(&length.to_be_bytes());
            spooled.read(column, take);
            continue;
        }
        written.clear();
        field(&mut written, state.map(|_| &b""[..]));
        if let Some(state) = state {
            let length = u32::try_from(state.len()).unwrap_or(NULL_LENGTH - 1);
            written.copy_from_slice(&length.to_be_bytes());
        }
        take(&written);
        take(state.unwrap_or_default());
    }
}

fn head(out: &mut Vec<u8>, row: &RowRef<'_>) {
    out.extend_from_slice(&HEADER);
    out.extend_from_slice(&position_bytes(row.position()));
    out.extend_from_slice(&row.id.to_be_bytes());
    out.extend_from_slice(&row.timestamp_us.to_be_bytes());
    field(out, Some(row.actor_type));
    field(out, row.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
    field(out, Some(row.action));
    field(out, Some(row.entity_type));
    field(out, row.entity_id.as_ref().map(|id| id.as_bytes().as_slice()));
}

/// Changes canonical bytes to those of the same row at another position. So a moved row is recognised.
///
/// # Panics
/// Where `canonical` was not written by [`write`].
pub fn set_position(canonical: &mut [u8], position: Position) {
    canonical[HEADER.len()..HEADER.len() + 26].copy_from_slice(&position_bytes(position));
}

fn position_bytes(position: Position) -> [u8; 26] {
    let mut bytes = [0; 26];
    bytes[..16].copy_from_slice(position.tenant_id.as_bytes());
    bytes[16..18].copy_from_slice(&position.chain_lane.to_be_bytes());
    bytes[18..].copy_from_slice(&position.chain_seq.to_be_bytes());
    bytes
}

fn field(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => out.extend_from_slice(&NULL_LENGTH.to_be_bytes()),
        Some(bytes) => {
            let length = u32::try_from(bytes.len()).ok().filter(|length| *length != NULL_LENGTH);
            out.extend_from_slice(&length.expect("a column is shorter than 4 GiB").to_be_bytes());
            out.extend_from_slice(bytes);
        }
    }
}
