import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTables } from './fault-table.ts';

// Run after a change to the table of faults: `node simulator/write-guide.ts`.
const guide = join(import.meta.dirname, '../docs/guides/simulator.md');
writeFileSync(guide, withTables(readFileSync(guide, 'utf8')));
