//! Which messages assistants may send to each other.
//!
//! Model: a message has a sender, a receiver, a channel, a text and some fields. Every active policy whose
//! types and channels match applies to it, and all that apply must allow it: the most restrictive wins. Where
//! no policy applies, the message is denied, unless the tenant's settings allow it, and those only within one
//! tenant. Between a holding and its subsidiary the policies of both sides apply.
//!
//! - [`policy`] a policy, whether it matches, and which policies are valid
//! - [`content`] `content_rules`: what a text must and must not contain
//! - [`links`] what a link is, and which hosts it leads to
//! - [`settings`] `tenants.settings -> 'messaging'`
//! - [`window`] the sliding hour of a rate limit
//! - [`decision`] all of them together, with the explanation
//! - [`denial`] why a message may not be sent, in one table
//!
//! Failure handling: a message is denied where something cannot be determined.

pub mod content;
pub mod decision;
pub mod denial;
pub mod error;
pub mod links;
pub mod policy;
pub mod settings;
pub mod window;

pub use content::ContentRules;
pub use decision::{Decision, Party, Question, Relation, Side, decide};
pub use denial::Denial;
pub use error::PolicyError;
pub use policy::{Policy, Scope};
pub use settings::MessagingSettings;
pub use window::{Admission, Window};
