/** Golden cases of the format `openai-chat`; `golden-cases.ts` says what they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { openaiChat } from '../../src/formats/openai-chat/index.ts';
import { asJson, testGoldenCases } from './golden-cases.ts';
import { openaiJudges } from './openai-chat/openai-schema.ts';

const judges = openaiJudges(['CreateChatCompletionResponse', 'CreateChatCompletionStreamResponse']);
if (judges === undefined)
  test("OpenAI's own schema", { skip: '../shared/reference/openai-openapi.json is absent' }, () => {});

testGoldenCases({
  format: openaiChat,
  facts: { id: 'chatcmpl-gateway', model: 'group', createdSeconds: 1, streamUsage: true },
  endMark: '[DONE]',
  async fold(chunks) {
    const lines = chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('');
    const answer = await ChatCompletionStream.fromReadableStream(new Blob([lines]).stream()).finalChatCompletion();
    return asJson(answer.choices.map(({ message, finish_reason }) => ({ ...message, finish_reason })));
  },
  judgeEvent: (chunk) => assert.equal(judges?.CreateChatCompletionStreamResponse(chunk), undefined),
  judgeAnswer: (body) => assert.equal(judges?.CreateChatCompletionResponse(body), undefined),
});
