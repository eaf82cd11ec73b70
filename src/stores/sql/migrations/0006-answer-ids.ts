import type { Migration } from './migration.ts';

/** Finds rows by the id in the answer, which is what clients have. Rows from before are found by the call's id alone. */
export const answerIds: Migration = {
  version: 6,
  name: 'answer ids',
  statements: [
    'ALTER TABLE ledger ADD COLUMN answer_id TEXT',
    'CREATE INDEX ledger_answer ON ledger (answer_id) WHERE answer_id IS NOT NULL',
  ],
};
