//! The arguments of `awgp approval`.

use super::{Limit, Narrow, Sure};
use clap::{Args, Subcommand};

/// Approvals.
#[derive(Debug, Subcommand)]
pub enum Approval {
    /// List what --user may decide now, in person or on behalf of another, the riskiest first. Without
    /// --user, list what waits and who may decide it.
    #[command(after_help = examples!(
        "awgp approval inbox --tenant north --user ada@north.example",
        "awgp approval inbox --tenant north"
    ))]
    Inbox(ApprovalInbox),
    /// Show one approval: the request, what will run, and the votes so far.
    #[command(after_help = examples!("awgp approval show 6f1c02d7 --tenant north"))]
    Show(ApprovalNamed),
    /// List the approvals that the tenant sees, with any status, the newest first.
    #[command(after_help = examples!("awgp approval list --status rejected --tenant north"))]
    List(ApprovalList),
    /// Show every version of one approval, and what changed from each to the next, from the audit trail.
    #[command(after_help = examples!("awgp approval history 6f1c02d7 --tenant north"))]
    History(ApprovalHistory),
    /// Request an approval of a work item, in the name of --user.
    #[command(after_help = examples!(
        "awgp approval request 3f2a91c4 --expires-in '4 hours' --tenant north --user ada@north.example"
    ))]
    Request(ApprovalRequest),
    /// Approve, as --user. On a terminal it asks first; elsewhere it needs --yes.
    #[command(after_help = examples!(
        "awgp approval approve 6f1c02d7 --comment 'checked the invoice' --tenant north \\",
        "    --user ada@north.example"
    ))]
    Approve(ApprovalApprove),
    /// Reject, as --user.
    #[command(after_help = examples!(
        "awgp approval reject 6f1c02d7 --reason 'too dear' --tenant north --user ada@north.example"
    ))]
    Reject(ApprovalReject),
    /// Escalate to somebody with a higher role: the next step of the tenant's policy, or the users named.
    #[command(after_help = examples!(
        "awgp approval escalate 6f1c02d7 --reason 'nobody is here' --tenant north \\",
        "    --user ada@north.example",
        "awgp approval escalate 6f1c02d7 --approver bob@north.example --tenant north \\",
        "    --user ada@north.example"
    ))]
    Escalate(ApprovalEscalate),
    /// Show whether --user, or another user, may decide, and why or why not.
    #[command(after_help = examples!(
        "awgp approval explain 6f1c02d7 --tenant north --user ada@north.example",
        "awgp approval explain 6f1c02d7 --for bob@north.example --tenant north"
    ))]
    Explain(ApprovalExplain),
    /// Approve alone in an emergency, as --user, whom the tenant's policy must name for that. The owner of
    /// the extension must have granted it. It is recorded and reported.
    #[command(after_help = examples!(
        "awgp approval break-glass 6f1c02d7 --reason 'the plant stands still' --tenant north \\",
        "    --user ada@north.example"
    ))]
    BreakGlass(ApprovalBreakGlass),
    /// Wait, and ring when there is something that --user may decide. Ctrl-C ends it.
    #[command(after_help = examples!(
        "awgp approval watch --tenant north --user ada@north.example",
        "awgp approval watch --once --tenant north --user ada@north.example"
    ))]
    Watch(ApprovalWatch),
}

/// How long to wait.
#[derive(Args, Debug)]
pub struct ApprovalWatch {
    /// End as soon as there is something to decide.
    #[arg(long)]
    pub once: bool,
}

/// What to list.
#[derive(Args, Debug)]
pub struct ApprovalInbox {
    /// Only of this risk level, 0 to 5.
    #[arg(long, value_name = "LEVEL")]
    pub risk: Option<i64>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which approval.
#[derive(Args, Debug)]
pub struct ApprovalNamed {
    /// Its id, or the beginning of it.
    pub id: String,
}

/// A new request.
#[derive(Args, Debug)]
pub struct ApprovalRequest {
    /// The work item's id, or the beginning of it.
    pub work_item: String,
    /// Request it for one action of the work item's assistant, not for the work item.
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// What the action is to be called with, JSON: what is approved is what runs.
    #[arg(long, value_name = "JSON", requires = "action")]
    pub arguments: Option<String>,
    /// The request in a line [default: the work item's title, or the name of the action].
    #[arg(long)]
    pub title: Option<String>,
    /// The description.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Request as for a higher risk than the work item's, 0 to 5.
    #[arg(long, value_name = "LEVEL")]
    pub risk_level: Option<i64>,
    /// Who may decide, by e-mail or id; repeat the option for several [default: everybody whom the risk
    /// allows].
    #[arg(long = "approver", value_name = "USER")]
    pub approvers: Vec<String>,
    /// How long it may be decided, such as "4 hours" [default: the tenant's policy].
    #[arg(long, value_name = "INTERVAL")]
    pub expires_in: Option<String>,
    /// Data for the approver, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub context: Option<String>,
}

/// An approval.
#[derive(Args, Debug)]
pub struct ApprovalApprove {
    /// The approval's id, or the beginning of it.
    pub id: String,
    /// A comment.
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// For an approval of an action: what it may be called with instead of what was requested, JSON.
    #[arg(long, value_name = "JSON")]
    pub arguments: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// A rejection.
#[derive(Args, Debug)]
pub struct ApprovalReject {
    /// The approval's id, or the beginning of it.
    pub id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// An escalation.
#[derive(Args, Debug)]
pub struct ApprovalEscalate {
    /// The approval's id, or the beginning of it.
    pub id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Whom to ask, by e-mail or id; repeat the option for several.
    #[arg(long = "approver", value_name = "USER")]
    pub approvers: Vec<String>,
}

/// What to explain.
#[derive(Args, Debug)]
pub struct ApprovalExplain {
    /// The approval's id, or the beginning of it.
    pub id: String,
    /// For whom, by e-mail or id [default: --user].
    #[arg(long = "for", value_name = "USER")]
    pub whom: Option<String>,
}

/// Which approvals to list.
#[derive(Args, Debug)]
pub struct ApprovalList {
    /// Only with this status: pending, approved, rejected, escalated or expired.
    #[arg(long)]
    pub status: Option<String>,
    /// Only for this work item, by id.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Whose versions to show.
#[derive(Args, Debug)]
pub struct ApprovalHistory {
    /// The approval's id, or the beginning of it.
    pub id: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// An approval in an emergency.
#[derive(Args, Debug)]
pub struct ApprovalBreakGlass {
    /// The approval's id, or the beginning of it.
    pub id: String,
    /// The reason.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}
