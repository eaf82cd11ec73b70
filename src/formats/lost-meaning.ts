/**
 * What a request would lose on the way to another format although it changes what the messages mean: the answer would be to another
 * question, so the request is refused, whatever `drop_params` says.
 */
import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Dropped } from './format.ts';
import type { ConversationRequest, FormatId, Part } from './neutral/conversation.ts';
import { nameOfTool, placeOf } from './neutral/web-search.ts';

/** Members of Anthropic's requests that bring messages, tools or files of their own (platform.claude.com/docs/en/api/messages, 2026-11). */
const MEMBERS: ReadonlyMap<string, string> = new Map([
  ['thread', 'the messages before this one are stored at Anthropic'],
  ['mcp_servers', 'Anthropic itself calls the tools of these servers'],
  ['container', 'the container and its skills are stored at Anthropic'],
]);

/** Finds it. `dropped` is what the writer of the other format left out. */
export function lostMeaning(
  { turns, tools = [], toolChoice, extensions }: ConversationRequest,
  provider: FormatId,
  dropped: readonly Dropped[],
): Dropped[] {
  const lost: Dropped[] = [];
  const refuse = (field: string, why: string, details?: JsonObject): void => {
    lost.push({ field, why, kind: 'refused', ...(details !== undefined && { details }) });
  };
  if (extensions.format === 'anthropic-messages' && provider !== 'anthropic-messages') {
    for (const [name, why] of MEMBERS) if (says(extensions.fields[name])) refuse(name, why, detailsOf(name));
  }
  if (
    extensions.format === 'gemini-generate' &&
    provider !== 'gemini-generate' &&
    says(extensions.fields.cachedContent)
  ) {
    refuse('cachedContent', 'the beginning of the prompt is stored at Google');
  }
  if (isOtherFamily(extensions.format, provider)) {
    for (const [index, { parts }] of turns.entries()) {
      for (const place of filesIn(parts, `messages[${index}]`)) refuse(place, 'the file is stored at another provider');
    }
  }
  const droppedFields = new Set(dropped.map(({ field }) => field));
  const places = new Map(tools.map((tool, index) => [tool, placeOf(tool, index)]));
  const gone = tools.filter((tool) => droppedFields.has(places.get(tool) ?? ''));
  const isForced =
    toolChoice?.type === 'tool'
      ? gone.some((tool) => nameOfTool(tool) === toolChoice.name)
      : toolChoice?.type === 'required' && gone.length > 0 && gone.length === tools.length;
  if (isForced) {
    const goneFrom = new Set(gone.map((tool) => places.get(tool)));
    const whys = dropped.flatMap(({ field, why }) => (goneFrom.has(field) ? [why] : []));
    refuse('tool_choice', `it forces ${gone.map(nameOfTool).join(', ')}, and ${whys.join('; ')}`);
  }
  return lost;
}

/** On these words Anthropic's SDK sends the whole conversation without a thread (lib/internal/threads/ThreadState of 1.12). */
function detailsOf(name: string): JsonObject | undefined {
  return name === 'thread' ? { error_code: 'thread_unsupported_request', unsupported: ['thread'] } : undefined;
}

/** Ids of files mean something to the provider that gave them; Gemini's writer knows which are addresses. */
function isOtherFamily(client: FormatId, provider: FormatId): boolean {
  return provider !== 'gemini-generate' && familyOf(client) !== familyOf(provider);
}

function familyOf(format: FormatId): string {
  return format.split('-')[0] ?? format;
}

function* filesIn(parts: readonly Part[], path: string): Generator<string> {
  for (const [index, part] of parts.entries()) {
    const place = `${path}.content[${index}]`;
    if (part.type === 'tool-result') yield* filesIn(part.content, place);
    else if ('source' in part && part.source.kind === 'file') yield place;
  }
}

/** Whether a member says anything: an empty list names no server. */
function says(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}
