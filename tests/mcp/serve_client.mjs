// Uses `awgp mcp serve` with the protocol's own TypeScript client, and prints what it sees: serve_client.py for
// node. WORK_ITEM and RISKY are work items of the assistant. The server is at SERVE_URL, with SERVE_TOKEN if there
// is one, or is started by SERVE_COMMAND, a JSON array.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { SERVE_URL, SERVE_TOKEN, SERVE_COMMAND, WORK_ITEM, RISKY } = process.env;

function transport() {
    if (SERVE_URL) {
        const headers = SERVE_TOKEN ? { Authorization: `Bearer ${SERVE_TOKEN}` } : {};
        return new StreamableHTTPClientTransport(new URL(SERVE_URL), { requestInit: { headers } });
    }
    const [command, ...args] = JSON.parse(SERVE_COMMAND);
    return new StdioClientTransport({ command, args, env: process.env });
}

const reason = (result) => (result.isError ? result._meta['awgp/refusal'].reason : null);
// As Python prints it.
const truth = (value) => (value ? 'True' : 'False');

const client = new Client({ name: 'serve_client', version: '1.0.0' });
await client.connect(transport());
// The SDK forgets who wants to know of progress as soon as the answer is there, which may be read together with it.
const told = [];
const { onmessage } = client.transport;
client.transport.onmessage = (message, extra) => {
    if (message.method === 'notifications/progress') told.push(message.params.message);
    onmessage(message, extra);
};
const call = (name, args, options) => client.callTool({ name, arguments: args }, undefined, options);

// From here on the client checks every answer against the tool's own schema.
const listed = await client.listTools();
console.log('tools', listed.tools.length, listed.tools[0].name);
const work = await call('list_work', { status: 'backlog' });
console.log('work', truth(work.structuredContent.items.some((line) => line.work_item_id === WORK_ITEM)));
const begun = await call('begin_action', { work_item_id: WORK_ITEM, action: 'look', arguments: { at: 1 } });
console.log('begun', begun.structuredContent.status);
const ending = { action_id: begun.structuredContent.action_id, outcome: 'succeeded' };
const finished = await call('finish_action', ending);
console.log('finished', finished.structuredContent.status);
const denied = await call('begin_action', { work_item_id: RISKY, action: 'look' });
console.log('denied', reason(denied));
const asked = await call('request_work_approval', { work_item_id: RISKY });
const approval = asked.structuredContent.approval.approval_id;
const waited = await call('wait_for_approval', { approval_id: approval, seconds: 1 },
    { onprogress: () => {} });
console.log('waited', truth(waited.structuredContent.is_over), told[0]);
const unknown = await call('get_work', { work_item_id: '00000000-0000-0000-0000-000000000007' });
console.log('unknown', reason(unknown));
const rules = await client.readResource({ uri: 'awgp://assistant/rules' });
console.log('rules', JSON.parse(rules.contents[0].text).slug);
await call('approve', { approval_id: approval }).catch((error) => console.log('no tool', error.code));
await client.close();
