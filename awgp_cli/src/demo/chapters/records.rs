//! A conversation is logged, found, flagged and reviewed; then its content is erased, and the trail verifies.

use crate::audit::verify;
use crate::demo::stage::{Made, Stage, attempt_in};
use awgp_client::{Context, Trouble};
use serde_json::json;

/// The text that nobody can find afterwards.
const SECRET: &str = "zugspitze1962";

const LOG: &str = "
    SELECT id::text FROM awgp.log_conversation($1::text::uuid, 'telegram', $2::text::jsonb, external_id => 'chat-17')";

const FLAG: &str = "
    SELECT id::text FROM awgp.flag_hallucination($1::text::uuid, 'fact_check', 0.93, 'born on the zugspitze1962',
        conversation_log_id => $2::text::uuid)";

const FOUND: &str = "SELECT count(*) FROM awgp.search_conversations($1::text)";

const REVIEW: &str =
    "SELECT awgp.review_hallucination($1::text::uuid, 'confirmed', 'zugspitze1962 is no place of birth')";

/// Rows of the tenant that hold the content: conversations, their words, flags, and the trail.
const HOLDING: &str = "
    SELECT (SELECT count(*) FROM awgp.conversation_logs AS t WHERE t::text LIKE '%' || $1::text || '%')
         + (SELECT count(*) FROM awgp.conversation_search AS t WHERE t::text LIKE '%' || $1::text || '%')
         + (SELECT count(*) FROM awgp.hallucination_flags AS t WHERE t::text LIKE '%' || $1::text || '%')
         + (SELECT count(*) FROM awgp.audit_logs AS t WHERE t::text LIKE '%' || $1::text || '%')";

/// Runs the chapter.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "Conversations and hallucination flags",
        "Content is searched within the tenant, reviewed by humans, and erasable: the trail has only its \
         digest.",
    )?;
    let made = stage.made.clone();
    let [_, tenant, other, ..] = made.as_slice() else { unreachable!("a scenario has two subsidiaries") };
    let (conversation, flag) = logged(stage, tenant).await?;
    for (who, expected) in [(tenant, 1), (other, 0)] {
        let work = stage.sessions.app.begin(who.context()).await?;
        let found = work.number(FOUND, &[&SECRET]).await?;
        drop(work);
        stage.narrator.equal(
            &format!("conversations that {} finds by the word", who.name),
            expected,
            found,
        )?;
    }
    reviewed(stage, tenant, &flag).await?;
    erased(stage, tenant, &conversation).await
}

async fn logged(stage: &mut Stage<'_>, tenant: &Made) -> Result<(String, String), Trouble> {
    let messages = json!([
        {"role": "user", "content": "My name is Ada; where was I born?"},
        {"role": "assistant", "content": "You were born on the zugspitze1962."},
    ]);
    let work = stage.sessions.app.begin(tenant.context()).await?;
    let conversation = work.text(LOG, &[&tenant.any_assistant(), &messages.to_string()]).await?;
    let flag = work.text(FLAG, &[&tenant.any_assistant(), &conversation]).await?;
    work.commit().await?;
    stage.narrator.step("a conversation is logged, and a fact check flags what the assistant said")?;
    Ok((conversation, flag))
}

async fn reviewed(stage: &mut Stage<'_>, tenant: &Made, flag: &str) -> Result<(), Trouble> {
    let attempt = stage.attempt(tenant.context(), REVIEW, &[&flag]).await?;
    stage.narrator.refused("the system reviews the flag", &["42501"], &attempt)?;
    let of = |role: &str| {
        let users =
            stage.scenario.subsidiaries.first().map(|tenant| tenant.users.as_slice()).unwrap_or_default();
        users.iter().find(|user| user.role == role).map(|user| user.email.clone())
    };
    let (viewer, manager) = (of("viewer"), of("manager").or_else(|| of("admin")));
    for (email, allowed) in [(viewer, false), (manager, true)] {
        let Some(email) = email else { continue };
        let context = Context { tenant: Some(&tenant.slug), user: Some(&email) };
        if allowed {
            let work = stage.sessions.app.begin(context).await?;
            work.run(REVIEW, &[&flag]).await?;
            work.commit().await?;
            stage.narrator.step(&format!("{email} reviews it: confirmed"))?;
        } else {
            let attempt = stage.attempt(context, REVIEW, &[&flag]).await?;
            stage.narrator.refused(&format!("{email}, a viewer, reviews it"), &["42501"], &attempt)?;
        }
    }
    Ok(())
}

async fn erased(stage: &mut Stage<'_>, tenant: &Made, conversation: &str) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(tenant.context()).await?;
    let held = work.number(HOLDING, &[&SECRET]).await?;
    stage.narrator.equal("rows that hold the content: the conversation, its words and the flag", 3, held)?;
    work.run("SELECT awgp.erase_conversation($1::text::uuid, 'request 17')", &[&conversation]).await?;
    work.commit().await?;
    let work = stage.sessions.app.begin(tenant.context()).await?;
    let held = work.number(HOLDING, &[&SECRET]).await?;
    let proof = "SELECT count(*) FROM awgp.audit_logs WHERE action = 'erase' AND entity_id = $1::text::uuid
                 AND after_state ->> 'reason' = 'request 17'";
    let recorded = work.number(proof, &[&conversation]).await?;
    let write = "UPDATE awgp.conversation_logs SET external_id = 'chat-17' WHERE id = $1::text::uuid";
    let attempt = attempt_in(&work, write, &[&conversation]).await?;
    drop(work);
    stage.narrator.equal("rows that hold the content after it was erased", 0, held)?;
    stage.narrator.equal("events that say who erased it, when and why", 1, recorded)?;
    stage.narrator.refused("content is written again", &["55000"], &attempt)?;
    let work = stage.sessions.auditor.begin(Context::default()).await?;
    let report = verify::within(&work, tenant.context(), None).await?;
    let findings = i64::try_from(report.findings.len()).unwrap_or(i64::MAX);
    Ok(stage.narrator.equal("findings in the trail of this tenant", 0, findings)?)
}
