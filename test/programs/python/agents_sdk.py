"""OpenAI's Agents SDK with its default, which is the Responses API."""
import os

from pydantic import BaseModel

from journeys import HIGH_WATER, TIDES, key, model, run, url

os.environ["OPENAI_BASE_URL"] = url + "/v1"
os.environ["OPENAI_API_KEY"] = key

from agents import Agent, ModelSettings, Runner, function_tool, set_tracing_disabled  # noqa: E402
from openai.types.shared import Reasoning  # noqa: E402

# Traces would be sent to OpenAI.
set_tracing_disabled(True)


@function_tool
def tide_table(harbour: str) -> str:
    """Says when the water is high in a harbour."""
    return f"high water in {harbour} at noon"


class Harbour(BaseModel):
    name: str
    depth: int


def sailor(**more):
    return Agent(name="sailor", instructions="Be brief.", model=model, **more)


async def answer():
    told = await Runner.run(sailor(), "Say: good night")
    assert told.final_output == "good night", told.final_output


async def stream():
    streamed = Runner.run_streamed(sailor(tools=[tide_table]), TIDES)
    pieces = [event async for event in streamed.stream_events() if event.type == "raw_response_event"]
    assert HIGH_WATER in streamed.final_output, streamed.final_output
    assert len(pieces) > 10, pieces


async def tools():
    told = await Runner.run(sailor(tools=[tide_table]), TIDES)
    assert HIGH_WATER in told.final_output, told.final_output


async def thinking():
    settings = ModelSettings(reasoning=Reasoning(effort="high", summary="auto"), store=False)
    settings.response_include = ["reasoning.encrypted_content"]
    told = await Runner.run(sailor(tools=[tide_table], model_settings=settings), TIDES)
    assert HIGH_WATER in told.final_output, told.final_output


async def turns():
    agent = sailor(tools=[tide_table])
    first = await Runner.run(agent, "Say: first words")
    second = await Runner.run(agent, [*first.to_input_list(), {"role": "user", "content": TIDES}])
    assert HIGH_WATER in second.final_output, second.final_output
    third = await Runner.run(agent, [*second.to_input_list(), {"role": "user", "content": "Say: last words"}])
    assert third.final_output == "last words", third.final_output


async def schema():
    told = await Runner.run(sailor(output_type=Harbour), "Describe the harbour of Dover in JSON.")
    assert isinstance(told.final_output, Harbour), told.final_output


run({"answer": answer, "stream": stream, "tools": tools, "thinking": thinking, "turns": turns, "schema": schema})
