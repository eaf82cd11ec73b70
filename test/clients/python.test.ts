/**
 * Python's `openai` and `anthropic`, from a virtual environment outside the project that is made once and kept. If Python's package
 * registry is out of reach, the tests are skipped and say so.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { pythonProgram } from '../programs/python-program.ts';
import { CHAT_GROUPS } from '../support/default-config.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';

const run = promisify(execFile);
const GUIDE = join(import.meta.dirname, '../../../shared/seeds/litellm-gateway-guide.txt');

const installed = await pythonProgram({
  name: 'sdks',
  packages: ['openai', 'anthropic'],
  modules: ['openai', 'anthropic'],
});
const skip = 'skip' in installed ? installed.skip : false;
const PYTHON = 'python' in installed ? installed.python : '';

/** The guide's Python example with its lost indentation put back; our own equivalent where the guide is absent. */
function guideExample(): string {
  if (!existsSync(GUIDE)) {
    return [
      'from openai import OpenAI',
      'client = OpenAI(',
      '    api_key="your_gateway_master_key",',
      '    base_url="http://127.0.0.1:4000/v1"',
      ')',
      'resp = client.chat.completions.create(',
      '    model="deepseek-v4",',
      '    messages=[{"role": "user", "content": "Please summarize the role of an LLM Gateway"}]',
      ')',
      'print(resp.choices[0].message.content)',
    ].join('\n');
  }
  const lines = readFileSync(GUIDE, 'utf8').split('\n');
  const first = lines.findIndex((line) => line.startsWith('from openai import OpenAI'));
  const last = lines.findIndex((line, index) => index > first && line.startsWith('print('));
  // Inside brackets Python does not care about indentation, and outside them the example has none.
  return lines.slice(first, last + 1).join('\n');
}

const TOUR = `
import base64, json, sys
import openai, anthropic
url, key, model = sys.argv[1:4]
client = openai.OpenAI(api_key=key, base_url=url + "/v1", max_retries=0)
ask = [{"role": "user", "content": "say: tides come and go"}]

whole = client.chat.completions.create(model=model, messages=ask)
assert whole.choices[0].message.content == "tides come and go", whole
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

text, usage = "", None
for chunk in client.chat.completions.create(model=model, messages=ask, stream=True, stream_options={"include_usage": True}):
    text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
    usage = chunk.usage or usage
assert text == "tides come and go" and usage.total_tokens == whole.usage.total_tokens, (text, usage)

tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object",
    "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}}}]
talk = [{"role": "user", "content": "What is the weather in Paris and London?"}]
first = client.chat.completions.create(model=model, messages=talk, tools=tools).choices[0].message
assert [json.loads(call.function.arguments)["city"] for call in first.tool_calls] == ["Paris", "London"], first
talk.append(first)
talk += [{"role": "tool", "tool_call_id": call.id, "content": "sunny " + str(n)} for n, call in enumerate(first.tool_calls)]
assert "sunny 0" in client.chat.completions.create(model=model, messages=talk, tools=tools).choices[0].message.content

for wrong, kind in (("no-such-model", openai.BadRequestError), ("openai/gpt-4o+fault-429", openai.RateLimitError)):
    try:
        client.chat.completions.create(model=wrong, messages=ask)
        raise SystemExit("no error for " + wrong)
    except kind:
        pass
try:
    openai.OpenAI(api_key="sk-nobody", base_url=url + "/v1", max_retries=0).models.list()
    raise SystemExit("no error for a wrong key")
except openai.AuthenticationError:
    pass
assert model in [entry.id for entry in client.models.list()]
assert len(client.embeddings.create(model="text-embedding-3-small", input="sea").data[0].embedding) == 1536

claude = anthropic.Anthropic(api_key=key, base_url=url, max_retries=0)
message = claude.messages.create(model=model, max_tokens=200, messages=ask)
assert message.content[0].text == "tides come and go", message
with claude.messages.stream(model=model, max_tokens=200, messages=ask) as stream:
    assert "".join(stream.text_stream) == "tides come and go"
    assert stream.get_final_message().usage.output_tokens == message.usage.output_tokens
blocks = [{"name": "get_weather", "input_schema": tools[0]["function"]["parameters"]}]
called = claude.messages.create(model=model, max_tokens=200, tools=blocks,
    messages=[{"role": "user", "content": "What is the weather in Paris?"}])
assert called.stop_reason == "tool_use" and called.content[-1].input == {"city": "Paris"}, called
assert claude.messages.count_tokens(model=model, messages=ask).input_tokens > 0
try:
    claude.messages.create(model="no-such-model", max_tokens=5, messages=ask)
    raise SystemExit("no error for a wrong model")
except anthropic.BadRequestError:
    pass
print("done")
`;

describe("Python's openai and anthropic", { timeout: 120_000, skip }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startTestGateway();
  });
  after(() => gateway.close());
  const python = (code: string, ...args: string[]) =>
    run(PYTHON, ['-c', code, ...args], { timeout: 60_000, env: { PATH: process.env.PATH } });

  for (const group of CHAT_GROUPS) {
    it(`talk, stream, call tools and raise their own exceptions with ${group}`, async () => {
      const { stdout } = await python(TOUR, gateway.url, gateway.masterKey, group);
      assert.equal(stdout.trim(), 'done');
    });
  }
});

describe("the guide's Python example", { timeout: 60_000, skip }, () => {
  it('runs unchanged but for the key and the port', async () => {
    const gateway = await startTestGateway({ models: { 'deepseek-v4': 'deepseek/deepseek-chat-v4' } });
    try {
      const example = guideExample();
      assert.match(example, /your_gateway_master_key/);
      assert.match(example, /127\.0\.0\.1:4000/);
      const code = example
        .replace('your_gateway_master_key', gateway.masterKey)
        .replace('127.0.0.1:4000', `127.0.0.1:${gateway.port}`);
      const { stdout } = await run(PYTHON, ['-c', code], { timeout: 60_000, env: { PATH: process.env.PATH } });
      assert.match(stdout, /Please summarize the role of an LLM Gateway/);
    } finally {
      await gateway.close();
    }
  });
});
