//! The access token that replaces --tenant and --user, from a file or the environment: other users of the
//! machine can see arguments.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;
use std::fmt;
use std::path::Path;

/// The variable that holds a token.
const VARIABLE: &str = "AWGP_TOKEN";

/// An access token. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The token in a file. White space around it is removed.
    pub fn of_file(file: &Path) -> Result<Self, Failure> {
        let text = input::file(file).map_err(|error| {
            Failure::new(Exit::BadArgument, format!("{} cannot be read: {error}", file.display()))
                .hint("let --token-file name a file that contains one access token")
        })?;
        match text.trim() {
            "" => Err(Failure::new(Exit::BadArgument, "the token file is empty")
                .hint("let --token-file name a file that contains one access token")),
            text => Ok(Self(text.to_owned())),
        }
    }

    /// The token in `AWGP_TOKEN`, if there is one.
    pub fn of_variable(env: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        env(VARIABLE).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).map(Self)
    }

    /// The token in `file` or, without a file, in `AWGP_TOKEN`; None where neither is given.
    pub fn read(file: Option<&Path>, env: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, Failure> {
        file.map_or_else(|| Ok(Self::of_variable(env)), |file| Self::of_file(file).map(Some))
    }

    /// A token that came in another way than a file or the environment.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, only for the server.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_environment(value: Option<&str>) -> Option<Token> {
        let value = value.map(str::to_owned);
        Token::read(None, &|name| value.clone().filter(|_| name == VARIABLE)).expect("no file is read")
    }

    #[test]
    fn a_token_comes_from_the_environment_unless_it_is_blank() {
        assert_eq!(of_environment(Some(" a.b.c\n")), Some(Token("a.b.c".to_owned())));
        assert_eq!((of_environment(Some(" ")), of_environment(None)), (None, None));
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let failure = Token::read(Some(Path::new("no/such/file")), &|_| None).expect_err("no file");
        assert!(failure.message.contains("no/such/file"));
        assert_eq!(failure.exit, Exit::BadArgument);
    }

    #[test]
    fn debug_of_a_token_shows_nothing() {
        assert_eq!(format!("{:?}", Token("a.b.c".to_owned())), "***");
    }
}
