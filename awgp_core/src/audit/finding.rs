//! The findings of verification.

use super::chain::Position;
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look; the chain itself is intact.
    Warning,
    /// The log is not what was written.
    Error,
}

impl Severity {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $severity:ident;)+) => {
        /// What kind of finding. The name is part of the interface and never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[doc = $doc])+ $variant,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Its severity.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What it means, in the words of docs/audit_format.md.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

kinds! {
    /// A row is not what was chained: a column was edited, with or without its hash.
    ChangedRow = "changed_row", Error;
    /// A row's integrity_hash was edited; its columns are what was chained.
    ChangedHash = "changed_hash", Error;
    /// The chain verifies by itself and does not reach a hash that was recorded elsewhere: it was recomputed.
    RewrittenChain = "rewritten_chain", Error;
    /// One row, or several in a sequence, are missing.
    MissingRow = "missing_row", Error;
    /// The rows at the end of a lane are missing.
    CutTail = "cut_tail", Error;
    /// The lane has a row that the chain did not write.
    InsertedRow = "inserted_row", Error;
    /// A row is there twice.
    DuplicateRow = "duplicate_row", Error;
    /// A row has another number in its lane than when it was chained.
    Reordered = "reordered", Error;
    /// A row was chained in another lane or for another tenant.
    MovedRow = "moved_row", Error;
    /// A row stands in a lane that this database never had.
    ForeignRow = "foreign_row", Error;
    /// No lane begins at this install's genesis value: it is another install's log, or its id was edited.
    BadGenesis = "bad_genesis", Error;
    /// A row that verifies is more than five minutes earlier than its predecessor.
    BackDated = "back_dated", Warning;
    /// A row that verifies was updated after it was written, as the storage shows. Its content is what was
    /// chained.
    UpdatedRow = "updated_row", Warning;
    /// A partition is missing, or not attached.
    MissingPartition = "missing_partition", Error;
    /// A partition holds rows of another month than its name says.
    SwappedPartition = "swapped_partition", Error;
    /// A row of audit_log_integrity does not fit its partition.
    IntegrityEdited = "integrity_edited", Error;
    /// A row of audit_log_integrity is behind the partition it sealed.
    IntegrityRewound = "integrity_rewound", Error;
    /// A sealed partition has no row in audit_log_integrity.
    IntegrityMissing = "integrity_missing", Error;
    /// The database does not have a checkpoint that was signed: it is an older backup, a standby that was
    /// promoted without the last transactions, or the checkpoint was deleted.
    RolledBack = "rolled_back", Error;
    /// Two signed notes have different roots for one size of a tree: two histories were shown.
    SplitView = "split_view", Error;
    /// The rows, in the order that the database has recorded, do not yield the signed root.
    RootMismatch = "root_mismatch", Error;
    /// A value that can be erased, or its salt, is not what the event has a commitment to.
    ErasableValueDiffers = "erasable_value_differs", Error;
    /// A value that can be erased is gone, and no erasure on record has erased it.
    ErasableValueMissing = "erasable_value_missing", Error;
    /// A trigger that keeps the log is disabled or gone.
    TriggerDisabled = "trigger_disabled", Error;
    /// Row-level security or a policy of the log is disabled or gone.
    PolicyDisabled = "policy_disabled", Error;
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One finding. A field that is not known is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The severity.
    pub severity: Severity,
    /// The kind.
    pub kind: Kind,
    /// The tenant of the row.
    pub tenant_id: Option<Uuid>,
    /// The partition; set by the caller, who knows it.
    pub partition_name: Option<String>,
    /// The lane of the row.
    pub chain_lane: Option<i16>,
    /// The number of the row, or the first that is missing.
    pub chain_seq: Option<i64>,
    /// The row's id; `None` where the row is missing.
    pub audit_id: Option<i64>,
    /// Details, for a human.
    pub detail: String,
}

impl Finding {
    /// A finding at a position.
    pub fn at(kind: Kind, position: Position, audit_id: Option<i64>, detail: impl Into<String>) -> Self {
        Self {
            severity: kind.severity(),
            kind,
            tenant_id: Some(position.tenant_id),
            partition_name: None,
            chain_lane: Some(position.chain_lane),
            chain_seq: Some(position.chain_seq),
            audit_id,
            detail: detail.into(),
        }
    }

    /// A finding about a partition as a whole.
    pub fn about_partition(kind: Kind, partition_name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { partition_name: Some(partition_name.into()), ..Self::about_log(kind, detail) }
    }

    /// A finding about the log as a whole.
    pub fn about_log(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            severity: kind.severity(),
            kind,
            tenant_id: None,
            partition_name: None,
            chain_lane: None,
            chain_seq: None,
            audit_id: None,
            detail: detail.into(),
        }
    }
}

/// Findings, of which one act is one: a place has one of severity error.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// All of them.
    pub all: Vec<Finding>,
    /// Tenant, lane and number of each of severity error.
    errors: BTreeSet<(Option<Uuid>, Option<i16>, Option<i64>)>,
}

impl Findings {
    /// These.
    pub fn of(all: Vec<Finding>) -> Self {
        let errors = all.iter().filter(|finding| finding.severity == Severity::Error);
        let errors =
            errors.map(|finding| (finding.tenant_id, finding.chain_lane, finding.chain_seq)).collect();
        Self { all, errors }
    }

    /// Adds one of severity error, where its place has none yet.
    pub fn add(&mut self, finding: Finding) {
        if self.errors.insert((finding.tenant_id, finding.chain_lane, finding.chain_seq)) {
            self.all.push(finding);
        }
    }

    /// Whether a tenant has one of severity error.
    pub fn has_error_of(&self, tenant_id: Uuid) -> bool {
        self.errors
            .range((Some(tenant_id), None, None)..)
            .next()
            .is_some_and(|(of, ..)| *of == Some(tenant_id))
    }
}
