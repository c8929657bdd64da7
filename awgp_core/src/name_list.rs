//! Names in a setting, separated by commas: `app, "My, shop"`.
//!
//! A name is taken as written, in upper and lower case: it is the name of a database, not an SQL identifier.
//! A name with a comma, a quote or a space at its end is in double quotes, where `""` is a quote.

/// The text is not a list: a quote is not closed, or text is next to a quoted name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAList;

/// The names, each once, in their order. Empty elements are ignored.
pub fn parse(text: &str) -> Result<Vec<String>, NotAList> {
    let mut names: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let name;
        (name, rest) = match rest.strip_prefix('"') {
            Some(open) => quoted_name(open)?,
            None => plain_name(rest)?,
        };
        rest = match rest.trim_start().strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.trim_start().is_empty() => "",
            None => return Err(NotAList),
        };
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// The name as an element of such a list.
pub fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(is_plain) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A name up to the next comma, and what follows.
fn plain_name(text: &str) -> Result<(String, &str), NotAList> {
    let (name, rest) = text.split_at(text.find(',').unwrap_or(text.len()));
    if name.contains('"') { Err(NotAList) } else { Ok((name.trim_end().to_owned(), rest)) }
}

/// A name up to the quote that closes it, and what follows.
fn quoted_name(text: &str) -> Result<(String, &str), NotAList> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or(NotAList)?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                name.push('"');
                rest = next;
            }
            None => return Ok((name, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotAList, parse, quoted};
    use proptest::prelude::*;

    #[test]
    fn names_are_separated_by_commas_and_taken_as_they_are() {
        assert_eq!(parse("app, App ,app,, my shop").expect("a list"), ["app", "App", "my shop"]);
        assert_eq!(parse(" \"a, b\" ,\"say \"\"hi\"\"\"").expect("a list"), ["a, b", "say \"hi\""]);
        for empty in ["", "  ", ",", "\"\""] {
            assert_eq!(parse(empty).expect("a list"), [""; 0]);
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["\"app", "\"app\" x", "a\"b\"", "app, \"\"\""] {
            assert_eq!(parse(text), Err(NotAList), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_name_can_be_quoted(names in proptest::collection::vec("[a-zA-Z ,\"ü_-]{1,6}", 0..4)) {
            let list: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            let mut once = names.clone();
            let mut seen = std::collections::HashSet::new();
            once.retain(|name| seen.insert(name.clone()));
            prop_assert_eq!(parse(&list.join(", ")), Ok(once));
        }
    }
}
