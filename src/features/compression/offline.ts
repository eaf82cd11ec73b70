/** Compression of a body alone, as `sluice try compress` shows it. */
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { formatOfBody } from '../../formats/format-of-body.ts';
import { formatParts } from '../../formats/index.ts';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import { readTurns } from '../../formats/prompt-texts.ts';
import { type ReadableEnvelope, readEnvelope } from '../../wire/envelope.ts';
import { compressPrompt } from './compress-prompt.ts';

/** What became of a body. */
export interface Offline {
  readonly body: string;
  /** The words that a model reads, as the gateway counts them. */
  readonly wordsBefore: string;
  readonly wordsAfter: string;
  readonly ms: number;
}

/** Compresses the body that a line is; a text says what is wrong with the line. `ratio`: undefined leaves out nothing. */
export function compressOffline(line: string, ratio: number | undefined): Offline | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!isJsonObject(value)) return 'not a JSON object: a line is the body of a request';
  const format = formatOf(value);
  if (format === undefined) return 'a body needs `messages`, `input` or `contents`';
  const body = Buffer.from(line);
  const envelope = readEnvelope(body);
  if (!envelope.ok) return `the gateway would not read its bytes: ${envelope.reason}`;
  const startMs = performance.now();
  const { body: after } = compressPrompt(body, readTurns(body, envelope, format), { ratio: ratio ?? 1, of: 'body' });
  const ms = performance.now() - startMs;
  const afterEnvelope = after === body ? envelope : readEnvelope(after);
  if (!afterEnvelope.ok) throw new Error(`compression broke the body: ${afterEnvelope.reason}`);
  return {
    body: after.toString('utf8'),
    wordsBefore: wordsOf(body, envelope, format),
    wordsAfter: wordsOf(after, afterEnvelope, format),
    ms,
  };
}

function formatOf(body: JsonObject): FormatId | undefined {
  if (Array.isArray(body.contents)) return 'gemini-generate';
  const format = formatOfBody(body, false);
  return format === 'openai-completions' ? undefined : format;
}

const wordsOf = (body: Buffer, envelope: ReadableEnvelope, format: FormatId): string =>
  formatParts(format).outline(body, envelope).promptText();

const WARM_UP_MS = 500;
const WARM_UP_BLOCKS = 160;

/** A process that serves has compiled its functions long ago; what `ms` says is what it would take there. By computing time: others may be at work. */
export function warmUp(): void {
  const asked = { role: 'user', content: 'Who built the first tower of Harbour 17?' };
  const blocks = Array.from({ length: WARM_UP_BLOCKS }, (_, at) => at);
  const passages = blocks.map(
    (at) =>
      `Harbour ${at}\nThe tower${at} of the town was built in ${1800 + at} by John Smith${at}. It fell down, and was built again.`,
  );
  const turns = blocks.map(
    (at) => `${at % 2 === 0 ? 'Ann' : 'Bob'}: The tower${at} was built, I think, in ${1800 + at}.`,
  );
  const lines = [passages.join('\n\n'), turns.join('\n')].map((text) =>
    JSON.stringify({ messages: [{ role: 'user', content: text }, asked] }),
  );
  const before = process.cpuUsage();
  for (let spentMs = 0; spentMs < WARM_UP_MS; ) {
    for (const line of lines) compressOffline(line, 0.3);
    const { user, system } = process.cpuUsage(before);
    spentMs = (user + system) / 1_000;
  }
}
