/** Where a rule is broken on purpose. Each row says why that is better than keeping the rule; a row that is no longer needed fails the check. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly why: string;
}

/** The only list of exceptions. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    rule: 'pure-folders-touch-no-world',
    path: 'src/core/clock.ts',
    why: 'It is the seam through which time comes in; everything else takes a Clock.',
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
];
