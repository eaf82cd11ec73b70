/** The commands whose line `program.ts` reads; kept apart from them, so that a server loads none of them. */
export const PROGRAM_COMMANDS: readonly string[] = [
  'keys',
  'teams',
  'users',
  'models',
  'budgets',
  'export',
  'import',
  'reconcile',
  'replay',
  'completion',
];
