/** An import of a file that is killed, and files that are cut, damaged, foreign or newer. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { simulatorFor } from '../cli/simulated-config.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import {
  assertSameRows,
  fill,
  killedAt,
  machineIn,
  postgresOfFile,
  rowsOfPostgres,
  rowsOfSqlite,
  runOn,
  serving,
  TABLES,
} from './moved-world.ts';

const postgres = postgresOfFile();

/** Makes so many keys and sums that an import takes a while. */
function multiply(path: string): void {
  const database = new DatabaseSync(path);
  const numbers = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)';
  const hash = "printf('%064x', i)";
  database.exec(`${numbers} insert into keys (id, user_id, created_at, updated_at, data)
    select ${hash}, user_id, created_at, updated_at, json_remove(json_set(data, '$.hash', ${hash}), '$.alias')
    from n join (select * from keys where alias is null limit 1)`);
  database.exec(`${numbers} insert into account_spend select 'key:' || ${hash}, 1795910400000, i, i % 1000000 from n`);
  database.exec(`${numbers} insert into account_totals select 'key:' || ${hash}, i, i % 1000000 from n`);
  database.close();
}

describe('An import of a file', { timeout: 600_000 }, () => {
  it('that is killed among the sums and among the keys is run again, and counts nothing twice', async (context) => {
    const folder = temporaryFolder(context);
    const simulatorUrl = await simulatorFor(context);
    const databaseUrl = await postgres.makeDatabase();
    const old = machineIn(folder, 'old', { simulatorUrl });
    const fresh = machineIn(folder, 'fresh', { simulatorUrl, databaseUrl });
    const sqlite = join(old.cwd, 'data', 'sluice.db');
    const file = join(folder, 'sluice.jsonl');
    await serving(context, old, (url) => fill(url, simulatorUrl));
    multiply(sqlite);
    assert.equal((await runOn(context, old, 'export', file, '--ledger')).code, 0);
    await killedAt(context, fresh, [file], databaseUrl, 1_500);
    await killedAt(context, fresh, [file], databaseUrl, 7_000);
    const { keys } = await rowsOfPostgres(databaseUrl, ['keys']);
    assert.ok(keys !== undefined && keys.length > 0 && keys.length < 3_003, `${keys?.length} keys`);
    const last = await runOn(context, fresh, 'import', file, '--apply', '--changes-only');
    assert.equal(last.code, 0, last.stderr);
    assert.match(last.stdout, /^ {2}keys +[\d,]+ new, [\d,]+ the same$/m);
    const all = [...TABLES.always, ...TABLES.withLedger];
    assertSameRows(await rowsOfPostgres(databaseUrl, all), rowsOfSqlite(sqlite, all), ['ledger_ids', 'account_resets']);
  });

  it('that is cut, damaged, foreign or newer is refused with the line, before anything is written', async (context) => {
    const folder = temporaryFolder(context);
    const simulatorUrl = await simulatorFor(context);
    const old = machineIn(folder, 'old', { simulatorUrl });
    const fresh = machineIn(folder, 'fresh', { simulatorUrl });
    const file = join(folder, 'sluice.jsonl');
    await serving(context, old, (url) => fill(url, simulatorUrl));
    assert.equal((await runOn(context, old, 'export', file)).code, 0);
    const text = readFileSync(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    const at = lines.findIndex((line) => line.startsWith('{"kind":"key"'));
    /** The same file with the right checksum for what is in it now. */
    const checked = (changed: readonly string[]): string => {
      const before = `${changed.slice(0, -1).join('\n')}\n`;
      const sha256 = createHash('sha256').update(before).digest('hex');
      return `${before}${JSON.stringify({ kind: 'end', lines: changed.length - 1, sha256 })}\n`;
    };
    const withLine = (line: string): string[] => lines.with(at, line);
    const CASES: readonly (readonly [what: string, text: string, says: RegExp])[] = [
      ['empty', '', /The file is empty/],
      [
        'cut behind a line',
        `${lines.slice(0, -1).join('\n')}\n`,
        new RegExp(`was cut: it ends behind line ${lines.length - 1}`),
      ],
      ['cut within a line', text.slice(0, text.indexOf(lines[at] ?? '') + 20), new RegExp(`was cut: line ${at + 1}`)],
      [
        'a changed amount',
        text.replace(/"maxBudget":"\d/, '"maxBudget":"9'),
        /Something between line 1 and line \d+ was changed/,
      ],
      ['a line that is no JSON', withLine('{"kind"').join('\n'), new RegExp(`Line ${at + 1} is damaged`)],
      [
        'a key in plain text',
        checked(withLine((lines[at] ?? '').replace(/"hash":"\w+"/, '"hash":"sk-1234"'))),
        new RegExp(`Line ${at + 1} has a key without a true hash`),
      ],
      [
        'damaged money',
        checked(withLine('{"kind":"total","account":"team:t1","cost":1.5}')),
        new RegExp(`Line ${at + 1} has a damaged .cost`),
      ],
      [
        'an unknown kind',
        checked(withLine('{"kind":"future"}')),
        new RegExp(`Line ${at + 1} is of an unknown kind, “future”`),
      ],
      ['something behind its end', `${text}{}\n`, new RegExp(`Line ${lines.length + 1} is behind the end`)],
      ['a foreign file', '{"users": []}\n', /Line 1 is not the header/],
      ['a packed file', '\u001f\n', /Line 1 is not the header/],
      [
        'a newer format',
        text.replace('"sluice_export":1', '"sluice_export":2'),
        /format 2, written by release .* reads up to 1/,
      ],
    ];
    for (const [what, content, says] of CASES) {
      const path = join(folder, 'damaged.jsonl');
      writeFileSync(path, content);
      const { code, stdout, stderr } = await runOn(context, fresh, 'import', path, '--apply');
      assert.equal(code, 1, `${what}: ${stdout}${stderr}`);
      assert.match(stderr, says, what);
    }
    const absent = await runOn(context, fresh, 'import', join(folder, 'absent.jsonl'));
    assert.equal(absent.code, 1);
    assert.match(absent.stderr, /ENOENT/);
    const whole = await runOn(context, fresh, 'import', file, '--apply');
    assert.equal(whole.code, 0, whole.stderr);
    assert.match(whole.stdout, /^ {2}keys +3 new$/m);
    const tables = TABLES.always;
    const rows = rowsOfSqlite(join(fresh.cwd, 'data', 'sluice.db'), tables);
    assertSameRows(rows, rowsOfSqlite(join(old.cwd, 'data', 'sluice.db'), tables), ['account_resets']);
  });
});
