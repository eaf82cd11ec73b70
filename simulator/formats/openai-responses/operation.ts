import type { Answer } from '../../answering/ask.ts';
import { invalid } from '../errors.ts';
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

/** What `POST …/responses/compact` takes (API reference, 2026-11). */
const COMPACT_PARAMETERS = new Set(
  'model input instructions previous_response_id prompt_cache_key prompt_cache_options prompt_cache_retention service_tier'.split(
    ' ',
  ),
);

/** `POST …/responses/compact`. */
export const openaiCompact: Operation = {
  name: 'openai-compact',
  family: 'responses',
  method: 'POST',
  path: /\/responses\/compact$/,
  read(call) {
    const unknown = Object.keys(call.body).find((name) => !COMPACT_PARAMETERS.has(name));
    if (unknown !== undefined)
      throw invalid(`Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' });
    const ask = readResponse(call);
    return {
      kind: 'generate',
      ask,
      isStream: false,
      whole: (answer) => new ResponseWriter(call).compaction(answer),
      events: () => [],
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
