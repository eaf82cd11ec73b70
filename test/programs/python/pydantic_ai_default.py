"""pydantic-ai's agents: `openai:` (the Responses API) or, with `google` as the last argument, Gemini's format."""
import os
import sys

from pydantic import BaseModel
from pydantic_ai import Agent, ModelSettings, NativeOutput

from journeys import HIGH_WATER, TIDES, key, model, run, url

os.environ.update(OPENAI_BASE_URL=url + "/v1", OPENAI_API_KEY=key, GOOGLE_GEMINI_BASE_URL=url, GOOGLE_API_KEY=key)
name = f"{sys.argv[4]}:{model}"


class Harbour(BaseModel):
    name: str
    depth: int


def sailor(**more):
    agent = Agent(name, instructions="Be brief.", **more)

    @agent.tool_plain
    def tide_table(harbour: str) -> str:
        """Says when the water is high in a harbour."""
        return f"high water in {harbour} at noon"

    return agent


async def answer():
    told = await sailor().run("Say: good night")
    assert told.output == "good night", told.output


async def stream():
    async with sailor().run_stream("Say: night and day") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert "".join(pieces) == "night and day" and len(pieces) > 1, pieces


async def tools():
    told = await sailor().run(TIDES)
    assert HIGH_WATER in told.output, told.output


async def thinking():
    told = await sailor(model_settings=ModelSettings(thinking="high")).run(TIDES)
    assert HIGH_WATER in told.output, told.output


async def turns():
    agent = sailor()
    first = await agent.run("Say: first words")
    second = await agent.run(TIDES, message_history=first.all_messages())
    assert HIGH_WATER in second.output, second.output
    third = await agent.run("Say: last words", message_history=second.all_messages())
    assert third.output == "last words", third.output


async def schema():
    question = "Describe Dover in JSON."
    # By a tool, which is the default, and by the format of the answer.
    for output in (Harbour, NativeOutput(Harbour)):
        told = await Agent(name, output_type=output).run(question)
        assert isinstance(told.output, Harbour), told.output


run({"answer": answer, "stream": stream, "tools": tools, "thinking": thinking, "turns": turns, "schema": schema})
