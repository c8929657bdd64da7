//! Approvals, as those who ask and decide meet them: nothing riskier than its assistant's tier begins without
//! one, and nobody steps around who may give it.

mod break_glass;
mod deciding;
mod delegations;
mod escalating;
mod expiry;
mod forging;
mod gate;
mod inbox;
mod notices;
mod quorum;
mod races;
mod self_approval;
mod undecidable;
