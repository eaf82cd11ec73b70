import { itemsOf, type ObjectShape, type ReadObject, walkObjects } from '../wire/json-walk.ts';

/** What a tool is that says of itself nothing that is known. */
export const UNKNOWN_TOOL = 'unknown';
/** Tools that a provider runs, named by a member instead of a type. */
const NAMED_BY_MEMBER = [
  'googleSearch',
  'google_search',
  'codeExecution',
  'code_execution',
  'urlContext',
  'url_context',
];
const TOOL: ObjectShape = { noted: ['type', 'function', 'name', 'input_schema', ...NAMED_BY_MEMBER] };

/** What the tools of a list are, one word each: their types, `function` for those without one that are functions. */
export function toolKindsIn(bytes: Buffer, start: number): readonly string[] {
  const kinds: string[] = [];
  const read: ReadObject<string> = (tool, found) => {
    for (const name of NAMED_BY_MEMBER) if (tool.span(name) !== undefined) found.push(name);
    if (tool.span('type') !== undefined) found.push(tool.string('type') ?? UNKNOWN_TOOL);
    else if (tool.span('function') ?? tool.span('name')) found.push('function');
  };
  walkObjects(bytes, start, TOOL, read, kinds);
  // What is not a list, or a tool of which nothing is known.
  if (kinds.length < (itemsOf(bytes, start)?.count ?? 1)) kinds.push(UNKNOWN_TOOL);
  return kinds;
}
