//! Why a message may not be sent, in one table; a test compares `docs/messages.md` with it.

macro_rules! denials {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $hint:literal;)+) => {
        /// Why a message may not be sent. The name is part of the interface and never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Denial { $($(#[doc = $doc])+ $variant,)+ }

        impl Denial {
            /// Every denial, in the order of `docs/messages.md`.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name: `reason` of the decision.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it means, in the words of `docs/messages.md`.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The next thing to do.
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)+ }
            }
        }
    };
}

denials! {
    /// The sender is not an assistant of the tenant in context.
    UnknownSender = "unknown_sender", "Check from_assistant_id with: awgp assistant list";
    /// Another assistant is in context, and an assistant speaks only for itself.
    SenderNotInContext = "sender_not_in_context", "Let the assistant in context be the sender.";
    /// The sender's status is not active.
    SenderNotActive = "sender_not_active", "Activate the sender first.";
    /// A stop covers the sender.
    SenderStopped = "sender_stopped", "Wait until the stop is lifted: awgp stop list";
    /// The receiver does not exist, or the sender's tenant may not write to it.
    UnknownReceiver = "unknown_receiver", "Check to_assistant_id with: awgp assistant list";
    /// The receiver's status is not active.
    ReceiverNotActive = "receiver_not_active", "Activate the receiver first.";
    /// A stop covers the receiver.
    ReceiverStopped = "receiver_stopped", "Wait until the stop is lifted.";
    /// The channel is neither built in nor one that the settings of the sender's tenant name.
    ChannelNotAllowed = "channel_not_allowed", "Use telegram, slack, email or internal, or add the channel to settings.messaging.channels of the tenant.";
    /// No active policy covers these types, and the tenant's settings do not allow it.
    NoPolicy = "no_policy", "Write a policy that matches both types and the channel: awgp policy create";
    /// Active policies cover these types, but not on this channel.
    ChannelNotInPolicy = "channel_not_in_policy", "Use a channel that the policies for these types name: awgp policy list";
    /// The text has more characters than a policy allows, or more bytes than any message may have.
    TooLong = "too_long", "Shorten the text.";
    /// The text holds what a policy forbids.
    ForbiddenPattern = "forbidden_pattern", "Remove what the pattern matches.";
    /// A field that a policy requires is not in the metadata, or null, or blank.
    MissingField = "missing_field", "Add the field to metadata.";
    /// The text has a link, and a policy allows no links, or no links to that host.
    LinkNotAllowed = "link_not_allowed", "Remove the links.";
    /// The hour is full; retry_after_seconds says when it no longer is.
    RateLimited = "rate_limited", "Try again after retry_after_seconds; where that is null, the limit is 0.";
    /// A policy of the receiver's tenant does not allow it.
    OtherSideDenies = "other_side_denies", "Ask an admin of the receiver's tenant for a policy.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denials_are_distinct_snake_case_names() {
        let mut names: Vec<_> = Denial::ALL.iter().map(|denial| denial.name()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Denial::ALL.len());
    }
}
