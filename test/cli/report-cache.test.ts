import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { axis, startEmbedder } from '../features/answer-cache/semantic/embedder.ts';
import { CONFIG_ENV, MASTER_KEY, simulatorFor, writeConfig } from './simulated-config.ts';
import { runSluice, SluiceProcess, temporaryFolder } from './sluice-process.ts';

test('report cache prints what the semantic cache would have served, as a table or as JSON', {
  timeout: 120_000,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const embedder = await startEmbedder();
  context.after(() => embedder.close());
  embedder.vectorOf = () => axis(0);
  const config = writeConfig(cwd, await simulatorFor(context), { 'gpt-4o': 'gpt-4o' });
  const written = JSON.parse(readFileSync(config, 'utf8'));
  written.model_list.push({
    model_name: 'embedder',
    litellm_params: { model: 'openai/text-embedding-3-small', api_base: `${embedder.url}/v1`, api_key: 'none' },
  });
  const semantic = { mode: 'shadow', embedding_model: 'embedder' };
  written.litellm_settings = { cache: true, cache_params: { type: 'local', scope: 'global', semantic } };
  writeFileSync(config, JSON.stringify(written));
  const args = ['--config', config, '--host', '127.0.0.1'];
  const sluice = new SluiceProcess(context, { cwd, args: [...args, '--port', '0'], env: CONFIG_ENV });
  const url = await sluice.url();
  for (const content of ['What is the capital of France?', 'Please tell me what the capital of France is.'])
    await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${MASTER_KEY}` },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] }),
    }).then((response) => response.text());
  const at = ['report', 'cache', ...args, '--port', new URL(url).port];
  const report = await runSluice(context, { cwd, env: CONFIG_ENV, args: at });
  assert.equal(report.code, 0, report.stderr);
  assert.match(report.stdout, /^mode shadow, threshold 0\.9, guards strict, embedded by embedder$/m);
  assert.match(report.stdout, /^questions are in memory, 2 kept$/m);
  assert.match(report.stdout, /^2 look-ups; /m);
  assert.match(report.stdout, /^\s*0\.9 \* +1 +50\.0 %/m);
  assert.doesNotMatch(report.stdout, /capital/);
  const json = await runSluice(context, { cwd, env: CONFIG_ENV, args: [...at, '--json'] });
  assert.equal((JSON.parse(json.stdout) as { lookups: number }).lookups, 2);
  const other = await runSluice(context, { cwd, env: CONFIG_ENV, args: ['report', 'spend'] });
  assert.deepEqual([other.code, /sluice report cache/.test(other.stderr)], [2, true]);
});
