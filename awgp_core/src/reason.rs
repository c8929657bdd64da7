//! Every reason of a refusal, in one table.
//!
//! A reason is the stable, machine-readable name of why something was refused. It is in the DETAIL of the
//! error as `{"reason": "…", …}`, together with the facts of the case. `docs/errors.md` lists them for users;
//! a test compares that page with this table.

/// The SQLSTATEs that AWGP raises, one per family. All are PostgreSQL's own codes: an unknown one would reach
/// the client as XX000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// 42501 `insufficient_privilege`: not allowed.
    NotAllowed,
    /// 55000 `object_not_in_prerequisite_state`: not possible in this state.
    WrongState,
    /// 53400 `configuration_limit_exceeded`: a budget or quota.
    LimitExceeded,
    /// 22023 `invalid_parameter_value`: a bad argument.
    BadArgument,
    /// 23514 `check_violation`: a rule over rows that a constraint cannot express.
    ConstraintViolation,
    /// 23503 `foreign_key_violation`: a reference to a missing row.
    ForeignKeyViolation,
    /// P0002 `no_data_found`: not found.
    NotFound,
    /// 40001 `serialization_failure`: try again.
    Retry,
}

impl Family {
    /// The five-character code.
    pub fn sqlstate(self) -> &'static str {
        match self {
            Self::NotAllowed => "42501",
            Self::WrongState => "55000",
            Self::LimitExceeded => "53400",
            Self::BadArgument => "22023",
            Self::ConstraintViolation => "23514",
            Self::ForeignKeyViolation => "23503",
            Self::NotFound => "P0002",
            Self::Retry => "40001",
        }
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $family:ident;)+) => {
        /// Why something was refused. The name is part of the interface and never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[doc = $doc])+ $variant,)+ }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name that clients compare.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The SQLSTATE family.
            pub fn family(self) -> Family {
                match self { $(Self::$variant => Family::$family,)+ }
            }

            /// What it means, in the words of `docs/errors.md`.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }
    };
}

reasons! {
    /// A write without a tenant in context.
    NoTenantContext = "no_tenant_context", NotAllowed;
    /// The setting app.current_tenant, or a tenant id given as text, is not a uuid.
    MalformedTenantId = "malformed_tenant_id", BadArgument;
    /// There is no tenant with this id, or it is not active.
    UnknownTenant = "unknown_tenant", NotAllowed;
    /// The user is not an active user of the tenant.
    UnknownUser = "unknown_user", NotAllowed;
    /// The assistant is not one of the tenant's.
    UnknownAssistant = "unknown_assistant", NotAllowed;
    /// A statement would write a row of another tenant.
    ForeignTenant = "foreign_tenant", NotAllowed;
    /// A statement would move a row to another tenant.
    TenantChange = "tenant_change", WrongState;
    /// The context may not be set this way in signed mode.
    SignedMode = "signed_mode", NotAllowed;
    /// parent_tenant_id would make a tenant its own ancestor.
    TenantCycle = "tenant_cycle", ConstraintViolation;
    /// The parent of a subsidiary must be a holding.
    ParentNotHolding = "parent_not_holding", ConstraintViolation;
    /// An id names no row of this tenant, in an array column or in a row of the ledger.
    UnknownReference = "unknown_reference", ForeignKeyViolation;
    /// The schema awgp holds objects that the installing role does not own.
    ForeignObjects = "foreign_objects", WrongState;
    /// The installed structure is newer than the extension's logic.
    StructureTooNew = "structure_too_new", WrongState;
    /// An argument, or the value of a column, is outside of its range.
    OutOfRange = "out_of_range", BadArgument;
    /// A statement would delete or renumber a row that an array column of another row names.
    StillReferenced = "still_referenced", ForeignKeyViolation;
    /// Only the chain writes the audit trail, and nothing changes it.
    AuditImmutable = "audit_immutable", NotAllowed;
    /// A governed table cannot be truncated.
    TruncateRefused = "truncate_refused", NotAllowed;
    /// No partition of the audit trail has this name.
    UnknownPartition = "unknown_partition", NotFound;
    /// The token is longer than 16 KiB.
    TokenTooLong = "token_too_long", BadArgument;
    /// The token is not a JWS of three parts, has a member twice, or a member of the wrong type.
    TokenMalformed = "token_malformed", BadArgument;
    /// The token's header has crit, b64, or a key of its own (jwk, jku, x5u, x5c).
    TokenHeader = "token_header", NotAllowed;
    /// The token is not an access token.
    TokenWrongType = "token_wrong_type", NotAllowed;
    /// No identity provider has the token's issuer.
    TokenWrongIssuer = "token_wrong_issuer", NotAllowed;
    /// Two identity providers have the same issuer, so neither is used.
    IdentityProviderAmbiguous = "identity_provider_ambiguous", WrongState;
    /// The provider has no key with the token's kid that AWGP can use.
    TokenUnknownKey = "token_unknown_key", NotAllowed;
    /// The token has no kid, and not exactly one key of the provider fits.
    TokenNoKeyId = "token_no_key_id", NotAllowed;
    /// The token's kid names a key that is not for signatures.
    TokenKeyUse = "token_key_use", NotAllowed;
    /// The token's alg is "none".
    TokenUnsigned = "token_unsigned", NotAllowed;
    /// The token's alg is not on the provider's list.
    TokenAlgorithm = "token_algorithm", NotAllowed;
    /// The token's alg does not fit the key that its kid names.
    TokenAlgorithmMismatch = "token_algorithm_mismatch", NotAllowed;
    /// The token's signature is not the key's.
    TokenBadSignature = "token_bad_signature", NotAllowed;
    /// The token's aud has no audience of the provider.
    TokenWrongAudience = "token_wrong_audience", NotAllowed;
    /// The token's azp is not one of the provider's authorized parties.
    TokenWrongParty = "token_wrong_party", NotAllowed;
    /// The token has no exp, or no iat where the provider bounds the lifetime.
    TokenNoTime = "token_no_time", NotAllowed;
    /// The token's exp is over, the provider's leeway included.
    TokenExpired = "token_expired", NotAllowed;
    /// The token's nbf or iat is after now, by more than the provider's leeway.
    TokenNotYetValid = "token_not_yet_valid", NotAllowed;
    /// The token lives longer than the provider's bound (a year by default), or ends before it begins.
    TokenLifetime = "token_lifetime", NotAllowed;
    /// The token's subject claim is missing, empty, not text, or holds a control character.
    TokenNoSubject = "token_no_subject", NotAllowed;
    /// The token names no tenant, and its provider or the user's subject needs one.
    TokenNoTenant = "token_no_tenant", NotAllowed;
    /// The key set cannot be used: a private, symmetric or weak key, a repeated kid, or no usable key.
    JwksInvalid = "jwks_invalid", BadArgument;
    /// The name of a signature algorithm that cannot be allowed.
    UnknownAlgorithm = "unknown_algorithm", BadArgument;
    /// The name of a user role that does not exist.
    UnknownRole = "unknown_role", BadArgument;
    /// The name of a verb other than insert, update and delete.
    UnknownVerb = "unknown_verb", BadArgument;
    /// The user's role may not write this table in this way.
    RoleNotSufficient = "role_not_sufficient", NotAllowed;
    /// The user's role may write only their own rows in this table, and this row is another user's.
    NotOwnRow = "not_own_row", NotAllowed;
    /// A statement would give or take a role above the user's own, or change a user who has one.
    RoleGrant = "role_grant", NotAllowed;
    /// Users cannot change their own role.
    OwnRole = "own_role", NotAllowed;
    /// Only an application's own table with a tenant_id, owned by the caller, can be tracked.
    NotTrackable = "not_trackable", BadArgument;
    /// A table has no such column.
    UnknownColumn = "unknown_column", BadArgument;
    /// The partition's month is not over.
    PartitionOpen = "partition_open", WrongState;
    /// The audit trail does not verify.
    AuditFindings = "audit_findings", WrongState;
    /// The token is valid, and its subject is a user who is not active.
    UserInactive = "user_inactive", NotAllowed;
    /// The token is valid, and its user's tenant is not active.
    TenantInactive = "tenant_inactive", NotAllowed;
    /// The token's tenant claim, or the tenant its provider is bound to, is not the user's tenant.
    TokenTenantMismatch = "token_tenant_mismatch", NotAllowed;
    /// A column of the audit trail was renamed, dropped or given another type.
    AuditColumns = "audit_columns", WrongState;
    /// Maintenance has no step of this name.
    UnknownMaintenanceStep = "unknown_maintenance_step", BadArgument;
    /// The audit trail, or a lane of it, cannot be locked, because a transaction that uses it has not ended.
    TrailBusy = "trail_busy", Retry;
    /// A communication policy cannot be used as it is; key names what is wrong.
    InvalidPolicy = "invalid_policy", BadArgument;
    /// No template has this slug.
    UnknownTemplate = "unknown_template", NotFound;
    /// A template's content or overrides cannot be used; key names what is wrong.
    InvalidTemplate = "invalid_template", BadArgument;
    /// A statement would create, change or delete a template that AWGP ships.
    SystemTemplate = "system_template", NotAllowed;
    /// The text is not a key of a signed note: malformed, not Ed25519, or with the id of another key.
    CheckpointKey = "checkpoint_key", BadArgument;
    /// A private key was given instead of a public one. No private key enters the database.
    PrivateKey = "private_key", BadArgument;
    /// The text is not a signed note, or its text is not a checkpoint.
    NoteMalformed = "note_malformed", BadArgument;
    /// A note has no signature of the key.
    NoteWrongKey = "note_wrong_key", NotAllowed;
    /// A note's signature is not of its text.
    NoteBadSignature = "note_bad_signature", NotAllowed;
    /// The text is not a proof of an audit row.
    ProofMalformed = "proof_malformed", BadArgument;
    /// The note of the proof does not name the tenant of its row.
    ProofOtherLog = "proof_other_log", BadArgument;
    /// A proof's row and path do not yield the root that was signed.
    ProofMismatch = "proof_mismatch", ConstraintViolation;
    /// The checkpoint does not extend the last signed one, or is not what the rows yield; it is not signed.
    CheckpointNotExtended = "checkpoint_not_extended", WrongState;
    /// The tenant has no audit row.
    AuditEmpty = "audit_empty", NotFound;
    /// No audit row that the caller may read has this id.
    UnknownAuditRow = "unknown_audit_row", NotFound;
    /// The audit row is in no checkpoint of that size yet.
    RowNotCheckpointed = "row_not_checkpointed", WrongState;
    /// The database has not created such a checkpoint.
    UnknownCheckpoint = "unknown_checkpoint", NotFound;
    /// A key of tenants.settings is not known, or has a value that cannot be used; `key` is the path to it.
    InvalidSetting = "invalid_setting", BadArgument;
    /// No verb leads from this state to that one, or no row begins in it.
    IllegalTransition = "illegal_transition", WrongState;
    /// The tenant has no such work item.
    UnknownWorkItem = "unknown_work_item", NotFound;
    /// The tenant has no such approval.
    UnknownApproval = "unknown_approval", NotFound;
    /// The tenant has no such delegation.
    UnknownDelegation = "unknown_delegation", NotFound;
    /// The risk is above the assistant's tier, and there is no approval.
    ApprovalRequired = "approval_required", WrongState;
    /// An approval waits for its decision.
    ApprovalPending = "approval_pending", WrongState;
    /// The work item's approval was rejected.
    ApprovalRejected = "approval_rejected", WrongState;
    /// The approval's time is over.
    ApprovalExpired = "approval_expired", WrongState;
    /// Work has begun under this approval before.
    ApprovalUsed = "approval_used", WrongState;
    /// The work item, or its assistant, has changed since the approval was requested.
    DigestMismatch = "digest_mismatch", WrongState;
    /// The approval was decided, or has expired, before.
    ApprovalClosed = "approval_closed", WrongState;
    /// A statement would expire an approval before its time.
    ApprovalNotExpired = "approval_not_expired", WrongState;
    /// A statement would change what an approval requests.
    RequestFixed = "request_fixed", WrongState;
    /// A request in the name of another user than the one in context.
    RequesterNotUser = "requester_not_user", NotAllowed;
    /// The assistant is inactive.
    AssistantInactive = "assistant_inactive", WrongState;
    /// The assistant is suspended.
    AssistantSuspended = "assistant_suspended", WrongState;
    /// The assistant is in error.
    AssistantError = "assistant_error", WrongState;
    /// The work names an action that the assistant's capabilities do not list.
    CapabilityMissing = "capability_missing", NotAllowed;
    /// A statement would lower the risk below that of a requested approval.
    RiskLowered = "risk_lowered", WrongState;
    /// A statement would change approved work while it runs.
    WorkItemPinned = "work_item_pinned", WrongState;
    /// No user is in context, and a request or a decision needs one.
    NoUserContext = "no_user_context", NotAllowed;
    /// An assistant is in context, and assistants decide nothing.
    AssistantDecides = "assistant_decides", NotAllowed;
    /// The user requested the approval.
    SelfApproval = "self_approval", NotAllowed;
    /// The user created the assistant, and policy does not let such a user decide.
    AssistantCreator = "assistant_creator", NotAllowed;
    /// The user has voted, or somebody on their behalf.
    AlreadyVoted = "already_voted", WrongState;
    /// The user is not among the approvers.
    NotAnApprover = "not_an_approver", NotAllowed;
    /// The user's role does not decide this risk.
    ApproverRole = "approver_role", NotAllowed;
    /// A delegation has risk levels that the delegator may not decide.
    BeyondAuthority = "beyond_authority", NotAllowed;
    /// A statement would change a delegation, or bring it back after it was revoked.
    DelegationFixed = "delegation_fixed", WrongState;
    /// There is nobody left to escalate to.
    EscalationExhausted = "escalation_exhausted", WrongState;
    /// Only AWGP writes this column or row.
    MachineWritten = "machine_written", NotAllowed;
    /// The call needs a reason in words.
    ReasonRequired = "reason_required", BadArgument;
    /// The policy does not name the user among those who may break glass.
    BreakGlassNotAllowed = "break_glass_not_allowed", NotAllowed;
    /// No price is known for the model at that moment, and no cost was given.
    UnknownPrice = "unknown_price", NotFound;
    /// The tenant has as many active users or assistants as its quota allows.
    QuotaExceeded = "quota_exceeded", LimitExceeded;
    /// A statement would lower a quota below what is active.
    QuotaInUse = "quota_in_use", LimitExceeded;
    /// The partition is not sealed.
    PartitionNotSealed = "partition_not_sealed", WrongState;
    /// No signed checkpoint covers every row of the partition.
    PartitionNotCheckpointed = "partition_not_checkpointed", WrongState;
    /// The partition is younger than awgp.audit_retention.
    PartitionTooYoung = "partition_too_young", WrongState;
    /// The partition, or a tenant that has rows in it, is on legal hold.
    PartitionHeld = "partition_held", WrongState;
    /// awgp.audit_retention is under six months, and awgp.audit_retention_short is off.
    RetentionTooShort = "retention_too_short", WrongState;
    /// No retired partition has this name.
    PartitionNotRetired = "partition_not_retired", WrongState;
    /// The table of a retired partition is still there, so nothing is loaded into it.
    PartitionPresent = "partition_present", WrongState;
    /// The table of a retired partition is not there any more.
    PartitionGone = "partition_gone", WrongState;
    /// The cost or reservation does not fit a limit: pool, assistant's day, tenant's or holding's month.
    BudgetExceeded = "budget_exceeded", LimitExceeded;
    /// The tenant has no credit pool for the provider.
    NoCreditPool = "no_credit_pool", NotFound;
    /// The tenant has no reservation with this id.
    UnknownReservation = "unknown_reservation", NotFound;
    /// The tenant has no entry of the ledger with this id.
    UnknownTransaction = "unknown_transaction", NotFound;
    /// The reservation is settled or released already.
    ReservationResolved = "reservation_resolved", WrongState;
    /// The cost names another assistant or provider than the reservation it settles.
    ReservationMismatch = "reservation_mismatch", BadArgument;
    /// The idempotency key, or the external id of an open conversation, was used for something else.
    IdempotencyConflict = "idempotency_conflict", BadArgument;
    /// An assistant that is not active reserves nothing.
    AssistantNotActive = "assistant_not_active", WrongState;
    /// Entries, periods and alerts of the ledger are never changed or deleted.
    LedgerImmutable = "ledger_immutable", NotAllowed;
    /// A statement would change a column that the ledger keeps.
    LedgerKept = "ledger_kept", NotAllowed;
    /// The entry reverses another, or is reversed already.
    NotReversible = "not_reversible", WrongState;
    /// There is no such time zone.
    UnknownTimeZone = "unknown_time_zone", BadArgument;
    /// messages is not an array of messages in a form that AWGP can read.
    MessagesInvalid = "messages_invalid", BadArgument;
    /// There are too many messages, or one or all of them are too large.
    MessagesTooLarge = "messages_too_large", BadArgument;
    /// The conversation has ended and does not change any more.
    ConversationEnded = "conversation_ended", WrongState;
    /// The conversation's content was erased.
    ConversationErased = "conversation_erased", WrongState;
    /// The record is on legal hold and cannot be erased.
    LegalHold = "legal_hold", WrongState;
    /// A statement would change a record that is append-only.
    AppendOnly = "append_only", WrongState;
    /// An assistant is in context, or no user is, and a human must do this.
    HumanNeeded = "human_needed", NotAllowed;
    /// The work item or conversation that is named is another assistant's.
    OtherAssistant = "other_assistant", ConstraintViolation;
    /// The tenant has no such conversation.
    UnknownConversation = "unknown_conversation", NotFound;
    /// A flag was written while its conversation was being erased.
    ErasedMeanwhile = "erased_meanwhile", Retry;
    /// The tenant has no such hallucination flag.
    UnknownFlag = "unknown_flag", NotFound;
    /// A flag cannot change from its status to this one.
    ReviewTransition = "review_transition", WrongState;
    /// The tenant's policy does not let the assistant's creator conclude.
    CreatorAlone = "creator_alone", NotAllowed;
    /// A flag names a detection method that the tenant does not have.
    UnknownDetectionMethod = "unknown_detection_method", BadArgument;
    /// The tenant has no such governed action.
    UnknownAction = "unknown_action", NotFound;
    /// The governed action was finished before, with another report.
    ActionFinished = "action_finished", WrongState;
    /// The work item is another assistant's than the one in context.
    NotOwnWork = "not_own_work", NotAllowed;
    /// A parallel worker cannot have a context.
    ParallelWorker = "parallel_worker", WrongState;
    /// This session cannot read the settings of AWGP.
    SettingsUnknown = "settings_unknown", WrongState;
    /// A table, an index or a row of AWGP's own is missing, as after a restore that is not complete.
    StructureIncomplete = "structure_incomplete", WrongState;
    /// The user has a subject, and only administrators change it.
    SubjectFixed = "subject_fixed", NotAllowed;
    /// Users of one tenant have the same e-mail address, written in different ways.
    EmailClash = "email_clash", ConstraintViolation;
    /// Fewer people may decide the request than votes are needed; a warning with 01000, never an error.
    ApprovalUndecidable = "approval_undecidable", WrongState;
    /// JSON holds \u0000, half of a surrogate pair or a number beyond numeric; `element` is the path to it.
    JsonUnsupported = "json_unsupported", BadArgument;
    /// No setting and no price names the provider of this credit pool.
    UnknownProvider = "unknown_provider", ConstraintViolation;
    /// Existing rows violate a constraint that a migration adds.
    RowsRefused = "rows_refused", ConstraintViolation;
    /// The object with the name of a month's partition is not an attached partition of the audit trail.
    PartitionNameTaken = "partition_name_taken", WrongState;
    /// Only a superuser or the owner of the extension imports.
    ImportNotAllowed = "import_not_allowed", NotAllowed;
    /// The schema to import from is not there, or has no table of tenants.
    SeedNotFound = "seed_not_found", NotFound;
    /// A table to import from could be one of two relations, or row-level security hides its rows.
    SeedUnreadable = "seed_unreadable", WrongState;
    /// Rows to import do not fit; a dry run lists them.
    SeedMisfits = "seed_misfits", ConstraintViolation;
    /// Every tenant of the schema to import from is here already.
    AlreadyImported = "already_imported", WrongState;
    /// The library that the session has loaded is older than the extension.
    LibraryTooOld = "library_too_old", WrongState;
    /// A context of the session is refused: awgp.session_context lets contexts end with their transaction.
    SessionContext = "session_context", NotAllowed;
    /// The database is a copy of another installation: only its subscription writes there.
    InstallationIsCopy = "installation_is_copy", WrongState;
    /// The database cannot become a copy, because it has tenants or a trail of its own.
    InstallationInUse = "installation_in_use", WrongState;
    /// Only administrators change this setting; a tenant's super_admin changes its policies.
    SettingReserved = "setting_reserved", NotAllowed;
    /// A change would loosen the approval policy while approvals that it concerns are open.
    ApprovalsOpen = "approvals_open", WrongState;
    /// The tenant has no such change of settings that waits for agreement.
    UnknownSettingsChange = "unknown_settings_change", NotFound;
    /// Another change of the tenant's settings waits for agreement.
    SettingsChangeOpen = "settings_change_open", WrongState;
    /// The user has proposed the change of settings, or has agreed to it already.
    OwnSettingsChange = "own_settings_change", NotAllowed;
    /// The file of targets of `awgp notify` cannot be used, or others than its owner may read it.
    NotifyFile = "notify_file", BadArgument;
    /// An approval of this action exists, and it is for other arguments.
    ArgumentsMismatch = "arguments_mismatch", WrongState;
    /// Arguments of an approval that somebody has voted on cannot be changed.
    VotesCast = "votes_cast", WrongState;
    /// The outcome of the action is not unknown, so there is nothing to reconcile.
    ActionNotUnknown = "action_not_unknown", WrongState;
    /// The pool's budget is raised until another moment.
    RaiseInForce = "raise_in_force", WrongState;
    /// An event of a receipt, or its summary, does not belong to the action.
    ReceiptMismatch = "receipt_mismatch", ConstraintViolation;
    /// A receipt lacks an event of which its other events speak.
    ReceiptIncomplete = "receipt_incomplete", ConstraintViolation;
    /// A stop is in force: nothing begins.
    Stopped = "stopped", WrongState;
    /// A stop is made or lifted at this moment.
    StopUnderWay = "stop_under_way", Retry;
    /// There is no such stop, or none that the caller may read.
    UnknownStop = "unknown_stop", NotFound;
    /// The stop is already lifted.
    StopEnded = "stop_ended", WrongState;
    /// Whoever stopped does not resume.
    OwnStop = "own_stop", NotAllowed;
    /// The file of a private key is encrypted, and nothing that was given opens it.
    KeyLocked = "key_locked", NotAllowed;
    /// Another key is the auditor's for what is signed: the key was replaced, or is not in force yet.
    KeyReplaced = "key_replaced", NotAllowed;
    /// A time-stamping authority has given no token that holds.
    TimestampMissing = "timestamp_missing", Retry;
    /// The timestamp beside a note is not of the note, or not of the authority.
    TimestampInvalid = "timestamp_invalid", NotAllowed;
    /// A note has fewer cosignatures of known witnesses than it needs.
    CosignatureMissing = "cosignature_missing", Retry;
    /// A user's data is erased at READ COMMITTED only.
    ErasureIsolation = "erasure_isolation", WrongState;
    /// The fleet file cannot be used, or it has a password that others than its owner may read.
    FleetFile = "fleet_file", BadArgument;
    /// More than one member of the fleet has a tenant like this.
    FleetAmbiguous = "fleet_ambiguous", BadArgument;
    /// A slug or a subject is taken on a member of the fleet.
    FleetNameTaken = "fleet_name_taken", WrongState;
    /// The tenant is being moved: nothing of it is written for seconds, with a large ledger for minutes.
    TenantMoving = "tenant_moving", Retry;
    /// The tenant has moved to another server.
    TenantMoved = "tenant_moved", WrongState;
    /// A family cannot be moved, or not there.
    TenantMoveRefused = "tenant_move_refused", WrongState;
    /// What has arrived of a family is not what the source has.
    TenantMoveDiffers = "tenant_move_differs", WrongState;
    /// The records of a move do not allow this step.
    TenantMoveUnclear = "tenant_move_unclear", WrongState;
    /// There is no such move.
    UnknownMove = "unknown_move", NotFound;
    /// An archive of a family is damaged, incomplete, or none.
    ArchiveMalformed = "archive_malformed", BadArgument;
    /// Events of more than one tenant have this id.
    AuditIdAmbiguous = "audit_id_ambiguous", BadArgument;
}
