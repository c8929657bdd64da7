//! The arguments of `awgp conversation`.

use super::Limit;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Conversations.
#[derive(Debug, Subcommand)]
pub enum Conversation {
    /// Log a conversation of an assistant, open for more unless --end is given.
    Log(ConversationLog),
    /// List the conversations that the tenant sees, the newest first.
    List(ConversationList),
    /// Show one conversation with its messages.
    Show(ConversationNamed),
    /// Find conversations by the words of their messages, the newest first.
    Search(ConversationSearch),
    /// Put a conversation on legal hold, so that nothing erases it, or release it.
    Hold(ConversationHold),
    /// Erase the content of a conversation, for good. That it was, by whom, when and why stays on the record.
    Erase(ConversationErase),
    /// Write conversations with their content as JSON Lines (docs/conversations.md). The export is itself recorded.
    Export(ConversationExport),
}

/// A conversation.
#[derive(Args, Debug)]
pub struct ConversationLog {
    /// Whose it is: the assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// A file with the messages, a JSON array in any form of docs/conversations.md; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// Where it took place.
    #[arg(long, default_value = "internal")]
    pub channel: String,
    /// The work item it is about, whose costs it takes over.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    /// Its name on the channel, such as a chat id. The same conversation again under it is recorded once.
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// What it cost, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub cost: Option<String>,
    /// How many tokens it used.
    #[arg(long)]
    pub tokens: Option<i64>,
    /// It is over.
    #[arg(long)]
    pub end: bool,
}

/// Which conversations to list.
#[derive(Args, Debug)]
pub struct ConversationList {
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    /// Only with this name on the channel.
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
}

/// Which conversation.
#[derive(Args, Debug)]
pub struct ConversationNamed {
    /// Its id.
    pub id: String,
}

/// What to look for.
#[derive(Args, Debug)]
pub struct ConversationSearch {
    /// All of these words in one message; "in quotes" one after the other; or between alternatives; - before what
    /// must not be there.
    pub query: String,
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    /// How many conversations at most.
    #[arg(long = "limit", value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rows: u32,
}

/// Which to hold.
#[derive(Args, Debug)]
pub struct ConversationHold {
    /// Its id.
    pub id: String,
    /// Release it.
    #[arg(long)]
    pub release: bool,
}

/// Which to erase, and why.
#[derive(Args, Debug)]
pub struct ConversationErase {
    /// Its id.
    pub id: String,
    /// Why. It stays in the audit trail: name no person.
    #[arg(long)]
    pub reason: String,
}

/// What to export.
#[derive(Args, Debug)]
pub struct ConversationExport {
    /// The file to write, in place of standard output. It appears when it is complete.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    /// Only what began at this time or later, as 2026-03-31T17:00:00Z; UTC unless it names a zone.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only what began before this time.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}
