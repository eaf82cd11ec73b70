/** Savings of a gateway that is killed: booked once, by the instance that finds its journal. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MASTER_KEY, simulatorFor } from '../cli/simulated-config.ts';
import { SluiceProcess } from '../cli/sluice-process.ts';
import { ask, machineIn, manage } from './moved-world.ts';

interface Savings {
  readonly results: readonly { readonly name: string; readonly attempts: number; readonly saved: string }[];
  readonly total: { readonly attempts: number; readonly saved: string; readonly unsplit: string };
}

test('what a killed gateway saved is neither lost nor counted twice', { timeout: 120_000 }, async (context) => {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-killed-savings-'));
  context.after(() => rmSync(parent, { recursive: true, force: true }));
  const { cwd, config, env } = machineIn(parent, 'one', {
    simulatorUrl: await simulatorFor(context),
    // The master key has no scope of its own in which answers are shared.
    further: { litellm_settings: { cache: true, cache_params: { type: 'local', scope: 'global' } } },
  });
  const args = ['--config', config, '--host', '127.0.0.1', '--port', '0'];
  const first = new SluiceProcess(context, { cwd, args, env });
  const url = await first.url();
  for (let round = 0; round < 5; round++)
    assert.equal((await ask(url, MASTER_KEY, 'gpt-4o')).status, 200, `round ${round}`);
  first.kill('SIGKILL');
  await first.ended;
  for (let restart = 0; restart < 2; restart++) {
    const next = new SluiceProcess(context, { cwd, args, env });
    const again = await next.url();
    let seen: Savings | undefined;
    for (const untilMs = Date.now() + 20_000; seen?.total.attempts !== 5 && Date.now() < untilMs; )
      seen = (await manage(again, '/savings')) as unknown as Savings;
    assert.equal(seen?.total.attempts, 5, `restart ${restart}`);
    assert.deepEqual(
      seen.results.map(({ name, attempts, saved }) => [name, attempts, saved]),
      [['answer_cache', 4, seen.total.saved]],
    );
    assert.equal(seen.total.unsplit, '0');
    next.kill('SIGKILL');
    await next.ended;
  }
});
