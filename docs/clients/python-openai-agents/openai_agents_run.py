"""A run of the OpenAI Agents SDK, governed.

DATABASE_URL is the database, TENANT, RUNTIME_USER, ASSISTANT and WORK_ITEM say who acts on what,
OPENAI_BASE_URL and OPENAI_API_KEY are those of the model."""

import asyncio
import os
import sys

from agents import Agent, InputGuardrailTripwireTriggered, Runner, set_tracing_disabled
from awgp import AsyncGovernor
from awgp.openai_agents import RunGuard, governed_tool
from awgp.tools import Terms

ITEM = os.environ["WORK_ITEM"]
north = AsyncGovernor(os.environ["DATABASE_URL"], tenant=os.environ["TENANT"], user=os.environ["RUNTIME_USER"],
                      assistant=os.environ["ASSISTANT"])
guard = RunGuard(north, ITEM, "answer", provider="openai", estimated_cost="0.10")


@governed_tool(north, ITEM, Terms(ask=300))
async def send_email(to: str, text: str) -> str:
    """Sends an e-mail."""
    print("sent:", to, text)
    return "sent"


scribe = Agent(name="Scribe", model="gpt-4o", tools=[send_email], input_guardrails=[guard.guardrail])


async def main(question: str) -> None:
    async with north:
        try:
            async with guard.run() as hooks:
                result = await Runner.run(scribe, question, hooks=hooks)
            print(result.final_output)
        except InputGuardrailTripwireTriggered as denied:
            told = denied.guardrail_result.output.output_info
            print("denied:", told["reason"], told["next_step"])


if __name__ == "__main__":
    # Tracing would send what is said to OpenAI.
    set_tracing_disabled(True)
    asyncio.run(main(sys.argv[1]))
