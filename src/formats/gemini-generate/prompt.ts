import { memberNamed, type ReadableEnvelope } from '../../wire/envelope.ts';
import { endOfValue, forEachItem } from '../../wire/json-walk.ts';
import type { Prompt, PromptBlock } from '../prompt-blocks.ts';

const HEAD = ['tools', 'systemInstruction', 'system_instruction'] as const;

/** Reads the prompt of a request to Gemini: tools, instructions, contents. It has no marks. */
export function readGeminiPrompt(body: Buffer, envelope: ReadableEnvelope): Prompt {
  const blocks: PromptBlock[] = [];
  const add = (part: PromptBlock['part'], start: number, end: number): void => {
    blocks.push({
      part,
      role: part === 'instructions' ? 'system' : '',
      start,
      end,
      pieces: 1,
      place: undefined,
      marks: [],
    });
  };
  for (const name of HEAD) {
    const member = memberNamed(envelope, name);
    if (member !== undefined) add(name === 'tools' ? 'tool' : 'instructions', member.valueStart, member.valueEnd);
  }
  const staticBlocks = blocks.length;
  const contents = memberNamed(envelope, 'contents');
  if (contents?.kind === 'array') {
    forEachItem(body, contents.valueStart, (start) => {
      const end = endOfValue(body, start);
      add('turn', start, end);
      return end;
    });
  }
  return { blocks, staticBlocks, wholeMark: undefined, seam: [] };
}
