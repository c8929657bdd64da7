//! Where a value of the connection comes from.

use crate::shown;
use std::fmt;
use std::path::PathBuf;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An option of the command line.
    Option(&'static str),
    /// A variable of the environment.
    Variable(String),
    /// A profile of the configuration file.
    Profile(String),
    /// A member of the fleet file.
    Member(String),
    /// A service of a service file.
    Service(String, PathBuf),
    /// ~/.pgpass, or another file of passwords.
    PasswordFile(PathBuf),
    /// The operating system: the name of the user who is logged in.
    System,
    /// Nobody has set it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => f.write_str(name),
            Self::Variable(name) => f.write_str(name),
            Self::Profile(name) => write!(f, "profile {}", shown::line(name)),
            Self::Member(name) => write!(f, "member {} of the fleet", shown::line(name)),
            Self::Service(name, file) => {
                write!(f, "service {} of {}", shown::line(name), shown::line(&file.display().to_string()))
            }
            Self::PasswordFile(file) => f.write_str(&shown::line(&file.display().to_string())),
            Self::System => f.write_str("the operating system"),
            Self::Default => f.write_str("default"),
        }
    }
}
