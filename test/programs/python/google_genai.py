"""Google's own package for Python."""
from google import genai
from google.genai import errors as genai_errors
from google.genai import types
from pydantic import BaseModel

from journeys import HIGH_WATER, TIDES, key, model, run, url

client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))


def tide_table(harbour: str) -> str:
    """Says when the water is high in a harbour."""
    return f"high water in {harbour} at noon"


class Harbour(BaseModel):
    name: str
    depth: int


def answer():
    told = client.models.generate_content(model=model, contents="Say: tides come and go")
    assert told.text == "tides come and go" and told.usage_metadata.total_token_count > 0, told
    assert told.model_version == model, told
    assert client.models.count_tokens(model=model, contents="Hello").total_tokens > 0
    assert "models/" + model in [entry.name for entry in client.models.list()]


def stream():
    pieces = list(client.models.generate_content_stream(model=model, contents="Say: tides come and go"))
    assert "".join(piece.text or "" for piece in pieces) == "tides come and go" and len(pieces) > 1, pieces
    assert pieces[-1].usage_metadata.total_token_count > 0, pieces[-1]


def tools():
    # The package calls the function itself and asks again.
    config = types.GenerateContentConfig(tools=[tide_table])
    told = client.models.generate_content(model=model, contents=TIDES, config=config)
    assert HIGH_WATER in told.text, told


def thinking():
    thoughts = types.ThinkingConfig(include_thoughts=True, thinking_budget=2048)
    config = types.GenerateContentConfig(tools=[tide_table], thinking_config=thoughts)
    told = client.models.generate_content(model=model, contents=TIDES, config=config)
    assert HIGH_WATER in told.text, told


def turns():
    chat = client.chats.create(model=model, config=types.GenerateContentConfig(tools=[tide_table]))
    first = "".join(piece.text or "" for piece in chat.send_message_stream("Say: first words"))
    assert first == "first words" and len(chat.get_history(curated=True)) > 1, chat.get_history(curated=True)
    assert HIGH_WATER in chat.send_message(TIDES).text
    last = "".join(piece.text or "" for piece in chat.send_message_stream("Say: last words"))
    assert last == "last words", last


def schema():
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Harbour)
    told = client.models.generate_content(model=model, contents="Describe the harbour of Dover.", config=config)
    assert isinstance(told.parsed, Harbour), told


def errors():
    try:
        client.models.generate_content(model=model + "-too-long", contents="Say: tides")
    except genai_errors.ClientError as error:
        assert error.code == 400 and error.status == "INVALID_ARGUMENT", error
    else:
        raise AssertionError("no error")


run(
    {
        "answer": answer,
        "stream": stream,
        "tools": tools,
        "thinking": thinking,
        "turns": turns,
        "schema": schema,
        "errors": errors,
    }
)
