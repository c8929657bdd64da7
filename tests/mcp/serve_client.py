"""Uses `awgp mcp serve` with the protocol's own Python client, and prints what it sees.

WORK_ITEM and RISKY are work items of the assistant. The server is at SERVE_URL, with SERVE_TOKEN if there is
one, or is started by SERVE_COMMAND, a JSON array.
"""

import asyncio
import json
import os

from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client


def server():
    if url := os.environ.get("SERVE_URL"):
        token = os.environ.get("SERVE_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else None
        return streamable_http_client(url, http_client=create_mcp_http_client(headers))
    command, *arguments = json.loads(os.environ["SERVE_COMMAND"])
    return StdioServerParameters(command=command, args=arguments, env=dict(os.environ))


def reason(result):
    return result.meta["awgp/refusal"]["reason"] if result.is_error else None


async def main():
    item, risky = os.environ["WORK_ITEM"], os.environ["RISKY"]
    async with Client(server()) as client:
        listed = await client.list_tools()
        print("tools", len(listed.tools), listed.tools[0].name)
        work = await client.call_tool("list_work", {"status": "backlog"})
        print("work", item in [line["work_item_id"] for line in work.structured_content["items"]])
        begun = await client.call_tool("begin_action", {"work_item_id": item, "action": "look", "arguments": {"at": 1}})
        print("begun", begun.structured_content["status"])
        ending = {"action_id": begun.structured_content["action_id"], "outcome": "succeeded"}
        finished = await client.call_tool("finish_action", ending)
        print("finished", finished.structured_content["status"])
        denied = await client.call_tool("begin_action", {"work_item_id": risky, "action": "look"})
        print("denied", reason(denied))
        asked = await client.call_tool("request_work_approval", {"work_item_id": risky})
        told = []

        async def progress(done, total, message):
            told.append(message)

        approval = asked.structured_content["approval"]["approval_id"]
        waited = await client.call_tool(
            "wait_for_approval", {"approval_id": approval, "seconds": 1}, progress_callback=progress)
        print("waited", waited.structured_content["is_over"], told[0])
        unknown = await client.call_tool("get_work", {"work_item_id": "00000000-0000-0000-0000-000000000007"})
        print("unknown", reason(unknown))
        rules = await client.read_resource("awgp://assistant/rules")
        print("rules", json.loads(rules.contents[0].text)["slug"])
        try:
            await client.call_tool("approve", {"approval_id": approval})
        except MCPError as error:
            print("no tool", error.code)


asyncio.run(main())
