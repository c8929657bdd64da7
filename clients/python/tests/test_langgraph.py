"""Graphs of LangGraph, governed: one that waits for people and goes on in another process, and what models
are told."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from awgp import AsyncGovernor, Governor
from awgp.langgraph import each_call, governed_tools, resumed
from fakes import Provider, completion
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt
from programs import environment, run
from scene import actions, ask, async_governor, decide, governor, risky_item

ADA = {"to": "ada@north.example", "text": "Hello"}
CONFIG: Any = {"configurable": {"thread_id": "1"}}
TOKENS: Any = {"input_tokens": 10, "output_tokens": 1}
APPROVE = "SELECT awgp.approve(%s)"
REJECT = "SELECT awgp.reject(%s, 'Not on a Sunday')"


class Restarting(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outbox = Path(folder.name, "outbox")
        self.item = risky_item(risk=0)
        self.env = environment(
            self.item, OPENAI_API_KEY="test", OUTBOX=str(self.outbox), CHECKPOINTS=f"{folder.name}/checkpoints"
        )
        # Both are called at once. One of them a human was asked about.
        with governor() as north:
            self.request = north.ask(self.item, "send_email", ADA).id
        calls = (("read_file", "call_1", {"name": "notes"}), ("send_email", "call_2", ADA))
        self.asked = completion(calls=calls, **TOKENS)

    def agent(self, *arguments: str) -> list[str]:
        return run("python-langgraph", "langgraph_agent.py", "thread-1", *arguments, env=self.env).splitlines()

    def test_a_graph_waits_for_people_and_goes_on_in_another_process(self) -> None:
        with Provider(self.asked, completion("It is sent.", **TOKENS)) as provider:
            self.env["OPENAI_BASE_URL"] = f"{provider.url}/v1"
            waits = f"waits for {self.request} send_email {json.dumps(ADA)}"
            self.assertEqual(self.agent("Write to Ada.")[0], waits)
            self.assertEqual(self.agent()[0], waits, "nobody has decided yet")
            decide(APPROVE, self.request)
            said = self.agent()
        self.assertEqual(said, ["tool: the text of notes", "tool: sent", "model: It is sent."])
        self.assertEqual(self.outbox.read_text().splitlines(), ["read notes", "sent ada@north.example: Hello"])
        self.assertEqual(sorted(actions(self.item)), ["read_file succeeded", "send_email succeeded"])
        told = [each["content"] for each in provider.requests[1]["messages"] if each["role"] == "tool"]
        self.assertEqual(told, ["the text of notes", "sent"])

    def test_what_is_rejected_is_told_to_the_model(self) -> None:
        with Provider(self.asked, completion("I may not.", **TOKENS)) as provider:
            self.env["OPENAI_BASE_URL"] = f"{provider.url}/v1"
            self.agent("Write to Ada.")
            decide(REJECT, self.request)
            self.assertEqual(self.agent()[-1], "model: I may not.")
        told = provider.requests[1]["messages"][-1]["content"]
        self.assertEqual(json.loads(told)["reason"], "approval_rejected")
        self.assertEqual(self.outbox.read_text().splitlines(), ["read notes"])


def graph(north: Governor | AsyncGovernor, item: str, sent: list[Any], *calls: tuple[str, dict[str, Any]]) -> Any:
    """A graph whose model calls these tools, and then ends."""

    @tool
    def send_email(to: str, text: str) -> str:
        """Sends an e-mail."""
        if to == "nobody":
            raise ValueError("no such address")
        if to == "later":
            interrupt("when?")
        sent.append((to, text))
        return "sent"

    @tool
    def fly(to: str) -> str:
        """Flies there."""
        sent.append((to, "flown"))
        return "there"

    def model(state: MessagesState) -> dict[str, Any]:
        if isinstance(state["messages"][-1], ToolMessage):
            return {"messages": [AIMessage("Done.")]}
        asked = [
            {"name": name, "args": arguments, "id": f"call_{number}", "type": "tool_call"}
            for number, (name, arguments) in enumerate(calls)
        ]
        return {"messages": [AIMessage("", tool_calls=asked)]}

    builder = StateGraph(MessagesState)
    builder.add_node("model", model)
    builder.add_node("tools", governed_tools(north, lambda: item, [send_email, fly]))
    builder.add_edge(START, "model")
    builder.add_conditional_edges("model", each_call("tools"), ["tools", "__end__"])
    builder.add_edge("tools", "model")
    return builder.compile(checkpointer=InMemorySaver())


BEGIN = {"messages": [HumanMessage("Write to Ada.")]}


def asked_for(agent: Any, given: Any) -> tuple[Any, ...]:
    """What the graph waits for. The result of a run may lack the interrupt of a task that ended last."""
    agent.invoke(given, CONFIG)
    return tuple(agent.get_state(CONFIG).interrupts)


def told(state: Any) -> list[ToolMessage]:
    return [each for each in state["messages"] if isinstance(each, ToolMessage)]


class Calling(unittest.TestCase):
    def test_people_are_asked_where_an_approval_is_missing_and_what_they_change_is_what_runs(self) -> None:
        item, sent = risky_item(), list[Any]()
        with governor() as north:
            agent = graph(north, item, sent, ("send_email", ADA))
            (waits,) = asked_for(agent, BEGIN)
            self.assertEqual((waits.value["action"], waits.value["arguments"]), ("send_email", ADA))
            changed = json.dumps({**ADA, "text": "Good day"})
            ask("SELECT awgp.approve(%s, NULL, %s::jsonb)", waits.value["approval_id"], changed, user="admin")
            (message,) = told(agent.invoke(resumed(agent.get_state(CONFIG)), CONFIG))
        self.assertEqual(sent, [("ada@north.example", "Good day")])
        self.assertIn("Good day", message.content)
        self.assertTrue(str(message.content).endswith("\nsent"))

    def test_several_calls_wait_each_for_its_own_approval(self) -> None:
        item, sent = risky_item(), list[Any]()
        bob = {**ADA, "to": "bob@north.example"}
        with governor() as north:
            agent = graph(north, item, sent, ("send_email", ADA), ("send_email", bob))
            first, second = asked_for(agent, BEGIN)
            decide(APPROVE, second.value["approval_id"])
            (still,) = asked_for(agent, resumed(agent.get_state(CONFIG)))
            self.assertEqual((still.value, len(sent)), (first.value, 1))
            decide(APPROVE, still.value["approval_id"])
            self.assertEqual(len(told(agent.invoke(resumed(agent.get_state(CONFIG)), CONFIG))), 2)
        self.assertEqual(sorted(to for to, _ in sent), ["ada@north.example", "bob@north.example"])

    def test_a_denial_and_an_error_are_messages_that_the_model_can_read(self) -> None:
        item, sent = risky_item(risk=0), list[Any]()
        nobody = {"to": "nobody", "text": ""}
        with governor() as north:
            agent = graph(north, item, sent, ("fly", {"to": "Oslo"}), ("send_email", nobody), ("dig", {}))
            fly, email, dig = told(agent.invoke(BEGIN, CONFIG))
        self.assertEqual(json.loads(str(fly.content))["reason"], "capability_missing")
        self.assertEqual(json.loads(str(email.content))["reason"], "tool_failed")
        self.assertEqual({fly.status, email.status, dig.status}, {"error"})
        self.assertEqual((sent, actions(item)), ([], ["send_email failed"]))

    def test_a_tool_cannot_interrupt_what_has_begun(self) -> None:
        item, sent = risky_item(risk=0), list[Any]()
        with governor() as north:
            agent = graph(north, item, sent, ("send_email", {"to": "later", "text": ""}))
            (message,) = told(agent.invoke(BEGIN, CONFIG))
        self.assertEqual((json.loads(str(message.content))["reason"], sent), ("tool_failed", []))


class Asynchronously(unittest.IsolatedAsyncioTestCase):
    async def test_the_same_for_asyncio(self) -> None:
        item, sent = risky_item(), list[Any]()
        async with async_governor() as north:
            agent = graph(north, item, sent, ("send_email", ADA))
            await agent.ainvoke(BEGIN, CONFIG)
            (waits,) = (await agent.aget_state(CONFIG)).interrupts
            decide(APPROVE, waits.value["approval_id"])
            (message,) = told(await agent.ainvoke(resumed(await agent.aget_state(CONFIG)), CONFIG))
        self.assertEqual((message.content, sent), ("sent", [("ada@north.example", "Hello")]))


if __name__ == "__main__":
    unittest.main()
