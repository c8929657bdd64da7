//! The chapters, in order.

mod actions;
mod afterwards;
mod approvals;
mod audit_trail;
mod evidence;
mod ground;
mod messages;
mod money;
mod organisation;
mod records;
mod visibility;
mod writing;

use super::stage::Stage;
use awgp_client::Trouble;

/// Runs all of them.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    ground::tell(stage).await?;
    organisation::tell(stage).await?;
    visibility::tell(stage).await?;
    writing::tell(stage).await?;
    messages::tell(stage).await?;
    money::tell(stage).await?;
    afterwards::tell(stage).await?;
    approvals::tell(stage).await?;
    actions::tell(stage).await?;
    records::tell(stage).await?;
    audit_trail::tell(stage).await?;
    evidence::tell(stage).await
}
