/** How many searches of the web a request lets its provider make: each has a price, and its results are read as a prompt is. */
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { type Member, memberNamed, parseMember, type ReadableEnvelope } from '../../wire/envelope.ts';

/** Of a tool without a limit of its own. Models rarely make more in one answer. */
const USUAL_MOST = 10;
const MOST = 100;

/** The most searches that are to be expected of a request; 0 where it brings no such tool. */
export function webSearchesAsked(body: Buffer, envelope: ReadableEnvelope): number {
  const options = memberNamed(envelope, 'web_search_options');
  const asked = options === undefined || options.kind === 'null' ? 0 : USUAL_MOST;
  const tools = memberNamed(envelope, 'tools');
  if (tools?.kind !== 'array' || !mayNameSearch(body, tools)) return asked;
  const list = parseMember(body, tools);
  if (!Array.isArray(list)) return asked;
  return Math.min(MOST, asked + list.reduce<number>((sum, tool) => sum + searchesOf(tool), 0));
}

const SEARCH_WORDS = ['web_search', 'google_search', 'googleSearch', '\\u00'].map((word) => Buffer.from(word));

/** Most tools are functions: they are not parsed for this. A name may be written with escapes. */
function mayNameSearch(body: Buffer, { valueStart, valueEnd }: Member): boolean {
  return SEARCH_WORDS.some((word) => {
    const at = body.indexOf(word, valueStart);
    return at !== -1 && at < valueEnd;
  });
}

function searchesOf(tool: JsonValue): number {
  if (!isJsonObject(tool)) return 0;
  if (tool.google_search !== undefined || tool.googleSearch !== undefined) return USUAL_MOST;
  if (typeof tool.type !== 'string' || !tool.type.startsWith('web_search')) return 0;
  const { max_uses: most } = tool;
  return typeof most === 'number' && most >= 0 ? Math.ceil(most) : USUAL_MOST;
}
