/** Golden cases of the format `anthropic-messages`; `golden-cases.ts` says what they are. */
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream';
import { anthropicMessages } from '../../src/formats/anthropic-messages/index.ts';
import { asJson, testGoldenCases } from './golden-cases.ts';

testGoldenCases({
  format: anthropicMessages,
  facts: { id: 'msg_gateway', model: 'claude-test', createdSeconds: 0, streamUsage: true },
  async fold(events) {
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    return asJson(await MessageStream.fromReadableStream(new Blob([lines]).stream()).finalMessage());
  },
});
