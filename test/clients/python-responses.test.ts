/**
 * Python programs that speak the Responses API or Gemini's format by default: `openai`, OpenAI's Agents SDK, pydantic-ai and Google's
 * own package. If Python's package registry is out of reach, the tests are skipped and say so.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { pythonProgram } from '../programs/python-program.ts';
import { CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const run = promisify(execFile);
const installed = await pythonProgram({
  name: 'agents',
  packages: ['openai-agents==0.24.0', 'pydantic-ai-slim[openai,google]==2.68.0'],
  modules: ['agents', 'pydantic_ai', 'google.genai'],
});
const skip = 'skip' in installed ? installed.skip : false;
const PYTHON = 'python' in installed ? installed.python : '';

const OPENAI = `
import json, sys
import openai
from pydantic import BaseModel
url, key, model = sys.argv[1:4]
client = openai.OpenAI(api_key=key, base_url=url + "/v1", max_retries=0)
whole = client.responses.create(model=model, input="say: tides come and go")
assert whole.output_text == "tides come and go", whole
with client.responses.stream(model=model, input="say: tides come and go") as stream:
    text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
    assert text == "tides come and go" and stream.get_final_response().usage.total_tokens == whole.usage.total_tokens
class City(BaseModel):
    city: str
parsed = client.responses.parse(model=model, input="Where is Paris? Answer in JSON.", text_format=City)
assert isinstance(parsed.output_parsed.city, str), parsed
tools = [{"type": "function", "name": "get_weather", "strict": True, "parameters": {"type": "object",
    "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}}]
talk = [{"role": "user", "content": "What is the weather in Paris and London?"}]
first = client.responses.create(model=model, input=talk, tools=tools, store=False)
calls = [item for item in first.output if item.type == "function_call"]
assert [json.loads(call.arguments)["city"] for call in calls] == ["Paris", "London"], first
talk += first.output
talk += [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny " + str(n)} for n, call in enumerate(calls)]
assert "sunny 0" in client.responses.create(model=model, input=talk, tools=tools, store=False).output_text
print("done")
`;

const AGENTS = `
import asyncio, sys
from agents import Agent, ModelSettings, Runner, function_tool, set_default_openai_client, set_tracing_disabled
from openai import AsyncOpenAI
url, key, model = sys.argv[1:4]
set_tracing_disabled(True)
set_default_openai_client(AsyncOpenAI(api_key=key, base_url=url + "/v1", max_retries=0))
@function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return "sunny in " + city
agent = Agent(name="sailor", instructions="Be brief.", model=model, tools=[get_weather])
async def main():
    result = await Runner.run(agent, "What is the weather in Paris?")
    assert "sunny in Paris" in result.final_output, result.final_output
    streamed = Runner.run_streamed(agent, "What is the weather in London?")
    async for event in streamed.stream_events():
        pass
    assert "sunny in London" in streamed.final_output, streamed.final_output
asyncio.run(main())
print("done")
`;

const PYDANTIC = `
import sys
from pydantic_ai import Agent
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIResponsesModel
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider
url, key, model = sys.argv[1:4]
for chosen in (OpenAIResponsesModel(model, provider=OpenAIProvider(base_url=url + "/v1", api_key=key)),
               GoogleModel(model, provider=GoogleProvider(api_key=key, base_url=url))):
    agent = Agent(chosen, instructions="Be brief.")
    @agent.tool_plain
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return "sunny in " + city
    result = agent.run_sync("What is the weather in Paris?")
    assert "sunny in Paris" in result.output, result.output
print("done")
`;

const GENAI = `
import sys
from google import genai
from google.genai import types
url, key, model = sys.argv[1:4]
client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
assert client.models.generate_content(model=model, contents="say: tides come and go").text == "tides come and go"
pieces = client.models.generate_content_stream(model=model, contents="say: tides come and go")
assert "".join(piece.text or "" for piece in pieces) == "tides come and go"
def get_weather(city: str) -> str:
    """The weather in a city."""
    return "sunny in " + city
config = types.GenerateContentConfig(tools=[get_weather])
told = client.models.generate_content(model=model, contents="What is the weather in Paris?", config=config)
assert "sunny in Paris" in told.text, told
assert client.models.count_tokens(model=model, contents="Hello").total_tokens > 0
assert "models/" + model in [entry.name for entry in client.models.list()]
print("done")
`;

const PROGRAMS = { openai: OPENAI, 'the Agents SDK': AGENTS, 'pydantic-ai': PYDANTIC, 'google-genai': GENAI };

describe('Python programs whose default is not chat completions', { timeout: 240_000, skip }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());

  for (const [name, code] of Object.entries(PROGRAMS)) {
    for (const group of CHAT_GROUPS) {
      it(`${name} over ${group}`, async () => {
        const { stdout } = await run(PYTHON, ['-c', code, gateway.url, gateway.masterKey, group], {
          timeout: 60_000,
          env: { PATH: process.env.PATH },
        });
        assert.equal(stdout.trim(), 'done');
      });
    }
  }
});
