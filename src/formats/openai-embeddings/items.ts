/** The items of requests for vectors and of their answers, taken apart and joined as bytes: answers are long. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { memberNamed, parseMember, readEnvelope } from '../../wire/envelope.ts';
import { endOfValue, forEachItem, membersAt } from '../../wire/json-walk.ts';
import type { EmbeddingItems } from '../format.ts';

/** How batches of texts are taken apart. */
export const embeddingItems: EmbeddingItems = {
  inputsOf({ input }: JsonObject): readonly JsonValue[] | undefined {
    if (typeof input === 'string') return [input];
    if (!Array.isArray(input) || input.length === 0) return undefined;
    // One list of tokens is one input.
    return typeof input[0] === 'number' ? [input] : input;
  },

  withInputs: (body, inputs) => ({ ...body, input: [...inputs] }),

  besideInputs(body: JsonObject): JsonObject {
    const { input: _, ...others } = body;
    return others;
  },

  readAnswer(answer: Buffer) {
    const envelope = readEnvelope(answer, Number.MAX_SAFE_INTEGER);
    if (!envelope.ok) return undefined;
    const [data, usage] = [memberNamed(envelope, 'data'), memberNamed(envelope, 'usage')];
    if (data?.kind !== 'array') return undefined;
    const vectors: (Buffer | undefined)[] = [];
    forEachItem(answer, data.valueStart, (start) => {
      const item = membersAt(answer, start, ['index', 'embedding']);
      const vector = item?.span('embedding');
      const index = item?.number('index') ?? vectors.length;
      if (vector !== undefined && Number.isInteger(index) && index >= 0 && index < MOST_ITEMS)
        vectors[index] = answer.subarray(vector.start, vector.end);
      return endOfValue(answer, start);
    });
    const whole = vectors.filter((vector) => vector !== undefined);
    if (whole.length === 0 || whole.length !== vectors.length) return undefined;
    const counted = usage === undefined ? undefined : parseMember(answer, usage);
    const tokens = isJsonObject(counted) ? counted.prompt_tokens : undefined;
    return { vectors: whole, inputTokens: Number.isSafeInteger(tokens) ? (tokens as number) : 0 };
  },

  writeAnswer(vectors: readonly Buffer[], { model, inputTokens }) {
    const pieces: Buffer[] = [Buffer.from('{"object":"list","data":[')];
    for (const [index, vector] of vectors.entries()) {
      const comma = index === 0 ? '' : ',';
      pieces.push(Buffer.from(`${comma}{"object":"embedding","index":${index},"embedding":`), vector, CLOSE);
    }
    const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens };
    pieces.push(Buffer.from(`],"model":${JSON.stringify(model)},"usage":${JSON.stringify(usage)}}`));
    return Buffer.concat(pieces);
  },
};

const CLOSE = Buffer.from('}');
/** More than any provider takes at once. */
const MOST_ITEMS = 100_000;
