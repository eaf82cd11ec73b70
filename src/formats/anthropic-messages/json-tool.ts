/**
 * JSON as the answer of models that cannot be held to it otherwise. Claude has no JSON mode without a schema, and versions before
 * 4.5 (Opus: 4.1) have none with one (platform.claude.com, structured-outputs, 2026-11). Both are served as LiteLLM serves them: Claude is
 * offered a tool whose input is the answer, made to call it if it can be made to, and its input is read as the answer's text.
 *
 * A reader does not know the request, so it knows the tool by its name alone: no tool of the client's may have this name.
 */
import type { JsonObject } from '../../core/json.ts';
import type { ClaudeAbilities } from '../../models/claude-models.ts';
import type { Finish, OutputFormat, Part, ToolCallPart } from '../neutral/conversation.ts';

/** The tool's name, the same as LiteLLM's. */
export const JSON_TOOL = 'json_tool_call';

const DESCRIPTION =
  'Gives your answer to the user. Always answer by calling this tool, once, and write no text beside the call: its input is your ' +
  'whole answer, as a JSON object. Call other tools first where there are any that you need.';

/**
 * Anthropic's 400 (seen up to 2026-08): `input_schema does not support oneOf, allOf, or anyOf at the top level`. A reference there
 * is left alone too, since it may lead to one of these.
 */
const REFUSED_AT_TOP = ['anyOf', 'oneOf', 'allOf', '$ref'];

/** The tool that an answer of this form is given by; undefined if the model needs none, or the schema cannot be a tool's. */
export function writeJsonTool(output: OutputFormat | undefined, abilities: ClaudeAbilities): JsonObject | undefined {
  if (output?.type === 'json-object') {
    return {
      name: JSON_TOOL,
      description: `${DESCRIPTION} Its members are yours to choose.`,
      input_schema: { type: 'object', additionalProperties: true },
    };
  }
  if (output?.type !== 'json-schema' || abilities.structuredOutput) return undefined;
  const { schema, description } = output;
  if (schema.type !== 'object' || REFUSED_AT_TOP.some((key) => schema[key] !== undefined)) return undefined;
  return {
    name: JSON_TOOL,
    description: description === undefined ? DESCRIPTION : `${DESCRIPTION}\n\n${description}`,
    input_schema: schema,
  };
}

/** The tools of a request and the choice among them. */
interface OfferedTools {
  readonly tools: JsonObject[];
  readonly toolChoice?: JsonObject | undefined;
}

/**
 * Offers the tool beside the client's own, which the client does not force. `mayForce` says that the model may be made to call a
 * tool: not if it thinks, nor the models that always do. What is left then is the tool's description.
 */
export function offerJsonTool({ tools, toolChoice }: OfferedTools, tool: JsonObject, mayForce: boolean): OfferedTools {
  // Tools that must not be called are not offered: a choice cannot say `none` of them and leave the answer's.
  if (tools.length > 0 && toolChoice?.type !== 'none') {
    return { tools: [...tools, tool], toolChoice: { ...toolChoice, type: mayForce ? 'any' : 'auto' } };
  }
  const choice: JsonObject = mayForce ? { type: 'tool', name: JSON_TOOL } : { type: 'auto' };
  // Two calls would be two answers, which together are not JSON.
  return { tools: [tool], toolChoice: { ...choice, disable_parallel_tool_use: true } };
}

const isJsonCall = (part: Part): part is ToolCallPart => part.type === 'tool-call' && part.name === JSON_TOOL;

/**
 * The parts of a whole answer, the tool's input as its text. Words that Claude wrote beside the call, as it may if it is not
 * forced, are left out, as LiteLLM leaves them out: with them the text would be no JSON.
 */
export function readJsonAnswer(parts: readonly Part[]): { parts: readonly Part[]; isAnswer: boolean } {
  if (!parts.some(isJsonCall)) return { parts, isAnswer: false };
  const read = parts
    .filter((part) => part.type !== 'text')
    .map((part): Part => (isJsonCall(part) ? { type: 'text', text: part.arguments } : part));
  return { parts: read, isAnswer: !read.some((part) => part.type === 'tool-call') };
}

/** The end of an answer in which no other tool was called: the client has nothing to run. */
export function finishOfAnswer(finish: Finish): Finish {
  return finish.reason === 'tool-calls' ? { ...finish, reason: 'stop' } : finish;
}
