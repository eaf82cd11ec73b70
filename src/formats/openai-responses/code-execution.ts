/** Code that the provider runs, in this format: the tool `code_interpreter`, and the item of a call. */
import { defined } from '../../core/defined.ts';
import { isJsonObject, itemsOf, type JsonObject, objectsOf, stringOf, wordOf } from '../../core/json.ts';
import type { CodeStep, CodeTool } from '../neutral/server-tools.ts';

const FORMAT = 'openai-responses';
const NAME = 'code_interpreter';
/** The container of code that another provider ran: no file can be fetched from it, and no later turn can name it. */
const NO_CONTAINER = 'cntr_sluice';

/** The tool in a container of its own; undefined for any other, also for one with files or a network. */
export function readCodeTool(value: JsonObject): CodeTool | undefined {
  const { type, container, ...others } = value;
  const isPlain = isJsonObject(container) && container.type === 'auto' && Object.keys(container).length === 1;
  if (type !== NAME || !isPlain || Object.keys(others).length > 0) return undefined;
  return { type: 'server', tool: 'code-execution', name: NAME, raw: { format: FORMAT, value } };
}

/** Writes the tool of another format. */
export function writeCodeTool(): JsonObject {
  return { type: NAME, container: { type: 'auto' } };
}

/** Reads the item of a call. */
export function readCodeCall(value: JsonObject): CodeStep {
  const logs = objectsOf(value.outputs).flatMap(({ logs: text }) => stringOf(text) ?? []);
  const isOwn = value.container_id !== NO_CONTAINER;
  return {
    type: 'server-call',
    tool: 'code-execution',
    step: 'whole',
    id: wordOf(value.id) ?? '',
    ...defined({ code: stringOf(value.code) }),
    output: logs.join('\n'),
    ...(value.status === 'failed' && { failure: 'failed' }),
    ...(isOwn && { raw: { format: FORMAT, value } }),
  };
}

/** The item of a call. Clients get what the code printed if they ask for it, as at OpenAI. */
export function writeCodeCall(id: string, status: string, code: string, output: string, asked: JsonObject): JsonObject {
  const wantsOutput = itemsOf(asked.include).includes('code_interpreter_call.outputs');
  const outputs = wantsOutput ? (output === '' ? [] : [{ type: 'logs', logs: output }]) : null;
  return { id, type: 'code_interpreter_call', status, code, container_id: NO_CONTAINER, outputs };
}

/** Whether a request holds calls that OpenAI did not make. */
export function holdsForeignCode(body: Uint8Array): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(`"${NO_CONTAINER}"`);
}
