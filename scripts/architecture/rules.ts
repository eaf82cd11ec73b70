/** The rules of the house (ARCHITECTURE.md, "Who may import whom"), each with the reason it exists. */
import { CLIENT_NAME_RULE } from './client-names.ts';
import { CYCLE_RULE } from './cycles.ts';
import { DEAD_EXPORT_RULE } from './dead-exports.ts';
import { FUNCTION_LENGTH_RULE } from './function-length.ts';
import { LATE_VARIABLE_RULE } from './late-variables.ts';
import { MUTUAL_FOLDER_RULE } from './mutual-folders.ts';
import { inSource, isTest, roomOf, subfolder } from './places.ts';
import { PLAIN_LOOKUP_RULE } from './plain-lookups.ts';
import type { Rule } from './rule.ts';
import { lineAt, type SourceFile } from './source-file.ts';
import { WIRE_NAME_RULE } from './wire-names.ts';

/** What decides, counts and sees; each knows none of the others. */
const KNOWERS = ['routing', 'tenancy', 'costs', 'telemetry'];
/** The folders of single features; the files beside them are the frame. */
const isFeature = (path: string): boolean => path.startsWith('src/features/') && path.split('/').length > 3;
const PURE = ['core', 'wire', 'models', 'formats'];
const OUTER = ['gateway', 'main.ts', 'cli', 'server', 'admin', 'endpoints', 'pipeline', 'lanes'];

/** The folder that may know every part, because it joins them. */
const COMPOSITION_ROOT = 'src/gateway/';
/** Who starts it. */
const STARTERS = ['main.ts', 'cli'];

const DATABASES = ['src/stores/sqlite', 'src/stores/postgres'];

const MOST_LINES = 400;

/** The libraries that have one home. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  fastify: ['src/server/'],
  undici: ['src/upstream/'],
  pino: ['src/telemetry/'],
  'prom-client': ['src/telemetry/'],
  redis: ['src/stores/redis/'],
  pg: ['src/stores/postgres/'],
  'node:sqlite': ['src/stores/sqlite/'],
  '@pydantic/genai-prices': ['src/costs/'],
  yaml: ['src/config/'],
  commander: ['src/cli/people/'],
};

/** What of Node the pure folders may use: it computes, and neither reaches out nor waits. */
const PURE_BUILT_INS = ['node:buffer', 'node:crypto', 'node:string_decoder', 'node:util', 'node:zlib'];

/** Where a provider's name may stand: where the knowledge about providers is kept on purpose. */
const NAMES_PROVIDERS = ['src/providers/', 'src/models/', 'src/costs/', 'src/cli/demo-config.ts'];

/** Where a vendor's name means its wire language, and not who answers. */
const SPEAKS_LANGUAGES = ['src/formats/', 'src/endpoints/'];

/** Whose language a format is: `openai` for a file in `src/formats/openai-chat`. */
const vendorOf = (path: string): string => path.split('/')[2]?.split('-')[0] ?? '';

function importRule(
  name: string,
  why: string,
  isBroken: (from: SourceFile, target: string, isTypeOnly: boolean) => boolean,
): Rule {
  return {
    name,
    why,
    *breaks(files) {
      for (const file of inSource(files)) {
        for (const found of file.imports) {
          if (isBroken(file, found.target, found.isTypeOnly)) {
            yield { path: file.path, line: found.line, what: `imports ${found.target}` };
          }
        }
      }
    },
  };
}

/** Every rule, in the order they are reported. */
export const RULES: readonly Rule[] = [
  importRule(
    'core-stands-alone',
    'Everything stands on src/core; if core imported another folder, nothing could be understood or tested alone.',
    (from, target) => roomOf(from.path) === 'core' && target.startsWith('src/') && roomOf(target) !== 'core',
  ),
  importRule(
    'pure-folders-import-only-pure',
    'src/core, src/wire, src/models and src/formats are functions of their input, so that golden and property tests can say everything about them.',
    (from, target) => {
      if (!PURE.includes(roomOf(from.path))) return false;
      if (target.startsWith('src/')) return !PURE.includes(roomOf(target));
      return !PURE_BUILT_INS.includes(target);
    },
  ),
  {
    name: 'pure-folders-touch-no-world',
    why: 'A clock, randomness, the environment or a log inside src/core, src/wire, src/models or src/formats makes their results differ between two runs.',
    *breaks(files) {
      const world =
        /\b(?:Date\.now|Math\.random|performance\.|process\.|console\.|setTimeout|setInterval|setImmediate|fetch\(|new Date\(\))/g;
      for (const file of inSource(files).filter((candidate) => PURE.includes(roomOf(candidate.path)))) {
        for (const found of file.code.matchAll(world)) {
          yield { path: file.path, line: lineAt(file.code, found.index), what: `uses ${found[0]}` };
        }
      }
    },
  },
  importRule(
    'the-money-room-permits-calls',
    'A call to a provider has to show who pays: only src/pipeline/money makes a CallPermit, and Upstream.send takes nothing else. Others may name its type.',
    (from, target, isTypeOnly) =>
      target === 'src/upstream/call-permit.ts' && !isTypeOnly && !from.path.startsWith('src/pipeline/money/'),
  ),
  importRule(
    'formats-meet-in-neutral',
    'A format that reads another vendor’s format couples every pair of them; src/formats/neutral is where all of them meet. Formats of one vendor are dialects and may share.',
    (from, target) => {
      if (roomOf(from.path) !== 'formats' || !target.startsWith('src/formats/') || from.path.split('/').length === 3)
        return false;
      return (
        target.split('/').length > 3 &&
        vendorOf(target) !== vendorOf(from.path) &&
        subfolder(target) !== 'src/formats/neutral'
      );
    },
  ),
  importRule(
    'providers-know-little',
    'A provider is facts about one vendor. It may use src/core, src/wire, src/models, the types of src/formats and the family base, so that a new one is one folder and one line.',
    (from, target, isTypeOnly) => {
      if (roomOf(from.path) !== 'providers' || !target.startsWith('src/')) return false;
      const room = roomOf(target);
      return !(
        room === 'core' ||
        room === 'wire' ||
        room === 'models' ||
        room === 'providers' ||
        (room === 'formats' && isTypeOnly)
      );
    },
  ),
  importRule(
    'providers-never-import-each-other',
    'Two vendors that look alike today differ tomorrow; what a family shares stands in src/providers/openai-compatible.',
    (from, target) => {
      if (!from.path.startsWith('src/providers/') || !target.startsWith('src/providers/')) return false;
      if (from.path.split('/').length === 3 || target.split('/').length === 3) return false;
      return subfolder(target) !== subfolder(from.path) && subfolder(target) !== 'src/providers/openai-compatible';
    },
  ),
  importRule(
    'knowledge-never-imports-each-other',
    'Routing, tenancy, costs and telemetry meet in src/pipeline, in the order the request passes them; one that calls another hides part of that order.',
    (from, target) =>
      KNOWERS.includes(roomOf(from.path)) && KNOWERS.includes(roomOf(target)) && roomOf(from.path) !== roomOf(target),
  ),
  importRule(
    'features-never-import-each-other',
    'Features meet in the slots of src/exchange/slots.ts, in the order of src/features/index.ts; one that imports another can be neither switched off nor deleted alone.',
    (from, target) => isFeature(from.path) && isFeature(target) && subfolder(from.path) !== subfolder(target),
  ),
  importRule(
    'only-the-frame-knows-features',
    'A folder that imports a single feature cannot do without it: src/features/index.ts lists them, and all others see the list.',
    (from, target) => isFeature(target) && !isFeature(from.path) && from.path !== 'src/features/index.ts',
  ),
  importRule(
    'features-look-inwards',
    'What carries requests imports features, never the other way round: a feature must be testable without a server.',
    (from, target) => [...KNOWERS, 'features'].includes(roomOf(from.path)) && OUTER.includes(roomOf(target)),
  ),
  importRule(
    'lanes-know-no-pipeline',
    'A lane turns one request into one call and reads its answer. It gets a small request of its own, so that it can be understood and tested without the stages, the exchange and the server around it.',
    (from, target) =>
      roomOf(from.path) === 'lanes' &&
      ['pipeline', 'exchange', 'endpoints', 'server', 'admin'].includes(roomOf(target)),
  ),
  importRule(
    'admin-knows-no-http',
    'A handler of the management API gets a body and a caller and returns a value or throws, so that it can be called without a server; src/server alone speaks HTTP.',
    (from, target) =>
      roomOf(from.path) === 'admin' &&
      (roomOf(target) === 'server' || /^(?:fastify|undici|node:https?2?)$/.test(target)),
  ),
  importRule(
    'nothing-imports-the-composition-root',
    'src/gateway/ knows every part; a part that knows it back cannot be used without all the others.',
    (from, target) => {
      if (from.path.startsWith(COMPOSITION_ROOT)) return roomOf(target) === 'cli';
      return (target.startsWith(COMPOSITION_ROOT) || roomOf(target) === 'cli') && !STARTERS.includes(roomOf(from.path));
    },
  ),
  importRule(
    'only-the-gateway-knows-stores',
    'Everything else sees src/stores/contracts, so that one process and many run the same code over different stores.',
    (from, target) =>
      target.startsWith('src/stores/') &&
      !target.startsWith('src/stores/contracts/') &&
      !from.path.startsWith(COMPOSITION_ROOT) &&
      // What both databases share is theirs.
      !(target.startsWith('src/stores/sql/') && DATABASES.includes(subfolder(from.path))) &&
      // The arithmetic of limits is shared by all stores of claims.
      !(target.startsWith('src/stores/limits/') && from.path.startsWith('src/stores/')) &&
      subfolder(target) !== subfolder(from.path),
  ),
  importRule(
    'libraries-have-one-home',
    'A library that is used in one place can be replaced, updated and reasoned about in one place.',
    (from, target) => {
      const homes = HOMES[target];
      return homes !== undefined && !homes.some((home) => from.path.startsWith(home));
    },
  ),
  {
    name: 'provider-names-stay-home',
    why: 'An `if` on a provider’s name outside its folder is how a gateway grows one function that all traffic funnels through; say what differs in the Provider contract.',
    *breaks(files) {
      const names = new Set<string>();
      const languages = new Set<string>();
      const isNoProvider = ['openai-compatible', 'test'];
      for (const file of files) {
        const folder = /^src\/providers\/([^/]+)\//.exec(file.path)?.[1];
        if (folder !== undefined && !isNoProvider.includes(folder)) names.add(folder).add(folder.replaceAll('-', '_'));
        if (file.path.startsWith('src/formats/')) languages.add(vendorOf(file.path));
      }
      for (const file of inSource(files)) {
        if (NAMES_PROVIDERS.some((place) => file.path.startsWith(place))) continue;
        for (const literal of file.literals) {
          const name = literal.value.split('/')[0] ?? '';
          const isName = names.has(name) && /^[\w-]+(?:\/[\w.*-]+)?$/.test(literal.value);
          // A vendor whose wire language we speak lends the language its name.
          const isLanguage =
            languages.has(literal.value) && SPEAKS_LANGUAGES.some((place) => file.path.startsWith(place));
          if (isName && !isLanguage)
            yield { path: file.path, line: literal.line, what: `names the provider '${literal.value}'` };
        }
      }
    },
  },
  {
    name: 'sql-is-never-pasted',
    why: 'A value that becomes part of a statement’s text can become part of its meaning: statements are Kysely’s, or the `sql` tag with parameters, or one literal.',
    *breaks(files) {
      const sinks =
        /(?<what>\b(?:CompiledQuery|sql)\.raw|\bsql\.lit|(?:database|client|pool|connection)\.(?:query|exec|prepare))(?:<[^>]*>)?\(\s*(?!['"]|`[^`$]*`)/gi;
      for (const file of inSource(files)) {
        for (const found of file.code.matchAll(sinks)) {
          const line = lineAt(file.code, found.index);
          yield { path: file.path, line, what: `gives ${found.groups?.what} something else than a literal` };
        }
      }
    },
  },
  CYCLE_RULE,
  MUTUAL_FOLDER_RULE,
  {
    name: 'names-in-kebab-case',
    why: 'One way to write a name makes a file findable from its export and the same on every file system.',
    *breaks(files) {
      for (const file of files) {
        const isKebab = file.path.split('/').every((part) => /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*$/.test(part));
        if (!isKebab) yield { path: file.path, line: 1, what: 'is not named in kebab-case' };
      }
    },
  },
  {
    name: 'files-are-one-thought',
    why: `A file longer than ${MOST_LINES} lines tells more than one thing: split it by thought. Tables may be listed as exceptions.`,
    *breaks(files) {
      for (const file of files) {
        const mayBeLong = isTest(file.path) || file.path.includes('/generated/');
        if (!mayBeLong && file.lines > MOST_LINES)
          yield { path: file.path, line: MOST_LINES, what: `has ${file.lines} lines` };
      }
    },
  },
  FUNCTION_LENGTH_RULE,
  LATE_VARIABLE_RULE,
  PLAIN_LOOKUP_RULE,
  CLIENT_NAME_RULE,
  DEAD_EXPORT_RULE,
  WIRE_NAME_RULE,
];
