//! What happens in a round: all of it follows from the seed.

use crate::trail::Dice;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing.
    Nothing,
    /// Every process of the server is killed at once.
    Server,
    /// One process that serves a client is killed.
    Backend,
    /// One dies at this point of its commit, having come there so often before.
    InsideCommit(&'static str, i32),
    /// Clients are cancelled and thrown out, again and again.
    Terminated,
    /// Locks run out.
    FewLocks,
    /// Memory runs out.
    LittleMemory,
    /// The disk is full.
    FullDisk,
}

/// The kinds in the order in which rounds take them.
const KINDS: [Fault; 10] = [
    Fault::Server,
    Fault::InsideCommit("row_appended", 2),
    Fault::FullDisk,
    Fault::Backend,
    Fault::InsideCommit("committed", 0),
    Fault::Terminated,
    Fault::InsideCommit("lane_taken", 1),
    Fault::FewLocks,
    Fault::InsideCommit("written", 0),
    Fault::LittleMemory,
];

/// What may end the second life of a round.
const SECOND: [Fault; 4] = [
    Fault::Server,
    Fault::Backend,
    Fault::InsideCommit("prepared", 0),
    Fault::InsideCommit("row_appended", 0),
];

/// From one start of the server to the next.
#[expect(clippy::struct_excessive_bools, reason = "a plan: each is one independent choice")]
#[derive(Clone, Debug)]
pub struct Life {
    /// The clients that write.
    pub writers: u64,
    /// What goes wrong.
    pub fault: Fault,
    /// When: after so many transactions that were acknowledged.
    pub after: u64,
    /// Whether every second writer has time-outs of a few milliseconds.
    pub timeouts: bool,
    /// Whether transactions are prepared.
    pub prepares: bool,
    /// Whether months are sealed, exported, retired and brought back meanwhile.
    pub months: bool,
    /// Whether the server is told to bring to the disk what it writes.
    pub fsync: bool,
}

/// A round: lives of one database.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it follows from.
    pub seed: u64,
    /// Whether the present month has no partition yet: it turns while clients write.
    pub neglected: bool,
    /// One after the other.
    pub lives: Vec<Life>,
}

impl Plan {
    /// The plan of this seed, with transactions in proportion to `scale` (100: as by hand).
    pub fn of(seed: u64, scale: u64) -> Self {
        let mut dice = Dice::new(seed.wrapping_mul(7919));
        let kind = |seed: u64| KINDS[usize::try_from(seed % KINDS.len() as u64).unwrap_or(0)];
        let first = kind(seed);
        let second = SECOND[usize::try_from(dice.roll(SECOND.len() as u64)).unwrap_or(0)];
        let mut lives = Vec::new();
        for (fault, most) in [(first, 400), (second, 150)] {
            // Who has few locks or little memory has enough to bear.
            let alone = matches!(fault, Fault::FewLocks | Fault::LittleMemory);
            lives.push(Life {
                writers: 8 + dice.roll(7),
                fault,
                after: (60 + dice.roll(most)) * scale / 100 + 10,
                timeouts: dice.roll(3) == 0 && !alone,
                prepares: true,
                months: dice.roll(2) == 0 && !alone,
                fsync: dice.roll(2) == 0,
            });
        }
        let neglected = dice.roll(3) == 0 && lives.iter().any(|life| life.months);
        Self { seed, neglected, lives }
    }
}

impl Life {
    /// One in which nothing goes wrong.
    pub fn calm() -> Self {
        Self {
            writers: 6,
            fault: Fault::Nothing,
            after: 0,
            timeouts: false,
            prepares: true,
            months: false,
            fsync: true,
        }
    }
}

impl Fault {
    /// Its name in a report.
    pub fn name(self) -> String {
        match self {
            Self::InsideCommit(point, _) => format!("killed inside a commit, at {point}"),
            Self::Nothing => "nothing".to_owned(),
            Self::Server => "server killed".to_owned(),
            Self::Backend => "one process killed".to_owned(),
            Self::Terminated => "clients thrown out".to_owned(),
            Self::FewLocks => "few locks".to_owned(),
            Self::LittleMemory => "little memory".to_owned(),
            Self::FullDisk => "full disk".to_owned(),
        }
    }

    /// Whether an error of this SQLSTATE has its reason in this life.
    pub fn explains(self, code: &str) -> bool {
        let kills = ["57P01", "57P02", "57P03", "57P05", ""].contains(&code);
        match self {
            Self::Server | Self::Backend | Self::InsideCommit(..) => kills,
            // A cancellation may come between two statements of a client, who hears of it with the next.
            Self::Terminated => kills || ["57014", "25P02"].contains(&code),
            Self::Nothing => false,
            Self::FewLocks => ["53200", "53300"].contains(&code),
            // PostgreSQL's regular expressions have a code of their own for it. XX000: the whole server ends
            // where pgrx finds no memory to copy an error (docs/reliability.md).
            Self::LittleMemory => kills || ["53200", "2201B", "XX000"].contains(&code),
            Self::FullDisk => kills || ["53100", "53200"].contains(&code),
        }
    }
}
