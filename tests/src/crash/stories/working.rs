//! Work items, one and many, and events.

use super::{Story, Turn};
use tokio_postgres::Error;
use uuid::Uuid;

const CREATE: &str = "SELECT id FROM awgp.create_work_item($1, $2, risk_level => $3)";

/// Makes a work item.
pub async fn item(turn: &mut Turn<'_>, risk: i64) -> Result<Uuid, Error> {
    let assistant = turn.place.tenant.assistant;
    let id = turn.id(CREATE, &[&assistant, &turn.name, &risk]).await?;
    let name = turn.name.clone();
    turn.done("work_items", id, "title", &name);
    Ok(id)
}

/// Made, begun, ended.
pub async fn work(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    turn.become_user("operator").await?;
    match step {
        0 => {
            story.id = item(turn, 1).await?;
            Ok(Some(1))
        }
        1 => {
            turn.run("SELECT awgp.start_work_item($1)", &[&story.id]).await?;
            turn.done("work_items", story.id, "status", "in_progress");
            Ok(Some(2))
        }
        _ => {
            let ends = [
                ("SELECT awgp.complete_work_item($1, '{\"done\": true}')", "completed"),
                ("SELECT awgp.fail_work_item($1, 'it rains')", "failed"),
                ("SELECT awgp.cancel_work_item($1, 'no longer needed')", "cancelled"),
            ];
            let (sql, status) = ends[super::below(turn.dice, ends.len())];
            turn.run(sql, &[&story.id]).await?;
            turn.done("work_items", story.id, "status", status);
            Ok(None)
        }
    }
}

/// An event of an application's own.
pub async fn event(turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    turn.become_user("operator").await?;
    let id = Uuid::new_v4();
    let sql = "SELECT awgp.log_event('looked', 'probe', $1, NULL, jsonb_build_object('name', $2::text))";
    let number: i64 = turn.client.query_one(sql, &[&id, &turn.name]).await?.try_get(0)?;
    let name = turn.name.clone();
    turn.done("probe", id, "name", &name);
    turn.recorded(number, "looked");
    Ok(None)
}

/// Many rows in one statement; seldom more than a transaction keeps in memory before it writes them.
pub async fn bulk(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    turn.become_user("operator").await?;
    if step == 0 {
        let rows = if turn.chance(24) { 2100 } else { 5 + turn.dice.roll(80).cast_signed() };
        let sql = "INSERT INTO awgp.work_items (assistant_id, title, risk_level, context)
                   SELECT $1, $2 || ' ' || n, 1, jsonb_build_object('bulk', $3::text)
                   FROM generate_series(1, $4::bigint) AS n RETURNING id";
        let key = Uuid::new_v4();
        let assistant = turn.place.tenant.assistant;
        let made = turn.client.query(sql, &[&assistant, &turn.name, &key.to_string(), &rows]).await?;
        for (row, number) in made.iter().zip(1..) {
            let title = format!("{} {number}", turn.name);
            turn.done("work_items", row.try_get(0)?, "title", &title);
        }
        story.id = key;
        return Ok(if rows > 1000 { None } else { Some(1) });
    }
    let sql = "UPDATE awgp.work_items SET priority = 1 WHERE context ->> 'bulk' = $1 RETURNING id";
    for row in turn.client.query(sql, &[&story.id.to_string()]).await? {
        turn.done("work_items", row.try_get(0)?, "priority", "1");
    }
    Ok(None)
}
