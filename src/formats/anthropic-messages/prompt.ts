import { type Member, memberNamed, type ReadableEnvelope } from '../../wire/envelope.ts';
import { OPEN_ARRAY, QUOTE } from '../../wire/json-scan.ts';
import { forEachItem } from '../../wire/json-walk.ts';
import {
  type FoundMark,
  markAt,
  type PartRules,
  type Prompt,
  type PromptBlock,
  readContent,
  readPart,
  readTurn,
} from '../prompt-blocks.ts';

/** What may be marked (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, "What can be cached", 2026-11-29). */
const RULES: PartRules = {
  markable: new Set(['text', 'image', 'document', 'search_result', 'tool_use', 'tool_result']),
  textType: () => 'text',
};

/** Reads the prompt of a request to Claude: tools, system, messages. */
export function readMessagesPrompt(body: Buffer, envelope: ReadableEnvelope): Prompt {
  const blocks: PromptBlock[] = [];
  addTools(body, memberNamed(envelope, 'tools'), blocks);
  addSystem(body, memberNamed(envelope, 'system'), blocks);
  const staticBlocks = blocks.length;
  addMessages(body, memberNamed(envelope, 'messages'), blocks);
  const whole = memberNamed(envelope, 'cache_control');
  const wholeMark =
    whole === undefined ? undefined : markAt(body, whole.nameStart + 1, whole.nameEnd - 1, whole.valueStart);
  const seam = ['tool_choice', 'thinking'].flatMap((name) => {
    const member = memberNamed(envelope, name);
    return member === undefined ? [] : [{ start: member.valueStart, end: member.valueEnd }];
  });
  return { blocks, staticBlocks, wholeMark, seam };
}

function addTools(body: Buffer, tools: Member | undefined, blocks: PromptBlock[]): void {
  if (tools?.kind !== 'array') return;
  forEachItem(body, tools.valueStart, (start) => {
    const marks: FoundMark[] = [];
    const { end, isDeferred } = readPart(body, start, marks);
    // A tool that is loaded later is not part of the prompt, and refused with a mark (tool search, platform.claude.com, 2026-11-29).
    const place = isDeferred ? undefined : ({ kind: 'object', start, end, textType: '' } as const);
    blocks.push({ part: 'tool', role: '', start, end, pieces: 1, place, marks });
    return end;
  });
}

function addSystem(body: Buffer, system: Member | undefined, blocks: PromptBlock[]): void {
  if (system === undefined) return;
  const { valueStart, valueEnd } = system;
  if (body[valueStart] === QUOTE) {
    const content = readContent(body, valueStart, 'system', RULES);
    blocks.push({ part: 'instructions', role: 'system', start: valueStart, end: valueEnd, ...content });
  } else if (body[valueStart] === OPEN_ARRAY) {
    forEachItem(body, valueStart, (start) => {
      const marks: FoundMark[] = [];
      const part = readPart(body, start, marks);
      const { end } = part;
      const place = part.isMarkable(RULES) ? ({ kind: 'object', start, end, textType: '' } as const) : undefined;
      blocks.push({ part: 'instructions', role: 'system', start, end, pieces: 1, place, marks });
      return end;
    });
  }
}

function addMessages(body: Buffer, messages: Member | undefined, blocks: PromptBlock[]): void {
  if (messages?.kind !== 'array') return;
  forEachItem(body, messages.valueStart, (start) => {
    const block = readTurn(body, start, RULES);
    blocks.push(block);
    return block.end;
  });
}
