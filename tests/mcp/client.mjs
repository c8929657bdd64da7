// The TypeScript SDK's client before a server that the command line names, as a command or a URL: prints what it
// sees of it.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [, , command, ...args] = process.argv;
const client = new Client({ name: "test", version: "1.0.0" });
await client.connect(
  command.startsWith("http")
    ? new StreamableHTTPClientTransport(new URL(command))
    : new StdioClientTransport({ command, args, env: process.env, stderr: "ignore" }),
);

const text = async (name, given, options) => {
  const result = await client.callTool({ name, arguments: given }, undefined, options);
  return result.content.map((part) => part.text).join("\n");
};
// The SDK forgets who wants to know of progress as soon as the answer is there, which may be read together with it.
let progress = 0;
const { onmessage } = client.transport;
client.transport.onmessage = (message, extra) => {
  if (message.method === "notifications/progress") progress += 1;
  onmessage(message, extra);
};
const seen = {
  tools: (await client.listTools()).tools.map((tool) => tool.name),
  server: client.getServerVersion(),
  prompts: (await client.listPrompts()).prompts,
  resources: (await client.listResources()).resources.length,
  templates: (await client.listResourceTemplates()).resourceTemplates,
  read: await client.readResource({ uri: (await client.listResources()).resources[0].uri }),
  echo: await text("echo", { message: "hello" }),
  sum: await text("get-sum", { a: 1, b: 2 }),
  long: await text("trigger-long-running-operation", { duration: 0.2, steps: 2 }, { onprogress: () => {} }),
  denied: await text("get-env", {}),
};
await client.ping();
await client.close();
console.log(JSON.stringify({ ...seen, progress }));
