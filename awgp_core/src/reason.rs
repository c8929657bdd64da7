//! Every reason a user can be given, in one table.
//!
//! A reason is the stable, machine-readable name of why something was refused. It stands in the DETAIL of the
//! error as `{"reason": "…", …}`, together with the facts of the case. `docs/errors.md` lists them for users;
//! a test holds that page against this table.

/// The SQLSTATEs that AWGP raises, one a family. All are PostgreSQL's own codes: an unknown one would reach
/// the client as XX000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// 42501 `insufficient_privilege`: not allowed.
    NotAllowed,
    /// 55000 `object_not_in_prerequisite_state`: not in this state.
    WrongState,
    /// 53400 `configuration_limit_exceeded`: a budget, quota or rate limit.
    LimitExceeded,
    /// 22023 `invalid_parameter_value`: a bad argument.
    BadArgument,
    /// 23514 `check_violation`: a rule over rows that a constraint cannot say.
    ConstraintViolation,
    /// 23503 `foreign_key_violation`: a reference to what is not there.
    ForeignKeyViolation,
    /// P0002 `no_data_found`: no such thing here.
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
            /// Every reason, in the order of `docs/errors.md`.
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
    /// A write, and no tenant is in context.
    NoTenantContext = "no_tenant_context", NotAllowed;
    /// The setting app.current_tenant, or a tenant id given as text, is not a uuid.
    MalformedTenantId = "malformed_tenant_id", BadArgument;
    /// No active tenant with this id exists; which of the two it is, is not said.
    UnknownTenant = "unknown_tenant", NotAllowed;
    /// The user is not an active user of the tenant.
    UnknownUser = "unknown_user", NotAllowed;
    /// The assistant is not one of the tenant's.
    UnknownAssistant = "unknown_assistant", NotAllowed;
    /// A row of another tenant was to be written.
    ForeignTenant = "foreign_tenant", NotAllowed;
    /// A row was to move to another tenant.
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
    /// A row that an array column of another row names was to be deleted or renamed.
    StillReferenced = "still_referenced", ForeignKeyViolation;
    /// The audit trail is written by the chain alone and never changed.
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
    /// The token's alg is none.
    TokenUnsigned = "token_unsigned", NotAllowed;
    /// The token's alg is not on the provider's list.
    TokenAlgorithm = "token_algorithm", NotAllowed;
    /// The token's alg does not fit the key that its kid names.
    TokenAlgorithmMismatch = "token_algorithm_mismatch", NotAllowed;
    /// The token's signature is not the key's.
    TokenBadSignature = "token_bad_signature", NotAllowed;
    /// None of the provider's audiences is in the token's aud.
    TokenWrongAudience = "token_wrong_audience", NotAllowed;
    /// The token's azp is none of the provider's authorized parties.
    TokenWrongParty = "token_wrong_party", NotAllowed;
    /// The token has no exp, or no iat where the provider bounds the lifetime.
    TokenNoTime = "token_no_time", NotAllowed;
    /// The token's exp is not after now.
    TokenExpired = "token_expired", NotAllowed;
    /// The token's nbf or iat is after now.
    TokenNotYetValid = "token_not_yet_valid", NotAllowed;
    /// The token lives longer than the provider's bound or, where there is none, a year ahead; or ends before it begins.
    TokenLifetime = "token_lifetime", NotAllowed;
    /// The token's subject claim is missing, empty, not text, or holds a control character.
    TokenNoSubject = "token_no_subject", NotAllowed;
    /// The token's tenant claim is missing, or names nothing: it is empty, of another form, or holds a control character; or its provider asks for none, and the user's subject was set by their tenant.
    TokenNoTenant = "token_no_tenant", NotAllowed;
    /// A key set cannot be used: a private, symmetric or weak key, two of one kid and algorithm, or none that can be used.
    JwksInvalid = "jwks_invalid", BadArgument;
    /// The name of a signature algorithm that cannot be allowed.
    UnknownAlgorithm = "unknown_algorithm", BadArgument;
    /// The name of a user role that does not exist.
    UnknownRole = "unknown_role", BadArgument;
    /// The name of a verb other than insert, update and delete.
    UnknownVerb = "unknown_verb", BadArgument;
    /// The user's role may not write this table in this way.
    RoleNotSufficient = "role_not_sufficient", NotAllowed;
    /// The user's role may write rows of their own in this table, and this one is another's.
    NotOwnRow = "not_own_row", NotAllowed;
    /// A role above the user's own was to be given or taken, or a user with such a role to be changed.
    RoleGrant = "role_grant", NotAllowed;
    /// A user was to change their own role.
    OwnRole = "own_role", NotAllowed;
    /// Only an application's own table with a tenant_id, owned by the caller, can be tracked.
    NotTrackable = "not_trackable", BadArgument;
    /// A table has no such column.
    UnknownColumn = "unknown_column", BadArgument;
    /// The partition's month is not over.
    PartitionOpen = "partition_open", WrongState;
    /// The audit trail does not verify.
    AuditFindings = "audit_findings", WrongState;
    /// The token is good, and its subject is a user who is not active.
    UserInactive = "user_inactive", NotAllowed;
    /// The token is good, and its user's tenant is not active.
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
    /// A template that AWGP ships was to be made, changed or deleted.
    SystemTemplate = "system_template", NotAllowed;
    /// A text is no key of a signed note: malformed, not Ed25519, or with an id that is not its own.
    CheckpointKey = "checkpoint_key", BadArgument;
    /// A private key was given where a public one belongs; none enters the database.
    PrivateKey = "private_key", BadArgument;
    /// A text is no signed note, or its text is no checkpoint.
    NoteMalformed = "note_malformed", BadArgument;
    /// A note has no signature of the key.
    NoteWrongKey = "note_wrong_key", NotAllowed;
    /// A note's signature is not of its text.
    NoteBadSignature = "note_bad_signature", NotAllowed;
    /// A text is no proof of an audit row.
    ProofMalformed = "proof_malformed", BadArgument;
    /// A proof's note says nothing of the tenant of its row.
    ProofOtherLog = "proof_other_log", BadArgument;
    /// A proof's row and path do not yield the root that was signed.
    ProofMismatch = "proof_mismatch", ConstraintViolation;
    /// A checkpoint does not extend the one that was signed before, or is not what the rows yield; it is not signed.
    CheckpointNotExtended = "checkpoint_not_extended", WrongState;
    /// The tenant has no audit row.
    AuditEmpty = "audit_empty", NotFound;
    /// No audit row that the caller may read has this id.
    UnknownAuditRow = "unknown_audit_row", NotFound;
    /// The audit row is in no checkpoint of that size yet.
    RowNotCheckpointed = "row_not_checkpointed", WrongState;
    /// The database has made no such checkpoint.
    UnknownCheckpoint = "unknown_checkpoint", NotFound;
    /// A key of tenants.settings that AWGP knows has a value that it cannot use; `key` is the path to it.
    InvalidSetting = "invalid_setting", BadArgument;
    /// No verb leads from this state to that one, or no row begins in it.
    IllegalTransition = "illegal_transition", WrongState;
    /// The tenant has no such work item.
    UnknownWorkItem = "unknown_work_item", NotFound;
    /// The tenant has no such approval.
    UnknownApproval = "unknown_approval", NotFound;
    /// The tenant has no such delegation.
    UnknownDelegation = "unknown_delegation", NotFound;
    /// The risk is above the assistant's tier, and no approval was asked for.
    ApprovalRequired = "approval_required", WrongState;
    /// An approval waits for its decision.
    ApprovalPending = "approval_pending", WrongState;
    /// The work item's approval was rejected.
    ApprovalRejected = "approval_rejected", WrongState;
    /// The approval's time is over.
    ApprovalExpired = "approval_expired", WrongState;
    /// Work has begun under this approval before.
    ApprovalUsed = "approval_used", WrongState;
    /// The work item is not any more what the approval was asked for.
    DigestMismatch = "digest_mismatch", WrongState;
    /// The approval was decided, or has expired, before.
    ApprovalClosed = "approval_closed", WrongState;
    /// An approval was to expire before its time.
    ApprovalNotExpired = "approval_not_expired", WrongState;
    /// What an approval asks was to change.
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
    /// The risk was to fall below what an approval was asked for.
    RiskLowered = "risk_lowered", WrongState;
    /// What was approved was to change while it runs.
    WorkItemPinned = "work_item_pinned", WrongState;
    /// No human is in context, and only humans decide and ask.
    NoUserContext = "no_user_context", NotAllowed;
    /// An assistant is in context, and assistants decide nothing.
    AssistantDecides = "assistant_decides", NotAllowed;
    /// The user asked for the approval himself.
    SelfApproval = "self_approval", NotAllowed;
    /// The user made the assistant, and policy does not let such a user decide.
    AssistantCreator = "assistant_creator", NotAllowed;
    /// The user has voted, or somebody on their behalf.
    AlreadyVoted = "already_voted", WrongState;
    /// The user is not among the approvers.
    NotAnApprover = "not_an_approver", NotAllowed;
    /// The user's role does not decide this risk.
    ApproverRole = "approver_role", NotAllowed;
    /// Risk levels were to be delegated that the delegator does not decide himself.
    BeyondAuthority = "beyond_authority", NotAllowed;
    /// A delegation was to change, or to come back after it was revoked.
    DelegationFixed = "delegation_fixed", WrongState;
    /// There is nobody left to escalate to.
    EscalationExhausted = "escalation_exhausted", WrongState;
    /// A column or row that AWGP alone writes.
    MachineWritten = "machine_written", NotAllowed;
    /// What is done needs a reason in words.
    ReasonRequired = "reason_required", BadArgument;
    /// The policy does not name the user among those who may break glass.
    BreakGlassNotAllowed = "break_glass_not_allowed", NotAllowed;
    /// No price is known for the model at that moment, and no cost was given.
    UnknownPrice = "unknown_price", NotFound;
    /// The tenant has as many active users or assistants as its quota allows.
    QuotaExceeded = "quota_exceeded", LimitExceeded;
    /// A quota was to be lowered below what is active.
    QuotaInUse = "quota_in_use", LimitExceeded;
    /// The partition is not sealed.
    PartitionNotSealed = "partition_not_sealed", WrongState;
    /// No signed checkpoint covers every row of the partition.
    PartitionNotCheckpointed = "partition_not_checkpointed", WrongState;
    /// The partition is younger than awgp.audit_retention.
    PartitionTooYoung = "partition_too_young", WrongState;
    /// The partition is on legal hold, itself or by a tenant whose rows it has.
    PartitionHeld = "partition_held", WrongState;
    /// awgp.audit_retention is under six months, and awgp.audit_retention_short is off.
    RetentionTooShort = "retention_too_short", WrongState;
    /// No retired partition has this name.
    PartitionNotRetired = "partition_not_retired", WrongState;
    /// The table of a retired partition is still there, so nothing is loaded into it.
    PartitionPresent = "partition_present", WrongState;
    /// The table of a retired partition is not there any more.
    PartitionGone = "partition_gone", WrongState;
    /// A cost or a reservation does not fit a limit: a pool's, a tenant's month, an assistant's day, a holding's month.
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
    /// The idempotency key was used for another amount, assistant or provider; the external id, for another open conversation.
    IdempotencyConflict = "idempotency_conflict", BadArgument;
    /// An assistant that is not active reserves nothing.
    AssistantNotActive = "assistant_not_active", WrongState;
    /// The ledger is written once: an entry, a period, an alert is never changed or deleted.
    LedgerImmutable = "ledger_immutable", NotAllowed;
    /// A column that the ledger keeps was to be changed.
    LedgerKept = "ledger_kept", NotAllowed;
    /// The entry reverses another, or is reversed already.
    NotReversible = "not_reversible", WrongState;
    /// There is no such time zone.
    UnknownTimeZone = "unknown_time_zone", BadArgument;
    /// messages is not an array of objects with a role and a content that can be made out.
    MessagesInvalid = "messages_invalid", BadArgument;
    /// There are too many messages, or one or all of them are too large.
    MessagesTooLarge = "messages_too_large", BadArgument;
    /// The conversation has ended, so nothing of it changes any more.
    ConversationEnded = "conversation_ended", WrongState;
    /// The conversation's content was erased.
    ConversationErased = "conversation_erased", WrongState;
    /// A record on legal hold was to be erased.
    LegalHold = "legal_hold", WrongState;
    /// A record was to be changed where it only grows.
    AppendOnly = "append_only", WrongState;
    /// A human must do this, and none is in context, or an assistant is beside them.
    HumanNeeded = "human_needed", NotAllowed;
    /// The work item or conversation that is named is another assistant's.
    OtherAssistant = "other_assistant", ConstraintViolation;
    /// The tenant has no such conversation.
    UnknownConversation = "unknown_conversation", NotFound;
    /// A flag was written while its conversation was being erased.
    ErasedMeanwhile = "erased_meanwhile", Retry;
    /// The tenant has no such hallucination flag.
    UnknownFlag = "unknown_flag", NotFound;
    /// A flag does not go from its status to the one asked for.
    ReviewTransition = "review_transition", WrongState;
    /// The tenant's policy asks for somebody else than the assistant's creator to conclude.
    CreatorAlone = "creator_alone", NotAllowed;
    /// A flag names a detection method that the tenant does not have.
    UnknownDetectionMethod = "unknown_detection_method", BadArgument;
    /// The tenant has no such governed action.
    UnknownAction = "unknown_action", NotFound;
    /// A governed action was to be finished again, with another report.
    ActionFinished = "action_finished", WrongState;
    /// The work item is another assistant's than the one in context.
    NotOwnWork = "not_own_work", NotAllowed;
    /// A parallel worker was to have a context.
    ParallelWorker = "parallel_worker", WrongState;
    /// What the settings of AWGP are cannot be established in this session.
    SettingsUnknown = "settings_unknown", WrongState;
    /// A table, an index or a row of AWGP's own is missing, as after a restore that is not complete.
    StructureIncomplete = "structure_incomplete", WrongState;
    /// A user's subject was to change, and only administrators change one that is set.
    SubjectFixed = "subject_fixed", NotAllowed;
    /// Users of one tenant have the same e-mail address, written in different ways.
    EmailClash = "email_clash", ConstraintViolation;
    /// Fewer people may decide the request than votes are needed; said as a warning.
    ApprovalUndecidable = "approval_undecidable", WrongState;
    /// JSON holds \u0000, half of a surrogate pair or a number beyond numeric; `element` is the path to it.
    JsonUnsupported = "json_unsupported", BadArgument;
    /// A credit pool was to be made for a provider that nobody has declared.
    UnknownProvider = "unknown_provider", ConstraintViolation;
    /// Rows that were there before do not keep a constraint that a migration adds.
    RowsRefused = "rows_refused", ConstraintViolation;
    /// What has the name of a month's partition is not attached to the audit trail, or is something else.
    PartitionNameTaken = "partition_name_taken", WrongState;
}
