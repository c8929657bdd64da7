"""An MCP server that does what tests need: each tool is a way to behave well or badly. Every call is a line
of the file that SCRIPTED_LOG names, written before anything else happens."""

import json
import os
import sys
import time

LOG = os.environ.get("SCRIPTED_LOG")
NAME = os.environ.get("SCRIPTED_NAME", "scripted")
# What it says of its tools.
CAN = json.loads(os.environ.get("SCRIPTED_CAN", '{"listChanged": true}'))
TOOLS = ["echo", "fail", "refuse", "die", "hang", "hold", "twice", "strange", "big", "garbage", "mute", "ask",
         "task", "sample", "wrong", "void", "batch"]
held = {}
asked = {}


def say(message):
    line = message if isinstance(message, str) else json.dumps(message)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def answer(number, result):
    say({"jsonrpc": "2.0", "id": number, "result": result})


def text(value, **more):
    return {"content": [{"type": "text", "text": value}], **more}


def log(**what):
    if LOG:
        with open(LOG, "a", encoding="utf-8") as file:
            file.write(json.dumps({"at": time.time(), **what}) + "\n")


def tool(number, params, line):
    name = params["name"]
    arguments = params.get("arguments") or {}
    log(tool=name, arguments=arguments, id=number, line=line)
    if name == "echo":
        answer(number, text(json.dumps(arguments), structuredContent={"exact": "1.10"}, more=[1]))
    elif name == "fail":
        answer(number, text("it did not work", isError=True))
    elif name == "refuse":
        say({"jsonrpc": "2.0", "id": number, "error": {"code": -32602, "message": "no", "data": {"n": 1}}})
    elif name == "die":
        os._exit(3)
    elif name == "hang":
        pass
    elif name == "hold":
        held[arguments.get("as", "one")] = number
        say({"jsonrpc": "2.0", "method": "test/held", "params": {"as": arguments.get("as", "one")}})
    elif name == "twice":
        answer(number, text("first"))
        answer(number, text("second"))
    elif name == "strange":
        answer(12345, text("of nobody"))
        answer(number, text("own"))
    elif name == "big":
        answer(number, text("x" * arguments["bytes"]))
    elif name == "garbage":
        say("starting up…")
        say('{"jsonrpc":"2.0","id":1,"id":2,"result":{}}')
        sys.stdout.buffer.write(b"\xff\xfe\n")
        sys.stdout.buffer.flush()
        answer(number, text("after all"))
    elif name == "mute":
        sys.stdout.flush()
        os.close(1)
    elif name == "ask":
        if params.get("requestState") == "s1":
            answer(number, text("thanks for " + params["inputResponses"]["who"]["content"]["name"]))
        else:
            wish = {"method": "elicitation/create", "params": {"message": "who?", "requestedSchema": {}}}
            answer(number, {"resultType": "input_required", "inputRequests": {"who": wish}, "requestState": "s1"})
    elif name == "task":
        answer(number, {"resultType": "task", "taskId": "t1", "status": "working"})
    elif name == "sample":
        asked["of-the-server"] = number
        say({"jsonrpc": "2.0", "id": "of-the-server", "method": "sampling/createMessage",
             "params": {"maxTokens": 7, "unknown": {"kept": True}}})
    elif name == "wrong":
        say({"jsonrpc": "2.0", "id": number, "result": "no object"})
    elif name == "void":
        answer(number, {"isError": "perhaps"})
    elif name == "batch":
        say([{"jsonrpc": "2.0", "method": "test/first"}, {"jsonrpc": "2.0", "id": number, "result": text("second")}])
    else:
        say({"jsonrpc": "2.0", "id": number, "error": {"code": -32602, "message": f"no tool {name}"}})


def request(number, method, params, line):
    if method == "initialize":
        answer(number, {"protocolVersion": params["protocolVersion"],
                        "capabilities": {"tools": CAN, "tasks": {"list": {}},
                                         "extensions": {"io.modelcontextprotocol/tasks": {}, "x/y": {}}},
                        "serverInfo": {"name": NAME, "version": "1"}, "unknown": {"kept": 1.10}})
    elif method == "tools/list":
        # Two a page.
        at = int(params.get("cursor") or 0)
        tools = [{"name": name, "inputSchema": {"type": "object"}, "unknown": [name]} for name in TOOLS[at:at + 2]]
        page = {"tools": tools, "unknown": "kept"}
        if at + 2 < len(TOOLS):
            page["nextCursor"] = str(at + 2)
        answer(number, page)
    elif method == "tools/call":
        tool(number, params, line)
    elif method == "test/never":
        pass
    else:
        answer(number, {"line": line})


def main():
    for line in sys.stdin:
        line = line.rstrip("\n")
        message = json.loads(line)
        method = message.get("method")
        if method is None:
            number = asked.pop(message["id"], None)
            if number is not None:
                answer(number, text(line))
        elif "id" in message:
            request(message["id"], method, message.get("params") or {}, line)
        elif method == "test/release":
            number = held.pop(message["params"]["as"])
            answer(number, text("released"))
        elif method == "notifications/initialized":
            log(notification=method)
        else:
            log(notification=method, params=message.get("params"))
            say({"jsonrpc": "2.0", "method": "test/heard", "params": {"line": line}})


main()
