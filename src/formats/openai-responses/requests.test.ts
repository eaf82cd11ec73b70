/** A request written for OpenAI's Responses API and read again asks for the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../core/json.ts';
import { openaiResponses } from './index.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const inputPart = fc.oneof(
  text.map((value): JsonObject => ({ type: 'input_text', text: value })),
  fc.constantFrom<JsonObject>(
    { type: 'input_image', image_url: 'data:image/png;base64,iVBORw', detail: 'low' },
    { type: 'input_image', image_url: 'https://a.example/b.png', detail: 'auto' },
    { type: 'input_image', file_id: 'file_1', detail: 'auto' },
    { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
    { type: 'input_file', file_url: 'https://a.example/b.pdf' },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
  ),
);
/** A turn of the client, or what an answer and the results of its calls leave in the conversation. */
const turn = fc.oneof(
  fc
    .tuple(fc.constantFrom('user', 'system', 'developer'), fc.array(inputPart, { minLength: 1, maxLength: 3 }))
    .map(([role, content]): JsonObject[] => [{ type: 'message', role, content }]),
  fc
    .tuple(text, text, text, fc.boolean(), fc.boolean())
    .map(([thought, words, value, isCustom, hasImage]): JsonObject[] => [
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [{ type: 'summary_text', text: thought }],
        encrypted_content: 'QUFB',
      },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: words, annotations: [] }] },
      isCustom
        ? { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: value }
        : { type: 'function_call', call_id: 'c', name: 'f', arguments: JSON.stringify({ value }) },
      {
        type: isCustom ? 'custom_tool_call_output' : 'function_call_output',
        call_id: 'c',
        output: hasImage
          ? [
              { type: 'input_text', text: value },
              { type: 'input_image', image_url: 'https://a.example/c.png', detail: 'auto' },
            ]
          : value,
      },
    ]),
);
const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const TOOLS: readonly JsonObject[] = [
  { type: 'function', name: 'f', description: 'Does.', parameters: { type: 'object', properties: {} }, strict: true },
  { type: 'custom', name: 'patch', description: 'Changes.' },
  {
    type: 'namespace',
    name: 'files',
    description: 'Files.',
    tools: [{ type: 'function', name: 'read', parameters: {}, strict: false }],
  },
  { type: 'web_search' },
];
const members = fc.record({
  instructions: some(text),
  temperature: some(fc.constantFrom(0, 0.5, 1)),
  top_p: some(fc.constantFrom(0.5, 1)),
  max_output_tokens: some(fc.integer({ min: 16, max: 4_000 })),
  max_tool_calls: some(fc.constant(3)),
  parallel_tool_calls: some(fc.boolean()),
  stream: some(fc.constant(true)),
  service_tier: some(fc.constantFrom('auto', 'flex')),
  safety_identifier: some(fc.constant('u')),
  prompt_cache_key: some(fc.constant('k')),
  metadata: some(fc.constant({ a: 'b' })),
  reasoning: some(fc.constantFrom({ effort: 'low', summary: 'auto' }, { effort: 'none' })),
  text: some(
    fc.constantFrom(
      { verbosity: 'low' },
      { format: { type: 'json_object' } },
      { format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true }, verbosity: 'high' },
    ),
  ),
  tool_choice: some(
    fc.constantFrom<(string | JsonObject)[]>(
      'auto',
      'required',
      'none',
      { type: 'function', name: 'f' },
      { type: 'custom', name: 'patch' },
      { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    ),
  ),
});

test('a request is read, written and read again as the same conversation, tools and settings', () => {
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 4 }), members, (turns, more) => {
      const input = turns
        .flat()
        .map((item, index) => (item.call_id === undefined ? item : { ...item, call_id: `c${index}` }));
      // A call and its output follow each other.
      for (const [index, item] of input.entries()) {
        if (String(item.type).endsWith('_output')) item.call_id = input[index - 1]?.call_id ?? '';
      }
      const given = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)) as JsonObject;
      const body: JsonObject = { model: 'gpt-5', input, tools: [...TOOLS], ...given };
      const { request, dropped } = openaiResponses.readRequest(JSON.parse(JSON.stringify(body)) as JsonObject);
      assert.deepEqual(dropped, []);
      const written = openaiResponses.writeRequest(request, { model: 'gpt-5', traits: {} });
      assert.deepEqual(written.dropped, []);
      const again = openaiResponses.readRequest(JSON.parse(JSON.stringify(written.body)) as JsonObject);
      assert.deepEqual(again.request, request);
    }),
    { numRuns: 300 },
  );
});
