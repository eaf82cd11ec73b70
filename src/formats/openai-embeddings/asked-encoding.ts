/**
 * Gives a client the vectors as it asked for them. Servers that speak this format return numbers if base64 was asked for (Ollama,
 * LM Studio), and OpenAI's JavaScript SDK, which asks for base64 by itself, cannot read numbers.
 */
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { parseJson } from '../../core/parse-json.ts';
import { refuseHeavy } from '../../core/too-heavy.ts';
import { readBase64Vector, writeBase64Vector } from './vectors.ts';

const KEY = Buffer.from('"embedding"');
const COLON = 0x3a;
const QUOTE = 0x22;
const BRACKET = 0x5b;
const SPACES = [0x20, 0x09, 0x0a, 0x0d];

/**
 * The answer with its vectors in the encoding that the request asks for; the same bytes if they are in it, or cannot be read.
 * `encoding` is what the request says.
 */
export function inAskedEncoding(
  answer: Buffer,
  encoding: JsonValue | undefined,
  mostBytes: number | undefined,
): Buffer {
  // Voyage and others know encodings of their own.
  if (encoding !== undefined && encoding !== null && encoding !== 'float' && encoding !== 'base64') return answer;
  const isText = encoding === 'base64';
  if (firstByteOfVector(answer) !== (isText ? BRACKET : QUOTE)) return answer;
  refuseHeavy(answer.length, mostBytes);
  const convert = isText ? withText : withNumbers;
  try {
    const body = parseJson(answer.toString('utf8'));
    if (!isJsonObject(body) || !Array.isArray(body.data)) return answer;
    return Buffer.from(JSON.stringify({ ...body, data: body.data.map(convert) }));
  } catch {
    // What is not a vector of 32-bit floats stays as the provider wrote it.
    return answer;
  }
}

function withNumbers(item: JsonValue): JsonValue {
  if (!isJsonObject(item) || typeof item.embedding !== 'string') return item;
  return { ...item, embedding: [...readBase64Vector(item.embedding, 'embedding')] };
}

function withText(item: JsonValue): JsonValue {
  if (!isJsonObject(item) || !Array.isArray(item.embedding)) return item;
  const numbers = item.embedding.filter((number) => typeof number === 'number');
  return numbers.length === item.embedding.length ? { ...item, embedding: writeBase64Vector(numbers) } : item;
}

/** The byte that the first vector begins with. `"object":"embedding"` is no member of this name. */
function firstByteOfVector(answer: Buffer): number | undefined {
  for (let found = answer.indexOf(KEY); found !== -1; found = answer.indexOf(KEY, found + KEY.length)) {
    const colon = skipSpace(answer, found + KEY.length);
    if (answer[colon] === COLON) return answer[skipSpace(answer, colon + 1)];
  }
  return undefined;
}

function skipSpace(bytes: Buffer, from: number): number {
  let position = from;
  while (SPACES.includes(bytes[position] ?? -1)) position += 1;
  return position;
}
