"""Python's `openai`, over chat completions and the Responses API."""
import json

import openai
from pydantic import BaseModel

from journeys import HIGH_WATER, TIDES, key, model, run, url

client = openai.OpenAI(api_key=key, base_url=url + "/v1", max_retries=0)
ASK = [{"role": "user", "content": "Say: tides come and go"}]
SCHEMA = {
    "type": "object",
    "properties": {"harbour": {"type": "string"}},
    "required": ["harbour"],
    "additionalProperties": False,
}


class Harbour(BaseModel):
    name: str
    depth: int


def answer():
    whole = client.chat.completions.create(model=model, messages=ASK)
    assert whole.choices[0].message.content == "tides come and go", whole
    assert whole.model == model and whole.usage.total_tokens > 0, whole
    response = client.responses.create(model=model, input="Say: tides come and go")
    assert response.output_text == "tides come and go", response
    assert response.model == model and response.usage.total_tokens > 0, response


def stream():
    options = {"include_usage": True}
    with client.chat.completions.stream(model=model, messages=ASK, stream_options=options) as events:
        text = "".join(event.delta for event in events if event.type == "content.delta")
        assert text == "tides come and go", text
        assert events.get_final_completion().usage.total_tokens > 0
    with client.responses.stream(model=model, input="Say: tides come and go") as events:
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        assert text == "tides come and go", text
        assert events.get_final_response().usage.total_tokens > 0
    stream_in_background()


def stream_in_background():
    asked = {"model": model, "input": "Say: tides come and go", "background": True, "stream": True}
    seen = []
    with client.responses.create(**asked) as events:
        for event in events:
            seen.append(event)
            if len(seen) == 4:
                break
    response_id = seen[0].response.id
    after = seen[-1].sequence_number
    rest = list(client.responses.retrieve(response_id, stream=True, starting_after=after))
    numbers = [event.sequence_number for event in seen + rest]
    assert numbers == list(range(len(numbers))), numbers
    assert rest[-1].type == "response.completed", rest[-1]
    assert rest[-1].response.output_text == "tides come and go", rest[-1]
    with client.responses.stream(response_id=response_id, starting_after=after) as events:
        again = [event.sequence_number for event in events]
        assert again == [event.sequence_number for event in rest], again
        assert events.get_final_response().output_text == "tides come and go"


def tools():
    function = {"name": "tide_table", "parameters": SCHEMA, "strict": True}
    offered = [{"type": "function", "function": function}]
    talk = [{"role": "user", "content": TIDES}]
    first = client.chat.completions.create(model=model, messages=talk, tools=offered).choices[0].message
    [call] = first.tool_calls
    assert json.loads(call.function.arguments) == {"harbour": "Dover"}, first
    talk += [first, {"role": "tool", "tool_call_id": call.id, "content": HIGH_WATER}]
    told = client.chat.completions.create(model=model, messages=talk, tools=offered)
    assert HIGH_WATER in told.choices[0].message.content, told

    offered = [{"type": "function", **function}]
    talk = [{"role": "user", "content": TIDES}]
    first = client.responses.create(model=model, input=talk, tools=offered, store=False)
    [call] = [item for item in first.output if item.type == "function_call"]
    assert json.loads(call.arguments) == {"harbour": "Dover"}, first
    talk += [*first.output, {"type": "function_call_output", "call_id": call.call_id, "output": HIGH_WATER}]
    assert HIGH_WATER in client.responses.create(model=model, input=talk, tools=offered, store=False).output_text


def schema():
    question = "Describe the harbour of Dover in JSON."
    asked = [{"role": "user", "content": question}]
    parsed = client.chat.completions.parse(model=model, messages=asked, response_format=Harbour)
    assert isinstance(parsed.choices[0].message.parsed, Harbour), parsed
    with client.chat.completions.stream(model=model, messages=asked, response_format=Harbour) as events:
        for _ in events:
            pass
        assert isinstance(events.get_final_completion().choices[0].message.parsed, Harbour)
    parsed = client.responses.parse(model=model, input=question, text_format=Harbour)
    assert isinstance(parsed.output_parsed, Harbour), parsed
    with client.responses.stream(model=model, input=question, text_format=Harbour) as events:
        for _ in events:
            pass
        assert isinstance(events.get_final_response().output_parsed, Harbour)


def errors():
    for ask in (
        lambda: client.chat.completions.create(model=model + "-too-long", messages=ASK),
        lambda: client.responses.create(model=model + "-too-long", input="Say: tides"),
    ):
        try:
            ask()
        except openai.BadRequestError as error:
            assert error.code == "context_length_exceeded", error.code
        else:
            raise AssertionError("no error")


run({"answer": answer, "stream": stream, "tools": tools, "schema": schema, "errors": errors})
