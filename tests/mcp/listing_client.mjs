// The TypeScript SDK's client before the server that the command line names: prints what it may call; calls
// `echo` once a line has come on standard input; and prints the list again when it hears that it has changed.

import { createInterface } from "node:readline/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

const [, , command, ...args] = process.argv;
const client = new Client({ name: "test", version: "1.0.0" });
const changed = new Promise((hear) => client.setNotificationHandler(ToolListChangedNotificationSchema, hear));
await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "ignore" }));

const names = async () => (await client.listTools()).tools.map((tool) => tool.name);
console.log(JSON.stringify({ can: client.getServerCapabilities().tools, names: await names() }));
const lines = createInterface({ input: process.stdin });
await new Promise((come) => lines.once("line", come));
lines.close();
await client.callTool({ name: "echo", arguments: {} });
await changed;
console.log(JSON.stringify({ names: await names() }));
await client.close();
