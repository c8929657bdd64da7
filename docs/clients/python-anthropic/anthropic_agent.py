"""An agent of Anthropic's SDK, governed.

DATABASE_URL is the database, TENANT, RUNTIME_USER, ASSISTANT and WORK_ITEM say who acts on what,
ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY are those of the model."""

import os
import sys

import anthropic
from anthropic import beta_tool
from anthropic.types import MessageParam
from awgp import Denied, Governor
from awgp.anthropic import AgentLoop

north = Governor(os.environ["DATABASE_URL"], tenant=os.environ["TENANT"], user=os.environ["RUNTIME_USER"],
                 assistant=os.environ["ASSISTANT"])


@beta_tool
def send_email(to: str, text: str) -> str:
    """Sends an e-mail."""
    print("sent:", to, text)
    return "sent"


def main() -> None:
    with north, anthropic.Anthropic() as client:
        loop = AgentLoop(
            os.environ["WORK_ITEM"],
            "claude-sonnet-4-5",
            max_tokens=1024,
            client=client,
            governor=north,
            tools=[send_email],
            estimated_cost="0.05",
            ask=300,
            on_text=sys.stdout.write,
            parameters={"system": "You write for North."},
        )
        messages: list[MessageParam] = [{"role": "user", "content": "Write to Ada."}]
        try:
            loop.run(messages)
        except Denied as denied:
            print("denied:", denied.reason, denied.next_step)
    print()


if __name__ == "__main__":
    main()
