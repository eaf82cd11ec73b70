import { isBase64 } from '../core/base64.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';
import { wordsIn } from '../core/words-in.ts';

/** Members that a model writes as a whole, whatever the names in them: what a tool is called with. */
const WRITTEN_BY_MODEL: ReadonlySet<string> = new Set(['input', 'args', 'arguments', 'parsed']);
/** Objects whose `data` is a medium: OpenAI's speech, Gemini's parts, Anthropic's blocks. */
const HOLD_DATA: ReadonlySet<string> = new Set(['audio', 'inlineData', 'inline_data', 'source']);
const DATA_ADDRESS = /^data:[^,]{0,200};base64,/i;

/**
 * All strings of an answer, without images and sounds in the places where the formats have them. What a model writes elsewhere is
 * text, whatever it looks like.
 */
export function answerText(value: JsonValue | undefined, name = ''): string {
  if (Array.isArray(value)) return value.map((item) => answerText(item, name)).join(' ');
  if (!isJsonObject(value)) return wordsIn(value);
  const words: string[] = [];
  for (const key of Object.keys(value)) {
    if (WRITTEN_BY_MODEL.has(key)) words.push(wordsIn(value[key]));
    else if (!isMedium(value, key, name)) words.push(answerText(value[key], key));
  }
  return words.join(' ');
}

function isMedium(object: JsonObject, key: string, name: string): boolean {
  const value = ownValue(object, key);
  if (typeof value !== 'string') return false;
  if (key === 'b64_json' || (key === 'data' && HOLD_DATA.has(name))) return isBase64(value);
  if (key !== 'image_url' && !(key === 'url' && name === 'image_url')) return false;
  const header = DATA_ADDRESS.exec(value.slice(0, 256))?.[0];
  return header !== undefined && isBase64(value.slice(header.length));
}
