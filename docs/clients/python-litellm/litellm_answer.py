"""Completions of LiteLLM, governed.

DATABASE_URL is the database, TENANT, RUNTIME_USER, ASSISTANT and WORK_ITEM say who acts on what,
OPENAI_BASE_URL and OPENAI_API_KEY are those of the model."""

import os
from typing import Any

import litellm
from awgp import Denied, Governor
from awgp.litellm import Costs

north = Governor(os.environ["DATABASE_URL"], tenant=os.environ["TENANT"], user=os.environ["RUNTIME_USER"],
                 assistant=os.environ["ASSISTANT"])
costs = Costs()
litellm.callbacks.append(costs)


def answer(question: str) -> None:
    """Prints the answer as it arrives; its tokens and its cost are settled when the stream has ended."""
    messages = [{"role": "user", "content": question}]
    try:
        with costs.action(north, os.environ["WORK_ITEM"], "answer", provider="openai", estimated_cost="0.05") as act:
            stream: Any = litellm.completion(
                model="openai/gpt-4o", messages=messages, stream=True, stream_options={"include_usage": True}
            )
            for chunk in stream:
                if chunk.choices:
                    print(chunk.choices[0].delta.content or "", end="")
        if act.finished:
            print(f"\ncost: {act.finished.cost_amount}")
    except Denied as denied:
        print("denied:", denied.reason, denied.next_step)


if __name__ == "__main__":
    with north:
        answer("How are you?")
