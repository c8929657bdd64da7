//! Two assistants exchange messages under a policy, and are stopped where it ends. As the application, in a
//! transaction that is rolled back.

use crate::demo::narrator::Narrator;
use crate::demo::stage::Stage;
use awgp_client::{Trouble, Work};

const POLICY: &str = "
    SELECT awgp.create_policy('Service asks finance', '{company_customer}', '{company_finance}', '{internal}',
                              '{\"max_length\": 200, \"forbidden_patterns\": [\"(?i)iban\"], \"allow_links\": false}', 2)";

/// Runs the chapter.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage
        .narrator
        .chapter("Assistants talk", "authorize_message() decides, counts and records; it sends nothing.")?;
    let made = stage.made.clone();
    let [_, one, other, ..] = made.as_slice() else { unreachable!("a scenario has two subsidiaries") };
    let work = stage.sessions.app.begin(one.context()).await?;
    let narrator = &mut *stage.narrator;
    let carla = hired(&work, "company-customer", "Carla").await?;
    let felix = hired(&work, "company-finance", "Felix").await?;
    narrator.step(&format!(
        "{} makes two assistants from templates: Carla, customer service, and Felix, finance",
        one.name
    ))?;
    let mut talk = Talk { work: &work, narrator };
    talk.ask("without a policy Carla may not write to Felix", "no_policy", [&carla, &felix], "Hello").await?;
    work.run(POLICY, &[]).await?;
    talk.narrator.step(
        "a policy: customer service to finance, internally, no IBAN, no link, two messages in any hour",
    )?;
    let dispute = "Invoice 7 is disputed";
    talk.ask("Carla writes to Felix", "policy_allows", [&carla, &felix], dispute).await?;
    talk.ask("Felix may not answer: no policy allows it", "no_policy", [&felix, &carla], "Noted").await?;
    talk.ask("an IBAN is stopped", "forbidden_pattern", [&carla, &felix], "Pay to IBAN DE02 1203").await?;
    talk.ask("a link is stopped", "link_not_allowed", [&carla, &felix], "See https://example.org").await?;
    talk.ask("a second message goes through", "policy_allows", [&carla, &felix], dispute).await?;
    talk.ask("a third in the hour is stopped", "rate_limited", [&carla, &felix], dispute).await?;
    let foreign = other.any_assistant().to_owned();
    let statement = format!("an assistant of {} is treated as missing", other.name);
    talk.ask(&statement, "unknown_receiver", [&carla, &foreign], dispute).await?;
    work.run("UPDATE awgp.assistants SET status = 'suspended' WHERE id = $1::text::uuid", &[&carla]).await?;
    talk.ask("suspended, Carla can send nothing", "sender_not_active", [&carla, &felix], dispute).await?;
    work.run("SELECT awgp.flush_audit()", &[]).await?;
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE action LIKE 'message.%' AND after_state::text NOT LIKE '%disputed%'";
    let recorded = work.number(sql, &[]).await?;
    Ok(talk.narrator.equal("each of the nine answers is on the record, without its text", 9, recorded)?)
}

/// An active assistant of the tenant, made from a template.
async fn hired(work: &Work<'_>, template: &str, name: &str) -> Result<String, Trouble> {
    let sql = "SELECT id::text FROM awgp.create_assistant_from_template($1, $2, lower($2))";
    let id = work.text(sql, &[&template, &name]).await?;
    work.run("UPDATE awgp.assistants SET status = 'active' WHERE id = $1::text::uuid", &[&id]).await?;
    Ok(id)
}

/// Asks, and proves the answer.
struct Talk<'a, 'w> {
    work: &'a Work<'w>,
    narrator: &'a mut Narrator,
}

impl Talk<'_, '_> {
    async fn ask(
        &mut self,
        statement: &str,
        expected: &str,
        parties: [&String; 2],
        text: &str,
    ) -> Result<(), Trouble> {
        let sql =
            "SELECT awgp.authorize_message($1::text::uuid, $2::text::uuid, 'internal', $3) ->> 'reason'";
        let seen = self.work.text(sql, &[parties[0], parties[1], &text]).await?;
        Ok(self.narrator.told(statement, expected, &seen)?)
    }
}
