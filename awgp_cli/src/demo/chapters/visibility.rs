//! Who sees what: a subsidiary its own rows, the holding all of them, nobody a sister's, and without a
//! context nothing.

use crate::demo::stage::{COUNTED, Made, Stage, count_all, counts_of};
use awgp_client::{Context, Trouble};

/// Proves the rules of visibility by counts. Other tenants of the database do not affect them.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "Who sees what",
        "The same login, the same statement SELECT count(*), only the tenant in context differs.",
    )?;
    let made = stage.made.clone();
    let [holding, one, other, ..] = made.as_slice() else { unreachable!("a scenario has two subsidiaries") };
    let expected: Vec<[i64; 3]> = stage.scenario.tenants().map(counts_of).collect();
    own(stage, one, expected[1]).await?;
    own(stage, other, expected[2]).await?;
    let all = expected.iter().fold([0; 3], |sum, counts| [0, 1, 2].map(|index| sum[index] + counts[index]));
    let seen = stage.seen(holding.context()).await?;
    for ((table, expected), actual) in COUNTED.iter().zip(all).zip(seen) {
        let statement = format!("{} sees the {table} of itself and every subsidiary", holding.name);
        stage.narrator.equal(&statement, expected, actual)?;
    }
    sister(stage, other, one).await?;
    sister(stage, one, holding).await?;
    nothing_without_context(stage, one).await?;
    as_the_seed_does(stage, one, expected[1]).await
}

async fn own(stage: &mut Stage<'_>, tenant: &Made, expected: [i64; 3]) -> Result<(), Trouble> {
    let seen = stage.seen(tenant.context()).await?;
    for ((table, expected), actual) in COUNTED.iter().zip(expected).zip(seen) {
        stage.narrator.equal(
            &format!("{} sees its own {table}, and no other", tenant.name),
            expected,
            actual,
        )?;
    }
    Ok(())
}

/// A tenant requests the rows of another by its id, which it may know.
async fn sister(stage: &mut Stage<'_>, asking: &Made, asked: &Made) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(asking.context()).await?;
    let mut found = 0;
    for table in COUNTED {
        let sql = format!("SELECT count(*) FROM awgp.{table} WHERE tenant_id = $1::text::uuid");
        found += work.number(&sql, &[&asked.id]).await?;
    }
    let sql = "SELECT count(*) FROM awgp.work_items WHERE id = $1::text::uuid";
    found += work.number(sql, &[&asked.any_work_item()]).await?;
    drop(work);
    let statement = format!("{} asks for rows of {} by id", asking.name, asked.name);
    Ok(stage.narrator.equal(&statement, 0, found)?)
}

async fn nothing_without_context(stage: &mut Stage<'_>, tenant: &Made) -> Result<(), Trouble> {
    let seen = stage.seen(Context::default()).await?;
    stage.narrator.equal("with no tenant in context, rows of all three tables", 0, seen.iter().sum())?;
    let work = stage.sessions.app.begin(tenant.context()).await?;
    work.commit().await?;
    let seen = stage.seen(Context::default()).await?;
    Ok(stage.narrator.equal(
        "after a commit the context is gone, on the same connection",
        0,
        seen.iter().sum(),
    )?)
}

/// The context as the seed's application sets it.
async fn as_the_seed_does(stage: &mut Stage<'_>, tenant: &Made, expected: [i64; 3]) -> Result<(), Trouble> {
    let work = stage.sessions.app.begin(Context::default()).await?;
    work.run("SELECT set_config('app.current_tenant', $1, true)", &[&tenant.id]).await?;
    let seen = count_all(&work).await?;
    drop(work);
    let statement = "set_config('app.current_tenant', …, true) gives the same rows";
    Ok(stage.narrator.equal(statement, expected.iter().sum(), seen.iter().sum())?)
}
