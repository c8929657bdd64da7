"""The Python SDK's client before a server that the command line names: prints what it sees of it."""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


async def main():
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:], env=dict(os.environ))
    steps = 0

    async def progress(*_):
        nonlocal steps
        steps += 1

    async def text(name, arguments, **more):
        result = await session.call_tool(name, arguments, **more)
        return "\n".join(part.text for part in result.content)

    with open(os.devnull, "w", encoding="utf-8") as silent:
        async with stdio_client(server, errlog=silent) as (read, write), ClientSession(read, write) as session:
            hello = await session.initialize()
            resources = (await session.list_resources()).resources
            seen = {
                "tools": [tool.name for tool in (await session.list_tools()).tools],
                "server": hello.server_info.name,
                "prompts": [prompt.name for prompt in (await session.list_prompts()).prompts],
                "resources": len(resources),
                "read": (await session.read_resource(resources[0].uri)).model_dump(mode="json"),
                "echo": await text("echo", {"message": "hello"}),
                "sum": await text("get-sum", {"a": 1, "b": 2}),
                "long": await text("trigger-long-running-operation", {"duration": 0.2, "steps": 2},
                                   progress_callback=progress),
                "denied": await text("get-env", {}),
            }
    print(json.dumps({**seen, "progress": steps}))


asyncio.run(main())
