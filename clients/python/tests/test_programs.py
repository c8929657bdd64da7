"""The programs of the pages do what the pages say. That of LangGraph is in test_langgraph.py."""

from __future__ import annotations

import unittest
from typing import Any

from fakes import Provider, completion, message, response, text, tool_use
from programs import environment, run
from scene import actions, risky_item

ADA = {"to": "ada@north.example", "text": "Hello"}
USAGE: Any = {"input_tokens": 1000, "output_tokens": 100}


class Programs(unittest.TestCase):
    def test_anthropics_loop(self) -> None:
        item = risky_item(risk=0)
        answers = message(tool_use("send_email", "toolu_1", **ADA), **USAGE), message(text("It is sent."), **USAGE)
        with Provider(*answers) as provider:
            env = environment(item, ANTHROPIC_BASE_URL=provider.url, ANTHROPIC_API_KEY="test")
            said = run("python-anthropic", "anthropic_agent.py", env=env)
            self.assertEqual(said, "sent: ada@north.example Hello\nIt is sent.\n")
            denied = run("python-anthropic", "anthropic_agent.py", env={**env, "WORK_ITEM": risky_item()})
            self.assertTrue(denied.startswith("denied: approval_required"), denied)
        self.assertEqual(len(actions(item)), 3)

    def test_litellms_completions(self) -> None:
        item = risky_item(risk=0)
        with Provider(completion("I am well.", **USAGE)) as provider:
            env = environment(item, OPENAI_BASE_URL=f"{provider.url}/v1", OPENAI_API_KEY="test",
                              LITELLM_LOCAL_MODEL_COST_MAP="True")
            self.assertEqual(run("python-litellm", "litellm_answer.py", env=env), "I am well.\ncost: 0.003500\n")
            denied = run("python-litellm", "litellm_answer.py", env={**env, "WORK_ITEM": risky_item()})
            self.assertTrue(denied.startswith("denied: approval_required"), denied)

    def test_runs_of_openais_agents(self) -> None:
        item = risky_item(risk=0)
        answers = response(calls=(("send_email", "call_1", ADA),), **USAGE), response("It is sent.", **USAGE)
        with Provider(*answers) as provider:
            env = environment(item, OPENAI_BASE_URL=f"{provider.url}/v1", OPENAI_API_KEY="test")
            said = run("python-openai-agents", "openai_agents_run.py", "Write to Ada.", env=env)
            self.assertEqual(said, "sent: ada@north.example Hello\nIt is sent.\n")
            env["WORK_ITEM"] = risky_item()
            denied = run("python-openai-agents", "openai_agents_run.py", "Write to Ada.", env=env)
            self.assertTrue(denied.startswith("denied: approval_required"), denied)
        self.assertEqual(actions(item)[0], "answer succeeded gpt-4o 2000 200 0.007000")


if __name__ == "__main__":
    unittest.main()
