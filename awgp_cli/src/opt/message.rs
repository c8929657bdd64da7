//! The arguments of `awgp message`, and of `awgp policy test`.

use clap::{Args, Subcommand};

/// Messages between assistants.
#[derive(Debug, Subcommand)]
pub enum Message {
    /// Check whether a message may be sent; the answer counts and is recorded.
    ///
    /// The exit code is 0 where it may be sent, 5 where a rate limit is reached, and 3 where it is denied for
    /// another reason. The decision is printed in every case.
    #[command(after_help = examples!(
        "awgp message check --from ledger --to scribe --channel internal \\",
        "    --content 'Please book it.' --tenant north"
    ))]
    Check(MessageAsked),
}

/// A message.
#[derive(Args, Debug)]
pub struct MessageAsked {
    /// The sender, an assistant of the tenant, by slug or id.
    #[arg(long, value_name = "ASSISTANT")]
    pub from: String,
    /// The receiver, by slug or id; an assistant of the tenant's holding by its id.
    #[arg(long, value_name = "ASSISTANT")]
    pub to: String,
    /// The channel: telegram, slack, email, internal or one of the tenant's own.
    #[arg(long)]
    pub channel: String,
    /// The text. Without it, the text is read from standard input.
    #[arg(long, value_name = "TEXT")]
    pub content: Option<String>,
    /// Fields of the message, a JSON object.
    #[arg(long, value_name = "JSON")]
    pub metadata: Option<String>,
}
