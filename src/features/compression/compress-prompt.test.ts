/** Laws of compression, on random bodies of every format. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormatId } from '../../formats/neutral/conversation.ts';
import { readTurns } from '../../formats/prompt-texts.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { compressPrompt, type Wish } from './compress-prompt.ts';

const WORDS =
  'the|castle|Who|was|built|in|1901|.|\n|\n\n|Ann:|```|…|😀|\ud83d|"|\\|日本語。|Question:|?|Zürich|<b>|{"a":1}|INFO 12:00:00 x 1|\u0000|not|##'.split(
    '|',
  );
const LISTS: readonly (readonly [FormatId, string])[] = [
  ['openai-chat', 'messages'],
  ['openai-responses', 'input'],
  ['anthropic-messages', 'messages'],
  ['gemini-generate', 'contents'],
];

/** Random parts of requests, the same in each run. */
class Maker {
  #state = 5;

  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.next() * items.length)] as Item;
  }

  text(): string {
    const count = Math.floor(this.next() * this.next() * 700);
    return Array.from({ length: count }, () => this.pick(WORDS)).join(this.next() < 0.8 ? ' ' : '');
  }

  part(): unknown {
    return this.pick([
      () => ({ type: 'text', text: this.text() }),
      () => ({ type: 'input_text', text: this.text() }),
      () => ({ text: this.text() }),
      () => ({
        type: 'tool_result',
        tool_use_id: 'x',
        content: this.pick([this.text(), [{ type: 'text', text: this.text() }], null]),
      }),
      () => ({ type: 'thinking', thinking: this.text(), signature: 's' }),
      () => this.pick([null, 3, { type: 'image', source: {} }]),
    ])();
  }

  content(): unknown {
    const parts = (): unknown => Array.from({ length: Math.floor(this.next() * 4) }, () => this.part());
    return this.pick([() => this.text(), () => this.text(), parts, () => null])();
  }

  turn(): unknown {
    return this.pick([
      () => ({
        role: this.pick(['user', 'assistant', 'tool', 'system', 'model', 'x']),
        content: this.content(),
        parts: this.content(),
      }),
      () => ({ role: 'user', content: this.text() }),
      () => ({ type: 'function_call_output', call_id: 'c', output: this.content() }),
      () => ({ role: 'assistant', content: this.text(), tool_calls: [{ id: 'call' }] }),
      () => ({
        role: 'tool',
        content: JSON.stringify(Array.from({ length: 5 }, () => ({ a: this.text(), b: this.next() }))),
      }),
      () => this.pick([null, 'x', []]),
    ])();
  }

  /** As JSON: narrow or wide, with characters beyond ASCII as they are or escaped. */
  body(list: string): string {
    const turns = Array.from({ length: Math.floor(this.next() * 12) }, () => this.turn());
    const json = JSON.stringify({ model: 'm', [list]: turns, tools: [1] }, null, this.pick([0, 1]));
    if (this.next() < 0.7) return json;
    return json.replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
}

/** What may never change, as text. */
function untouchable(body: Buffer, list: string): string {
  const { [list]: turns, ...rest } = JSON.parse(body.toString()) as Record<string, unknown>;
  const kept = (turns as ({ role?: string; tool_calls?: unknown } | null)[]).filter((turn) =>
    ['assistant', 'system', 'model', 'x'].includes(turn?.role ?? ''),
  );
  const thoughts = body.toString().match(/"signature"|"tool_use_id"|"call_id"/g);
  return JSON.stringify([rest, kept, thoughts]);
}

test('on any body: valid JSON, the same each time, never longer, and what is not to be touched is not', () => {
  const make = new Maker();
  let shortened = 0;
  for (let round = 0; round < 500; round += 1) {
    const [format, list] = make.pick(LISTS);
    const body = Buffer.from(make.body(list));
    const envelope = readEnvelope(body);
    if (!envelope.ok) continue;
    const turns = readTurns(body, envelope, format);
    const wish: Wish = { ratio: make.pick([0.05, 0.3, 0.7, 1]), of: make.pick(['body', 'texts'] as const) };
    const made = compressPrompt(body, turns, wish);
    assert.equal(untouchable(made.body, list), untouchable(body, list));
    assert.ok(compressPrompt(body, turns, wish).body.equals(made.body));
    assert.ok(made.body.length <= body.length, `${made.body.length} > ${body.length}`);
    if (made.body.length < body.length) shortened += 1;
    // What was decided is carried out again, whatever is wished for now.
    const frozen = new Map(
      turns.map((_, turn) => [turn, made.turns.has(turn) ? (made.turns.get(turn) ?? null) : []] as const),
    );
    assert.ok(compressPrompt(body, turns, { ratio: 0.1, of: 'texts', frozen }).body.equals(made.body));
  }
  assert.ok(shortened > 100, `${shortened} were shortened`);
});
