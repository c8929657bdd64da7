// The context as node-postgres passes it: pass_context.js URL TENANT USER.
// Prints what pass_context.py prints, but for uuids, which JavaScript does not have.

const { Client } = require('pg');

const [url, tenant, user] = process.argv.slice(2);
const ASKED =
  'SELECT awgp.current_tenant()::text = $1 AS tenant, coalesce(awgp.current_user_id()::text = $2, false) AS person';
const word = (value) => (value ? 'True' : 'False');

async function main() {
  const client = new Client({ connectionString: url });
  await client.connect();
  const put = async (name, ...given) => {
    await client.query('BEGIN');
    const places = given.map((_, place) => `$${place + 1}`).join(', ');
    await client.query(`SELECT awgp.set_context(${places})`, given);
    const { rows } = await client.query(ASKED, [tenant, user]);
    console.log(name, word(rows[0].tenant), word(rows[0].person));
    await client.query('ROLLBACK');
  };
  await put('names', 'north', 'manager@north.example');
  await put('ids', tenant, user);
  await put('nobody', 'north', null);
  await put('tenant', tenant);
  await client.end();
}

main();
