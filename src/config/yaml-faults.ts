/** What a YAML parser finds wrong, in words that help to fix the file. */
import { type Document, isScalar, visit, type YAMLError } from 'yaml';

/** A fault and its place in the text. */
interface YamlFault {
  readonly offset: number;
  readonly message: string;
}

const MANY_DOCUMENTS =
  'a second YAML document begins here, and a configuration is one: remove the line "---", or put the rest into a file of its own and name it with "include" or a second --config';
const INDENTATION =
  'this line is indented differently from those that it belongs to: the keys of one map, and the dashes of one list, begin in the same column';
const QUOTE_IT = 'put the text in quotes';

/** What to do, by the parser's codes. */
const ADVICE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    MULTIPLE_DOCS: MANY_DOCUMENTS,
    BAD_INDENT: INDENTATION,
    TAB_AS_INDENT: 'a tab indents this line; YAML takes spaces alone',
    BLOCK_AS_IMPLICIT_KEY: `this line has two colons that end a key; ${QUOTE_IT}, or begin a new line`,
    MULTILINE_IMPLICIT_KEY: INDENTATION,
    BAD_SCALAR_START: `a text may not begin with this character; ${QUOTE_IT}`,
  }),
);
const MISSING_DASH = /without - indicator/;
const UNCLOSED_TEXT = /^Missing closing ["']quote/;
const UNCLOSED_FLOW = /^Flow (?:map|sequence) .*end with a ([\]}])/;
/** What follows the first of these is a consequence of it. */
const MOST_FAULTS = 50;

/** The faults of a document. A text without its end swallows what follows, so nothing behind it can be judged. */
export function yamlFaults(document: Document, text: string): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  for (const error of document.errors.slice(0, MOST_FAULTS)) {
    if (UNCLOSED_TEXT.test(error.message)) return [...faults, unclosed(document, text, error)];
    faults.push({ offset: placeOf(error, text), message: adviceFor(error) });
  }
  return faults;
}

function adviceFor({ code, message }: YAMLError): string {
  const bracket = UNCLOSED_FLOW.exec(message)?.[1];
  if (bracket !== undefined) return `the list or map in brackets before this line has no "${bracket}" at its end`;
  return (MISSING_DASH.test(message) ? INDENTATION : ADVICE.get(code)) ?? sentence(message);
}

/** The parser names the start of a line that is indented wrongly. */
function placeOf({ pos: [offset] }: YAMLError, text: string): number {
  let at = offset;
  while (text[at] === ' ') at += 1;
  return at;
}

/** The text begins where its first quote is, which may be many lines before the place where its end is missed. */
function unclosed(document: Document, text: string, { pos: [offset] }: YAMLError): YamlFault {
  let start = offset;
  visit(document, {
    Scalar(_key, node) {
      const from = node.range?.[0];
      if (isScalar(node) && /^QUOTE/.test(node.type ?? '') && from !== undefined && from <= offset) start = from;
    },
  });
  const quote = text[start] === "'" ? "'" : '"';
  return { offset: start, message: `the text that begins with ${quote} here has no ${quote} at its end` };
}

/** The first line of a message, cut to a readable length. */
export function sentence(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return first.length > 200 ? `${first.slice(0, 200)}…` : first;
}
