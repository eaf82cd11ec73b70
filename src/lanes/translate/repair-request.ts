/**
 * What the operator lets the gateway repair (`modify_params`) so that Claude takes it: results of tools that are missing, stray or
 * sent twice, and calls in a conversation whose tools were left out
 * (https://docs.litellm.ai/docs/completion/message_sanitization, 2026-11-29). Other providers take most of it.
 */
import type { Dropped } from '../../formats/format.ts';
import type {
  ConversationRequest,
  FormatId,
  Part,
  ToolCallPart,
  ToolDefinition,
  ToolResultPart,
  Turn,
} from '../../formats/neutral/conversation.ts';

/** A request that was repaired, and what was changed. */
interface Repaired {
  readonly request: ConversationRequest;
  readonly dropped: readonly Dropped[];
}

const NOTHING: readonly Dropped[] = [];

/** Repairs a request for a provider's format. */
export function repairRequest(request: ConversationRequest, provider: FormatId): Repaired {
  const dropped: Dropped[] = [];
  const changed = (field: string, why: string): void => {
    dropped.push({ field, why, kind: 'fitted' });
  };
  const turns = pairResults(request.turns, changed);
  const tools = provider === 'anthropic-messages' ? toolsFor(turns, request, changed) : request.tools;
  if (dropped.length === 0) return { request, dropped: NOTHING };
  return { request: { ...request, turns, ...(tools !== undefined && { tools }) }, dropped };
}

type Report = (field: string, why: string) => void;

const isCall = (part: Part): part is ToolCallPart => part.type === 'tool-call';
const isResult = (part: Part): part is ToolResultPart => part.type === 'tool-result';

/** Every call gets one result, in the turns right after it: the last that the client sent. A result without its call is left out. */
function pairResults(turns: readonly Turn[], report: Report): readonly Turn[] {
  const written: Turn[] = [];
  for (let place = 0; place < turns.length; ) {
    const turn = turns[place] as Turn;
    const calls = turn.role === 'assistant' ? turn.parts.filter(isCall) : [];
    if (turn.role !== 'assistant') {
      const kept = withoutResults(turn, new Set(), place, report);
      if (kept !== undefined) written.push(kept);
      place += 1;
      continue;
    }
    written.push(turn);
    const answers: (readonly [Turn, number])[] = [];
    for (place += 1; turns[place]?.parts.some(isResult) === true; place += 1) {
      answers.push([turns[place] as Turn, place]);
    }
    written.push(...answersTo(calls, answers, report));
  }
  return written;
}

/** The turns that answer calls: with results for those that lack one, and without those that nothing asked for. */
function answersTo(
  calls: readonly ToolCallPart[],
  answers: readonly (readonly [Turn, number])[],
  report: Report,
): readonly Turn[] {
  const last = new Map<string, ToolResultPart>();
  for (const [turn] of answers) for (const part of turn.parts) if (isResult(part)) last.set(part.callId, part);
  const wanted = new Set(calls.flatMap(({ id }) => last.get(id) ?? []));
  const kept = answers.flatMap(([turn, place]) => withoutResults(turn, wanted, place, report) ?? []);
  const missing = calls.filter(({ id }) => !last.has(id));
  for (const { name } of missing)
    report('turns', `The call of ${JSON.stringify(name)} had no result: the model learns that.`);
  if (missing.length === 0) return kept;
  const parts = missing.map(
    ({ id, name }): ToolResultPart => ({
      ...{ type: 'tool-result', callId: id, name, isError: true },
      content: [{ type: 'text', text: 'The result of this call is not available.' }],
    }),
  );
  return [{ role: 'tool', parts }, ...kept];
}

/** A turn with these results alone; undefined if nothing is left of it. */
function withoutResults(
  turn: Turn,
  wanted: ReadonlySet<ToolResultPart>,
  place: number,
  report: Report,
): Turn | undefined {
  const parts = turn.parts.filter((part) => !isResult(part) || wanted.has(part));
  if (parts.length === turn.parts.length) return turn;
  report(
    `messages[${place}]`,
    'A result that answers no call of the turn before it, or that a later one replaces, is left out.',
  );
  return parts.length === 0 ? undefined : { ...turn, parts };
}

/** Claude refuses calls and results without a list of tools. */
function toolsFor(
  turns: readonly Turn[],
  { tools = [] }: ConversationRequest,
  report: Report,
): readonly ToolDefinition[] | undefined {
  if (tools.length > 0) return undefined;
  const names = new Set(turns.flatMap(({ parts }) => parts.filter(isCall).map(({ name }) => name)));
  if (names.size === 0) return undefined;
  report(
    'tools',
    'The conversation holds calls of tools, and the request none: they are listed without their parameters.',
  );
  return [...names].map((name) => ({ type: 'function', name, description: 'Is not available any more.' }));
}
