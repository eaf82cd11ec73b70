import { isTest, roomOf } from './places.ts';
import type { Break, Rule } from './rule.ts';
import { lineAt, type SourceFile } from './source-file.ts';

/** The folders that handle names out of a client's request. */
const ROOMS: ReadonlySet<string> = new Set([
  'admin',
  'endpoints',
  'exchange',
  'features',
  'formats',
  'lanes',
  'pipeline',
  'providers',
  'routing',
  'tenancy',
]);

/** `object[name]`, `a.b?.[member.name]`: a member looked up under a name that a variable holds. */
const LOOKUP =
  /(?<object>(?:[a-z#]\w*|this)(?:\??\.#?\w+)*)(?:\?\.)?\[(?<key>(?:\w+\.)?(?:name|key|model|field|word|tag|param|renamed|header))\](?<set>\s*(?:\?\?|\|\|)?=(?!=))?/g;
/** Whatever else the names are, they come from a list in the code. */
const FROM_LIST =
  /\bof (?:\[[^\]]*\]|[A-Z][A-Z_]+(?:\.\w+)?)\)|\b[A-Z][A-Z_]+\.(?:map|flatMap|some|find|filter|every|forEach)\(/;
const REACH = 600;

/** Objects whose members are looked up, or set, under a name that a client may have chosen. */
export const CLIENT_NAME_RULE: Rule = {
  name: 'client-names-meet-no-prototype',
  why: '`object[name]` finds `toString` and `__proto__` too, and `object[name] = …` sets a prototype. Read with ownValue (src/core/own-value.ts), set with setMember (src/core/json.ts), or use a Map. Names out of a list of the code are fine.',
  *breaks(files: readonly SourceFile[]): Iterable<Break> {
    for (const file of files) {
      if (isTest(file.path) || !ROOMS.has(roomOf(file.path))) continue;
      for (const use of file.code.matchAll(LOOKUP)) {
        const { object = '', key = '', set } = use.groups ?? {};
        const before = file.code.slice(Math.max(0, use.index - REACH), use.index);
        const near = before.slice(Math.max(0, before.lastIndexOf('\n}\n')));
        if (/^\s*:/.test(file.code.slice(use.index + use[0].length)) && /[{(,]\s*$/.test(before)) continue;
        if (FROM_LIST.test(near) || isOwn(near, object, set !== undefined)) continue;
        const what = set === undefined ? 'looks up' : 'sets';
        yield {
          path: file.path,
          line: lineAt(file.code, use.index),
          what: `${what} ${key} in the plain object ${object}`,
        };
      }
    }
  },
};

/** Whether a check or a loop before it says that the object itself has the name. */
function isOwn(before: string, object: string, isSet: boolean): boolean {
  if (before.includes(`Object.hasOwn(${object},`)) return true;
  if (isSet) return false;
  return [`Object.keys(${object})`, `Object.entries(${object})`, ` in ${object})`].some((own) => before.includes(own));
}
