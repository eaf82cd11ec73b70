import { inputUsage, type Operation } from '../operation.ts';
import { readMessagesRequest } from './read.ts';
import { holdThread, withThread } from './threads.ts';
import { MessageWriter } from './write.ts';

/** `POST …/messages`. */
export const anthropicMessages: Operation = {
  name: 'anthropic-messages',
  family: 'anthropic',
  method: 'POST',
  path: /\/messages$/,
  read(asked) {
    const call = withThread(asked);
    const writer = new MessageWriter(call);
    return {
      kind: 'generate',
      ask: readMessagesRequest(call, false),
      isStream: call.body.stream === true,
      whole: (answer) => {
        const message = writer.whole(answer);
        holdThread(asked, call, message);
        return message;
      },
      events: (answer) => {
        holdThread(asked, call, writer.whole(answer));
        return writer.events(answer);
      },
    };
  },
};

/** `POST …/messages/count_tokens`. */
export const anthropicCount: Operation = {
  name: 'anthropic-count',
  family: 'anthropic',
  method: 'POST',
  path: /\/messages\/count_tokens$/,
  read(call) {
    const { promptTokens } = readMessagesRequest(call, true);
    return { kind: 'plain', json: { input_tokens: promptTokens }, usage: inputUsage(0) };
  },
};
