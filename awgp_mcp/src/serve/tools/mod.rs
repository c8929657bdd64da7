//! All tools, by what they are about.

pub mod actions;
pub mod approvals;
pub mod conversations;
pub mod messages;
pub mod money;
pub mod pages;
pub mod reasons;
pub mod rules;
pub mod work;

use super::offer::Offered;

/// The tools in the order in which they are listed.
pub fn all() -> Vec<Offered> {
    vec![
        Offered::of::<rules::GetMyRules>(),
        Offered::of::<work::ListWork>(),
        Offered::of::<work::GetWork>(),
        Offered::of::<work::StartWork>(),
        Offered::of::<work::CompleteWork>(),
        Offered::of::<work::FailWork>(),
        Offered::of::<actions::BeginAction>(),
        Offered::of::<actions::FinishAction>(),
        Offered::of::<approvals::RequestWorkApproval>(),
        Offered::of::<approvals::RequestActionApproval>(),
        Offered::of::<approvals::GetApproval>(),
        Offered::of::<approvals::WaitForApproval>(),
        Offered::of::<reasons::ExplainReason>(),
        Offered::of::<reasons::LastDenials>(),
        Offered::of::<money::RemainingMoney>(),
        Offered::of::<money::EstimateCost>(),
        Offered::of::<messages::AuthorizeMessage>(),
        Offered::of::<messages::ListMessages>(),
        Offered::of::<conversations::LogConversation>(),
        Offered::of::<conversations::AppendConversation>(),
    ]
}
