/**
 * Why a request in this format may not be relayed to a Claude model as it is: what the model refuses stands deep in the messages, where no
 * edit of one member helps. Each is a search for a few bytes, which passes over nearly every body.
 */

import { claudeAbilities, isKnownClaude } from '../../models/claude-models.ts';
import { asBuffer } from '../../wire/envelope.ts';
import { findText } from '../../wire/find-text.ts';
import { imageTypeOf } from '../image-type.ts';
import { MOST_CACHE_MARKS } from './limit-cache-marks.ts';
import { holdsForeignThinking } from './signatures.ts';
import { holdsForeignSearch } from './web-search.ts';

/** A short word for metrics; undefined if nothing prevents it. */
export function relayObstacle(body: Uint8Array, model: string): string | undefined {
  if (holdsForeignThinking(body)) return 'foreign-thinking';
  const bytes = asBuffer(body);
  if (countUpTo(bytes, '"cache_control"', MOST_CACHE_MARKS + 1) > MOST_CACHE_MARKS) return 'cache-marks';
  if (holdsMistoldImage(bytes)) return 'media-type';
  if (SEARCH_MARKS.some((mark) => findText(bytes, mark) !== -1) && holdsForeignSearch(bytes.toString('latin1')))
    return 'foreign-server-tool';
  if (!isKnownClaude(model)) return undefined;
  const claude = claudeAbilities(model);
  if (!claude.systemInMessages && /"role"\s*:\s*"system"/.test(textAround(bytes, '"system"')))
    return 'system-in-messages';
  return !claude.structuredOutput &&
    findText(bytes, '"json_schema"') !== -1 &&
    findText(bytes, '"output_config"') !== -1
    ? 'structured-output'
    : undefined;
}

/** What another provider searched or ran has one of them. */
const SEARCH_MARKS = ['"web_search_tool_result"', '"code_execution_tool_result"', '"encrypted_index"'];

function countUpTo(bytes: Buffer, text: string, most: number): number {
  let count = 0;
  for (let at = findText(bytes, text); at !== -1 && count < most; at = findText(bytes, text, at + text.length)) count++;
  return count;
}

const BEFORE_BYTES = 24;

/** The bytes around each place where a text stands, as one text. */
function textAround(bytes: Buffer, text: string): string {
  let around = '';
  for (let at = findText(bytes, text); at !== -1; at = findText(bytes, text, at + text.length)) {
    around += `${bytes.toString('latin1', Math.max(0, at - BEFORE_BYTES), at + text.length)}\n`;
  }
  return around;
}

const SOURCE_BYTES = 96;
const SOURCE = /^"media_type"\s*:\s*"(image\/[a-z]+)"\s*,\s*"data"\s*:\s*"([A-Za-z0-9+/]{12,24})/;

/** Whether an image is of another type than its source says: Claude refuses it ("appears to be a image/png image"). */
function holdsMistoldImage(bytes: Buffer): boolean {
  for (let at = findText(bytes, '"media_type"'); at !== -1; at = findText(bytes, '"media_type"', at + 1)) {
    const source = SOURCE.exec(bytes.toString('latin1', at, at + SOURCE_BYTES));
    if (source?.[1] === undefined || source[2] === undefined) continue;
    const actual = imageTypeOf(source[2]);
    if (actual !== undefined && actual !== source[1]) return true;
  }
  return false;
}
