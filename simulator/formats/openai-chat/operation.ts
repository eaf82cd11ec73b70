import type { Operation } from '../operation.ts';
import { readChat } from './read.ts';
import { ChatWriter } from './write.ts';

/** `POST …/chat/completions`, of OpenAI and everyone who speaks like it. */
export const openaiChat: Operation = {
  name: 'openai-chat',
  family: 'openai',
  method: 'POST',
  path: /\/chat\/completions$/,
  read(call) {
    const writer = new ChatWriter(call);
    return {
      kind: 'generate',
      ask: readChat(call),
      isStream: call.body.stream === true,
      whole: (answer) => writer.whole(answer),
      events: (answer) => writer.events(answer),
    };
  },
};
