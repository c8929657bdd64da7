// Numbers as node-postgres binds them: pass_numbers.js URL TENANT ASSISTANT.
// Prints what pass_numbers.py prints.

const { Client } = require('pg');

const [url, tenant, assistant] = process.argv.slice(2);
const COST =
  "SELECT cost_amount::text, input_tokens FROM awgp.record_cost($1, 'openai', 'gpt-4', $2, $3, $4)";

async function main() {
  const client = new Client({ connectionString: url });
  await client.connect();
  const enter = async (name, tokens, cost) => {
    await client.query('BEGIN');
    await client.query('SELECT awgp.set_context($1)', [tenant]);
    try {
      const { rows } = await client.query(COST, [assistant, tokens, 20, cost]);
      console.log(name, rows[0].cost_amount, rows[0].input_tokens);
      await client.query('COMMIT');
    } catch (error) {
      console.log(name, error.code);
      await client.query('ROLLBACK');
    }
  };
  await enter('float', 10, 0.00123);
  await enter('float32k', 40000, 1e-5);
  await enter('decimal', 10, '123456789.123456');
  await enter('integer', 10, 2);
  await enter('text', 10, '0.00123');
  await enter('none', 10, null);
  await enter('large', 3000000000, 0.5);
  await client.query('BEGIN');
  await client.query('SELECT awgp.set_context($1)', [tenant]);
  const work = await client.query(
    "SELECT risk_level, estimated_cost::text FROM awgp.create_work_item($1, 'w', risk_level => $2, estimated_cost => $3)",
    [assistant, 1, 0.25],
  );
  console.log('work', work.rows[0].risk_level, work.rows[0].estimated_cost);
  const flag = await client.query(
    "SELECT confidence_score::text FROM awgp.flag_hallucination($1, 'pattern', $2)",
    [assistant, 0.9],
  );
  console.log('score', flag.rows[0].confidence_score);
  await client.query('ROLLBACK');
  await client.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
