//! What an address names. An id that is none, one that nobody has and one of another tenant are the same to a
//! reader.

use awgp_client::{Exit, Failure};

/// What a page shows one of.
#[derive(Clone, Copy, Debug)]
pub struct Thing {
    /// Its noun, such as `approval`.
    pub one: &'static str,
    /// Where all of them are.
    pub list: &'static str,
    /// What the server says of an unknown id.
    pub reason: &'static str,
}

impl Thing {
    /// The id, where it can be one.
    pub fn id<'a>(&self, text: &'a str) -> Result<&'a str, Failure> {
        let is_hyphen = |place| matches!(place, 8 | 13 | 18 | 23);
        let fits =
            |(place, c): (usize, char)| if is_hyphen(place) { c == '-' } else { c.is_ascii_hexdigit() };
        if text.len() == 36 && text.chars().enumerate().all(fits) { Ok(text) } else { Err(self.unknown()) }
    }

    /// There is no such thing.
    pub fn unknown(&self) -> Failure {
        Failure::new(Exit::NotFound, format!("there is no {} with this id", self.one))
            .note("reason", self.reason)
            .hint(format!("look for it at {}", self.list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_as_postgresql_prints_it() {
        let thing = Thing { one: "approval", list: "/approvals", reason: "unknown_approval" };
        assert!(thing.id("c553f3a0-0000-4000-8000-00000000abcd").is_ok());
        for text in
            ["", "c553", "c553f3a0-0000-4000-8000-00000000abcg", "{c553f3a0-0000-4000-8000-00000000ab}"]
        {
            assert!(thing.id(text).is_err(), "{text}");
        }
    }
}
