/** What can be made shorter of a text whatever it is asked for. */
import { shorterJson } from './shorter-json.ts';
import { shorterLog } from './shorter-log.ts';

const LEAST_REPEATED = 200;
const SHOWN = 60;

/**
 * A shorter form of a text; undefined if there is none. `seen`: texts that stand earlier in the request, by where it is noted what they
 * begin with; a text that is there already is not sent again. `mayLose`: whether numbers may
 * go that lines of a log differ in.
 */
export function shorterText(
  text: string,
  author: 'user' | 'assistant' | 'tool',
  seen: Map<string, string>,
  mayLose: boolean,
): string | undefined {
  if (author === 'assistant') return undefined;
  if (text.length >= LEAST_REPEATED) {
    const first = seen.get(text);
    if (first !== undefined) return `[The same text as before, which begins: ${first}…]`;
    seen.set(text, text.slice(0, SHOWN).replace(/\s+/g, ' ').trim());
  }
  return shorterJson(text) ?? (mayLose && author === 'tool' ? shorterLog(text) : undefined);
}
