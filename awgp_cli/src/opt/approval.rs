//! The arguments of `awgp approval`.

use super::Limit;
use clap::{Args, Subcommand};

/// Approvals.
#[derive(Debug, Subcommand)]
pub enum Approval {
    /// List what --user may decide now, in person or on behalf of another, the riskiest first.
    Inbox(ApprovalInbox),
    /// Show one approval: what is asked, what will run, and the votes so far.
    Show(ApprovalNamed),
    /// Ask for an approval of a work item, in the name of --user.
    Request(ApprovalRequest),
    /// Approve, as --user. Asks before it does so on a terminal; elsewhere it wants --yes.
    Approve(ApprovalApprove),
    /// Reject, as --user.
    Reject(ApprovalReject),
    /// Ask somebody higher: the next step of the tenant's policy, or those who are named.
    Escalate(ApprovalEscalate),
    /// Say whether --user, or somebody else, may decide, and why or why not.
    Explain(ApprovalExplain),
}

/// What to list.
#[derive(Args, Debug)]
pub struct ApprovalInbox {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// Which approval.
#[derive(Args, Debug)]
pub struct ApprovalNamed {
    /// Its id.
    pub id: String,
}

/// A new request.
#[derive(Args, Debug)]
pub struct ApprovalRequest {
    /// The work item's id.
    pub work_item: String,
    /// What is asked, in a line; the work item's title where it is left out.
    #[arg(long)]
    pub title: Option<String>,
    /// The same at length.
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Ask as for a higher risk than the work item's, 0 to 5.
    #[arg(long, value_name = "LEVEL")]
    pub risk_level: Option<i64>,
    /// Who may decide, by e-mail or id; give the option once for each. Left out: everybody whom the risk allows.
    #[arg(long = "approver", value_name = "USER")]
    pub approvers: Vec<String>,
    /// How long it may be decided, as "4 hours"; the tenant's policy where it is left out.
    #[arg(long, value_name = "INTERVAL")]
    pub expires_in: Option<String>,
    /// Data for the one who decides, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub context: Option<String>,
}

/// A yes.
#[derive(Args, Debug)]
pub struct ApprovalApprove {
    /// The approval's id.
    pub id: String,
    /// What to say to it.
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// A no.
#[derive(Args, Debug)]
pub struct ApprovalReject {
    /// The approval's id.
    pub id: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// An escalation.
#[derive(Args, Debug)]
pub struct ApprovalEscalate {
    /// The approval's id.
    pub id: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Whom to ask, by e-mail or id; give the option once for each.
    #[arg(long = "approver", value_name = "USER")]
    pub approvers: Vec<String>,
}

/// What to explain.
#[derive(Args, Debug)]
pub struct ApprovalExplain {
    /// The approval's id.
    pub id: String,
    /// For whom, by e-mail or id; left out: --user.
    #[arg(long = "for", value_name = "USER")]
    pub whom: Option<String>,
}
