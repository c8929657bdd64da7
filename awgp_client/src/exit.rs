//! Exit codes: one per family of outcomes, so that a script can distinguish them without reading text.

use std::process::ExitCode;

/// How the command ended. The number is part of the interface; `awgp --help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Success.
    Success = 0,
    /// Any error without a code of its own.
    Unexpected = 1,
    /// The command line is not valid.
    Usage = 2,
    /// SQLSTATE 42501.
    NotAllowed = 3,
    /// SQLSTATE 55000.
    WrongState = 4,
    /// SQLSTATE 53400.
    LimitExceeded = 5,
    /// SQLSTATE class 22.
    BadArgument = 6,
    /// SQLSTATE class 23.
    Constraint = 7,
    /// SQLSTATE P0002, or a list that should have held one row.
    NotFound = 8,
    /// SQLSTATE 40001, 40P01 or 55P03.
    Retry = 9,
    /// No server, no such database, or the login was refused.
    NoConnection = 10,
    /// The extension or its files are missing or too old.
    NoExtension = 11,
    /// doctor or audit verify found an error, a row to import does not fit, or a step of maintenance, a
    /// notice or a proof of the demo failed.
    Findings = 12,
    /// A person was asked, and did not say yes: nothing was changed.
    Declined = 13,
    /// Interrupted by Ctrl-C, as a shell reports it.
    Interrupted = 130,
}

/// The part of `awgp --help` that lists the codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    any other error
  2    usage: the command line is not valid
  3    not allowed (SQLSTATE 42501)
  4    wrong state (55000)
  5    a budget, quota or rate limit (53400)
  6    bad argument: a malformed uuid, number, time or JSON (22xxx)
  7    a constraint: a value outside its list, a duplicate, a dangling reference (23xxx)
  8    not found (P0002)
  9    try again: a conflict with another transaction (40001, 40P01, 55P03)
  10   cannot connect: no server, no such database, login refused
  11   the extension awgp or its files are missing or too old
  12   doctor, audit verify or an import found an error; maintenance, a notice or the demo failed
  13   not confirmed: a question was not answered with yes
  130  interrupted";

impl Exit {
    /// Every outcome, in the order of its number.
    pub const ALL: [Self; 15] = [
        Self::Success,
        Self::Unexpected,
        Self::Usage,
        Self::NotAllowed,
        Self::WrongState,
        Self::LimitExceeded,
        Self::BadArgument,
        Self::Constraint,
        Self::NotFound,
        Self::Retry,
        Self::NoConnection,
        Self::NoExtension,
        Self::Findings,
        Self::Declined,
        Self::Interrupted,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The outcome of an error that the server raised with this SQLSTATE. An unknown schema, table, column or
    /// function means that the extension is missing: this client names no other objects.
    pub fn of_sqlstate(sqlstate: &str) -> Self {
        match sqlstate {
            "42501" => Self::NotAllowed,
            "55000" | "25006" => Self::WrongState,
            "53400" => Self::LimitExceeded,
            "P0002" => Self::NotFound,
            "40001" | "40P01" | "55P03" => Self::Retry,
            "3F000" | "42P01" | "42703" | "42883" => Self::NoExtension,
            "3D000" | "53300" | "57P01" | "57P02" | "57P03" => Self::NoConnection,
            _ => match sqlstate.get(..2) {
                Some("22") => Self::BadArgument,
                Some("23") => Self::Constraint,
                Some("08" | "28") => Self::NoConnection,
                _ => Self::Unexpected,
            },
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use awgp_core::reason::Reason;

    #[test]
    fn every_reason_of_the_core_has_an_exit_code_of_its_family() {
        for reason in Reason::ALL {
            let exit = Exit::of_sqlstate(reason.family().sqlstate());
            assert_ne!(exit, Exit::Unexpected, "{}", reason.name());
        }
    }

    #[test]
    fn sqlstates_map_to_the_documented_families() {
        let cases = [
            ("42501", Exit::NotAllowed),
            ("55000", Exit::WrongState),
            ("53400", Exit::LimitExceeded),
            ("22P02", Exit::BadArgument),
            ("22023", Exit::BadArgument),
            ("23505", Exit::Constraint),
            ("23514", Exit::Constraint),
            ("P0002", Exit::NotFound),
            ("40001", Exit::Retry),
            ("40P01", Exit::Retry),
            ("28P01", Exit::NoConnection),
            ("3D000", Exit::NoConnection),
            ("42883", Exit::NoExtension),
            ("3F000", Exit::NoExtension),
            ("XX000", Exit::Unexpected),
            ("", Exit::Unexpected),
        ];
        for (sqlstate, exit) in cases {
            assert_eq!(Exit::of_sqlstate(sqlstate), exit, "{sqlstate}");
        }
    }

    #[test]
    fn help_lists_every_code_and_no_other() {
        let listed: Vec<u8> = EXIT_CODES
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().next().and_then(|code| code.parse().ok()).expect("a code"))
            .collect();
        assert_eq!(listed, Exit::ALL.map(Exit::code));
    }
}
