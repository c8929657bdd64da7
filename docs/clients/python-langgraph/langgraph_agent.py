"""An agent whose graph waits for people. It is run again and again, each time as a process of its own:

    langgraph_agent.py THREAD "Write to Ada."     begins, until the graph has ended or has to wait
    langgraph_agent.py THREAD                     goes on, when somebody has decided

DATABASE_URL is the database, TENANT, RUNTIME_USER, ASSISTANT and WORK_ITEM say who acts on what,
OPENAI_BASE_URL and OPENAI_API_KEY are those of the model, CHECKPOINTS is the file in which the graph is kept
meanwhile, OUTBOX the one that stands for a mail server."""

import json
import os
import sys
from typing import Any

import openai
from awgp import Governor
from awgp.langgraph import each_call, governed_tools, resumed
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.messages.utils import convert_to_openai_messages
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph


@tool
def read_file(name: str) -> str:
    """Reads a file."""
    note("read", name)
    return f"the text of {name}"


@tool
def send_email(to: str, text: str) -> str:
    """Sends an e-mail."""
    note("sent", f"{to}: {text}")
    return "sent"


def note(what: str, of: str) -> None:
    with open(os.environ["OUTBOX"], "a", encoding="utf-8") as file:
        print(what, of, file=file)


TOOLS = [read_file, send_email]


def ask_model(state: MessagesState) -> dict[str, Any]:
    with openai.OpenAI() as client:
        answer = client.chat.completions.create(
            model="gpt-4o",
            messages=convert_to_openai_messages(state["messages"]),  # type: ignore[arg-type]
            tools=[convert_to_openai_tool(each) for each in TOOLS],  # type: ignore[misc]
        )
    said = answer.choices[0].message
    calls = [
        {"name": call.function.name, "args": json.loads(call.function.arguments), "id": call.id, "type": "tool_call"}
        for call in said.tool_calls or []
        if call.type == "function"
    ]
    return {"messages": [AIMessage(said.content or "", tool_calls=calls)]}


def main(thread: str, question: str | None = None) -> None:
    north = Governor(os.environ["DATABASE_URL"], tenant=os.environ["TENANT"], user=os.environ["RUNTIME_USER"],
                     assistant=os.environ["ASSISTANT"])
    graph = StateGraph(MessagesState)
    graph.add_node("model", ask_model)
    graph.add_node("tools", governed_tools(north, os.environ["WORK_ITEM"], TOOLS))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", each_call("tools"), ["tools", "__end__"])
    graph.add_edge("tools", "model")
    config: Any = {"configurable": {"thread_id": thread}}
    with north, SqliteSaver.from_conn_string(os.environ["CHECKPOINTS"]) as saver:
        agent: Any = graph.compile(checkpointer=saver)
        begun = {"messages": [HumanMessage(question)]} if question else resumed(agent.get_state(config))
        agent.invoke(begun, config)
        state = agent.get_state(config)
    for each in state.interrupts:
        print("waits for", each.value["approval_id"], each.value["action"], json.dumps(each.value["arguments"]))
    for message in state.values["messages"]:
        if isinstance(message, ToolMessage):
            print("tool:", message.content)
    print("model:", state.values["messages"][-1].content)


if __name__ == "__main__":
    main(*sys.argv[1:])
