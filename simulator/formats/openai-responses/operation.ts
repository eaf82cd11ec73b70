import type { Answer } from '../../answering/ask.ts';
import type { Call, Operation } from '../operation.ts';
import { inputItems, readResponse } from './read.ts';
import { ResponseWriter } from './write.ts';

const KEPT_RESPONSES = 1000;

/** `POST …/responses`. */
export const openaiResponses: Operation = {
  name: 'openai-responses',
  family: 'responses',
  method: 'POST',
  path: /\/responses$/,
  read(call) {
    const writer = new ResponseWriter(call);
    const ask = readResponse(call);
    return {
      kind: 'generate',
      ask,
      isStream: call.body.stream === true,
      whole(answer) {
        keep(call, writer, answer);
        return writer.whole(answer);
      },
      events(answer) {
        keep(call, writer, answer);
        return writer.events(answer);
      },
    };
  },
};

/** Stores a response, for a request that names it as `previous_response_id`. */
function keep(call: Call, writer: ResponseWriter, answer: Answer): void {
  const { body, responses } = call;
  const [choice] = answer.choices;
  if (body.store === false || choice === undefined) return;
  const before = typeof body.previous_response_id === 'string' ? (responses.get(body.previous_response_id) ?? []) : [];
  responses.set(writer.id, [...before, ...inputItems(body.input), ...writer.output(choice)]);
  const oldest = responses.keys().next().value;
  if (responses.size > KEPT_RESPONSES && oldest !== undefined) responses.delete(oldest);
}
