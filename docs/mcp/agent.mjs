// An agent, as small as one can be: it connects to the MCP servers of its configuration and calls their
// tools. A model would choose the calls; here the command line does.
//
//     node agent.mjs SERVERS.json [TOOL ARGUMENTS]...

import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [, , servers, ...calls] = process.argv;
const { command, args, env } = JSON.parse(readFileSync(servers, "utf8")).mcpServers.files;
const client = new Client({ name: "agent", version: "1.0.0" });
await client.connect(new StdioClientTransport({ command, args, env: { ...process.env, ...env }, stderr: "ignore" }));

const { tools } = await client.listTools();
console.log(`tools: ${tools.map((tool) => tool.name).join(", ")}`);

while (calls.length > 0) {
  const [name, given] = calls.splice(0, 2);
  // People may take their time; the SDK alone waits a minute.
  const result = await client.callTool({ name, arguments: JSON.parse(given) }, undefined, { timeout: 600_000 });
  console.log(`${name}: ${result.isError ? "no. " : ""}${result.content.map((part) => part.text).join("\n")}`);
}

await client.close();
