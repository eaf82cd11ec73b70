/** Where a rule is broken on purpose. Each row says why that is better than keeping the rule; a row that is no longer needed fails the check. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly why: string;
}

/** The only list of exceptions. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    rule: 'files-are-one-thought',
    path: 'src/telemetry/metrics.ts',
    why: 'It is the table of all metrics, which are easier to find on one page.',
  },
  {
    rule: 'pure-folders-touch-no-world',
    path: 'src/core/clock.ts',
    why: 'It is the seam through which time comes in; everything else takes a Clock.',
  },
  {
    rule: 'exports-are-used',
    path: 'src/main.ts',
    why: 'bin/sluice.cjs loads it; it is old syntax, which the rules do not read.',
  },
  {
    rule: 'exports-are-used',
    path: 'src/exchange/savings.ts',
    why: 'It is the contract by which features tell what they change; those that choose models and shorten prompts are being built on it.',
  },
  {
    rule: 'sql-is-never-pasted',
    path: 'src/stores/postgres/postgres-dialect.ts',
    why: 'It is where Kysely’s compiled statements, with their parameters, go to the server.',
  },
  {
    rule: 'sql-is-never-pasted',
    path: 'src/stores/sqlite/sqlite-worker.ts',
    why: 'It is where Kysely’s compiled statements, with their parameters, go to SQLite.',
  },
  {
    rule: 'sql-is-never-pasted',
    path: 'src/stores/sqlite/ledger-writer.ts',
    why: 'It writes out the names of columns, which come from lists in the code; every value is a parameter.',
  },
  {
    rule: 'sql-is-never-pasted',
    path: 'src/stores/sql/migrate.ts',
    why: 'The steps of the schema are texts of the code, which take no parameters.',
  },
  {
    rule: 'sql-is-never-pasted',
    path: 'src/stores/sql/ledger/json-rows.ts',
    why: 'It writes out the numbers of columns, which are counted and come from no caller.',
  },
  {
    rule: 'wire-names-live-in-formats',
    path: 'src/admin/spend/calculate.ts',
    why: 'LiteLLM’s /spend/calculate has `messages` in its own body, and the error names that field.',
  },
  {
    rule: 'wire-names-live-in-formats',
    path: 'src/pipeline/carry.ts',
    why: 'Clients recognise a prompt that is too long by `param: "messages"`, as OpenAI sends it, for every endpoint.',
  },
  {
    rule: 'wire-names-live-in-formats',
    path: 'src/lanes/relay/edit-bytes.ts',
    why: 'It asks for the usage of a stream with an edit of bytes; only OpenAI’s format has to be asked.',
  },
  {
    rule: 'wire-names-live-in-formats',
    path: 'src/lanes/relay/relay.ts',
    why: 'It parses the small members of an answer for Format.readUsage, and the tier is a text among them.',
  },
];
