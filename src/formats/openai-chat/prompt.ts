import { memberNamed, type ReadableEnvelope } from '../../wire/envelope.ts';
import { forEachItem } from '../../wire/json-walk.ts';
import {
  type FoundMark,
  type PartRules,
  type Prompt,
  type PromptBlock,
  readContent,
  readPart,
  readTurn,
} from '../prompt-blocks.ts';

const CHAT: PartRules = {
  markable: new Set(['text', 'image_url', 'input_audio', 'file']),
  textType: () => 'text',
};

/** `prompt_cache_breakpoint` stands in parts of input alone (OpenAI's OpenAPI, 2026-08). */
const RESPONSES: PartRules = {
  markable: new Set(['input_text', 'input_image', 'input_file']),
  textType: (role) => (role === 'assistant' ? undefined : 'input_text'),
};

/** Reads the prompt of a chat completion: tools, and messages, of which the leading instructions are static. */
export function readChatPrompt(body: Buffer, envelope: ReadableEnvelope): Prompt {
  return readPrompt(body, envelope, 'messages', CHAT);
}

/** Reads the prompt of a Responses request: tools, instructions, input. */
export function readResponsesPrompt(body: Buffer, envelope: ReadableEnvelope): Prompt {
  return readPrompt(body, envelope, 'input', RESPONSES);
}

function readPrompt(body: Buffer, envelope: ReadableEnvelope, turns: string, rules: PartRules): Prompt {
  const blocks: PromptBlock[] = [];
  const tools = memberNamed(envelope, 'tools');
  if (tools?.kind === 'array') {
    forEachItem(body, tools.valueStart, (start) => {
      const marks: FoundMark[] = [];
      const { end } = readPart(body, start, marks);
      blocks.push({ part: 'tool', role: '', start, end, pieces: 1, place: undefined, marks });
      return end;
    });
  }
  const instructions = turns === 'input' ? memberNamed(envelope, 'instructions') : undefined;
  if (instructions?.kind === 'string') {
    const { valueStart: start, valueEnd: end } = instructions;
    blocks.push({ part: 'instructions', role: 'system', start, end, pieces: 1, place: undefined, marks: [] });
  }
  let staticBlocks = blocks.length;
  const member = memberNamed(envelope, turns);
  if (member?.kind === 'array') {
    forEachItem(body, member.valueStart, (start) => {
      const block = readTurn(body, start, rules);
      if (block.part === 'instructions' && staticBlocks === blocks.length) staticBlocks += 1;
      blocks.push(block);
      return block.end;
    });
  } else if (member?.kind === 'string') {
    const { valueStart: start, valueEnd: end } = member;
    // A text is the only message of its user; with a mark it becomes one.
    blocks.push({ part: 'turn', role: 'user', start, end, ...readContent(body, start, 'user', NO_TEXTS) });
  }
  return { blocks, staticBlocks, wholeMark: undefined, seam: [] };
}

const NO_TEXTS: PartRules = { markable: new Set(), textType: () => undefined };
