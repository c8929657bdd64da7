//! The arguments of `awgp conversation`.

use super::{Limit, Narrow, Sure};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Conversations.
#[derive(Debug, Subcommand)]
pub enum Conversation {
    /// Log a conversation of an assistant; it stays open for more messages unless --end is given.
    #[command(after_help = examples!(
        "awgp conversation log --assistant ledger --file chat.json --channel slack \\",
        "    --external-id chat-7 --end --tenant north"
    ))]
    Log(ConversationLog),
    /// Append messages to a conversation that has not ended.
    #[command(after_help = examples!("awgp conversation append 6f1c02d7 --file more.json --tenant north"))]
    Append(ConversationAppend),
    /// End a conversation. Afterwards only a legal hold or erasing changes it.
    #[command(after_help = examples!("awgp conversation end 6f1c02d7 --tenant north"))]
    End(ConversationNamed),
    /// List the conversations that the tenant sees, the newest first.
    #[command(after_help = examples!("awgp conversation list --assistant ledger --tenant north"))]
    List(ConversationList),
    /// Show one conversation with its messages.
    #[command(after_help = examples!("awgp conversation show 6f1c02d7 --tenant north"))]
    Show(ConversationNamed),
    /// Find conversations by the words of their messages, the newest first.
    #[command(after_help = examples!(
        "awgp conversation search 'invoice -paid' --newer-than '7 days' --tenant north"
    ))]
    Search(ConversationSearch),
    /// Put a conversation on legal hold, so that nothing erases it, or release it.
    #[command(after_help = examples!(
        "awgp conversation hold 6f1c02d7 --tenant north --user ada@north.example",
        "awgp conversation hold 6f1c02d7 --release --tenant north --user ada@north.example"
    ))]
    Hold(ConversationHold),
    /// Erase the content of a conversation, permanently. The record keeps that it took place, and who erased
    /// it, when and why.
    #[command(after_help = examples!(
        "awgp conversation erase 6f1c02d7 --reason 'request 17' --tenant north --user ada@north.example"
    ))]
    Erase(ConversationErase),
    /// Write conversations with their content as JSON Lines (docs/conversations.md). The export is itself
    /// recorded.
    #[command(after_help = examples!(
        "awgp conversation export --out november.jsonl --since 2026-11-01 --until 2026-11-30 \\",
        "    --tenant north"
    ))]
    Export(ConversationExport),
}

/// A conversation.
#[derive(Args, Debug)]
pub struct ConversationLog {
    /// The assistant's slug or id.
    #[arg(long)]
    pub assistant: String,
    /// A file with the messages, a JSON array in any form of docs/conversations.md; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// The channel.
    #[arg(long, default_value = "internal")]
    pub channel: String,
    /// The work item it is about, whose costs it includes.
    #[arg(long, value_name = "ID")]
    pub work_item: Option<String>,
    /// Its name on the channel, such as a chat id. A conversation logged twice with it is recorded once.
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Its cost, an exact decimal.
    #[arg(long, value_name = "AMOUNT")]
    pub cost: Option<String>,
    /// The number of tokens.
    #[arg(long)]
    pub tokens: Option<i64>,
    /// End it.
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
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which conversation.
#[derive(Args, Debug)]
pub struct ConversationNamed {
    /// Its id, or the beginning of it.
    pub id: String,
}

/// What to search for.
#[derive(Args, Debug)]
pub struct ConversationSearch {
    /// All of these words in one message; "in quotes" as a phrase; or between alternatives; - before an
    /// excluded word.
    pub query: String,
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub limit: Limit,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub narrow: Narrow,
}

/// Which to hold.
#[derive(Args, Debug)]
pub struct ConversationHold {
    /// Its id, or the beginning of it.
    pub id: String,
    /// Release it.
    #[arg(long)]
    pub release: bool,
}

/// Which to erase, and why.
#[derive(Args, Debug)]
pub struct ConversationErase {
    /// Its id, or the beginning of it.
    pub id: String,
    /// The reason. It stays in the audit trail: name no person.
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub sure: Sure,
}

/// What to export.
#[derive(Args, Debug)]
pub struct ConversationExport {
    /// The file to write, instead of standard output. It appears when it is complete.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Only of this assistant, by slug or id.
    #[arg(long)]
    pub assistant: Option<String>,
    /// Only conversations that began at this time or later, such as 2026-03-31 or "3 days ago".
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only conversations that began before this time. A day alone is included.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// Messages to append.
#[derive(Args, Debug)]
pub struct ConversationAppend {
    /// The conversation's id, or the beginning of it.
    pub id: String,
    /// A file with the messages, a JSON array in any form of docs/conversations.md; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
}
