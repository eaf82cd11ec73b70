/** Valid bodies and streams of OpenAI's Responses format. */
import type { JsonObject } from '../../../src/core/json.ts';
import { openaiResponses } from '../../../src/formats/openai-responses/index.ts';

const TOOLS = [
  { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: true },
  { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
  { type: 'namespace', name: 'files', tools: [{ type: 'function', name: 'read', parameters: {} }] },
  { type: 'web_search' },
];

const OUTPUT: readonly JsonObject[] = [
  { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'think' }], encrypted_content: 'QUFB' },
  { id: 'rs_2', type: 'reasoning', summary: [], encrypted_content: 'google-call:QUFB' },
  { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
  { id: 'ctc_1', type: 'custom_tool_call', status: 'completed', call_id: 'c2', name: 'patch', input: 'x' },
  { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'q' } },
  { id: 'ig_1', type: 'image_generation_call', status: 'completed', result: 'iVBOR' },
  {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [
      {
        type: 'output_text',
        text: 'hi',
        annotations: [{ type: 'url_citation', url: 'https://a.example', title: 'a', start_index: 0, end_index: 2 }],
      },
      { type: 'refusal', refusal: 'no' },
    ],
  },
];

const REQUESTS: readonly JsonObject[] = [
  { model: 'm', input: 'hello', instructions: 'be brief', stream: true, store: false, max_output_tokens: 5 },
  {
    model: 'm',
    input: [
      { role: 'developer', content: 'be kind' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'look', prompt_cache_breakpoint: {} },
          { type: 'input_image', image_url: 'data:image/png;base64,iVBOR', detail: 'auto' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
        ],
      },
      ...OUTPUT,
      { type: 'function_call_output', call_id: 'c1', output: 'done' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'done' }] },
    ],
    tools: TOOLS,
    tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    text: { format: { type: 'json_schema', name: 's', schema: { type: 'object' } }, verbosity: 'low' },
    reasoning: { effort: 'low', summary: 'auto' },
    include: ['reasoning.encrypted_content'],
    service_tier: 'flex',
    safety_identifier: 'u',
    prompt_cache_key: 'k',
    metadata: { a: 'b' },
  },
];

const ANSWER: JsonObject = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: 'completed',
  output: [...OUTPUT],
  usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
};

/** Every event that OpenAI's streams have for these items. */
function streamOfItems(): string {
  const reader = openaiResponses.openStreamReader();
  const writer = openaiResponses.openStreamWriter({ id: 'r', model: 'm', createdSeconds: 1, streamUsage: true });
  let written = '';
  const read = (event: JsonObject): void =>
    reader.read(JSON.stringify(event), undefined, (neutral) => {
      written += writer.write(neutral);
    });
  read({ type: 'response.created', response: { id: 'resp_1', model: 'm' } });
  for (const [index, item] of OUTPUT.entries()) {
    read({ type: 'response.output_item.done', output_index: index, item });
  }
  read({ type: 'response.completed', response: ANSWER });
  return written + writer.end();
}

/** The inputs, as text. */
export const RESPONSES = {
  requests: REQUESTS.map((request) => JSON.stringify(request)),
  answers: [JSON.stringify(ANSWER)],
  streams: [streamOfItems()],
};
