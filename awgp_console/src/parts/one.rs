//! One row by its id. An id that the reader may not see answers as one that there is not.

use awgp_client::{Exit, Failure, Row, Trouble, Work};

/// The row of a query whose only parameter is the id, as text; `kind` names it to people, such as `flag`.
pub async fn one(work: &Work<'_>, sql: &str, id: &str, kind: &str) -> Result<Row, Trouble> {
    let unknown = || Failure::new(Exit::NotFound, format!("there is no such {kind}"));
    if !is_id(id) {
        return Err(unknown().into());
    }
    Ok(work.select(sql, &[&id]).await?.pop().ok_or_else(unknown)?)
}

fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_as_the_server_writes_it() {
        assert!(is_id("5f0c2f7e-6b1c-4c33-9b8c-0d5d4f1f2a3b"));
        for text in
            ["", "5f0c", "5f0c2f7e-6b1c-4c33-9b8c-0d5d4f1f2a3x", "5f0c2f7e6b1c4c339b8c0d5d4f1f2a3b----"]
        {
            assert!(!is_id(text), "{text}");
        }
    }
}
