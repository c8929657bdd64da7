//! What assistants may say to each other.
//!
//! Model: a message has a sender, a receiver, a channel, a text and some fields. Every active policy whose types
//! and channels fit speaks about it, and all that speak must let it through: the most restrictive wins. Where no
//! policy speaks, the answer is no, unless the tenant's settings allow it, and those only inside one tenant.
//! Between a holding and its subsidiary both sides' policies are asked.
//!
//! - [`policy`] a policy, whether it fits, and what a policy may be
//! - [`content`] `content_rules`: what a text must and must not hold
//! - [`links`] what is a link, and to which hosts
//! - [`settings`] `tenants.settings -> 'messaging'`
//! - [`window`] the sliding hour
//! - [`decision`] all of it together, explained
//! - [`denial`] why not, in one table
//!
//! Failure handling: whatever cannot be established is no.

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
