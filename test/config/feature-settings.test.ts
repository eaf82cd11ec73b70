import assert from 'node:assert/strict';
import { test } from 'node:test';
import { featureSettings, topLevelWith } from '../../src/config/feature-settings.ts';
import { configFileSchema } from '../../src/config/file-schema.ts';
import { later, now, own } from '../../src/config/setting-rows.ts';
import { brief, loadText } from './load-text.ts';

const shelf = featureSettings({
  name: 'answer-shelf',
  about: 'Keeps answers on a shelf.',
  rows: {
    answer_shelf: {
      enabled: own('flag', 'Whether it keeps answers.', 'isOn', false),
      ttl: own('seconds', 'How long it keeps them.', 'ttlMs', 60),
      size: later('count', 'How many it keeps.'),
    },
    litellm_settings: { cache_ttl: now('seconds', 'Another name for `answer_shelf.ttl`.', 'ttlMs') },
  },
});
const doubled = featureSettings({
  name: 'doubled',
  rows: { router_settings: { double: own('integer', 'A number.', { to: 'timeoutMs' }) } },
  read: ({ fields, section }) => ({
    twice: 2 * (fields.timeoutMs ?? 0),
    isSaid: section('router_settings').has('double'),
  }),
});
const load = (text: string) => loadText(text, { features: [shelf, doubled] });

test('a feature brings rows of its own, in its own section and in known ones, and gets their values with defaults', () => {
  assert.deepEqual(load('{}').config?.features, {
    'answer-shelf': { isOn: false, ttlMs: 60_000 },
    doubled: { twice: 0, isSaid: false },
  });
  const { config, findings } = load(`
answer_shelf: { enabled: true }
litellm_settings: { cache_ttl: 5 }
router_settings: { double: 4 }
`);
  assert.deepEqual(config?.features, {
    'answer-shelf': { isOn: true, ttlMs: 5_000 },
    doubled: { twice: 8, isSaid: true },
  });
  // Its fields are its own, whatever they are called; and what is not yet in effect without it is in effect with it.
  assert.equal(config?.routing.timeoutMs, 600_000);
  assert.deepEqual(brief(findings), []);
  assert.deepEqual(config?.notYetInEffect, []);
});

test('what is wrong with the settings of a feature is found like anything else', () => {
  const text = `
answer_shelf:
  enabld: true
  ttl: soon
  size: 3
`;
  assert.deepEqual(brief(load(text).findings, true), [
    '3:3 error unknown-key enabled',
    '4:8 error wrong-type',
    '5:3 note not-yet-in-effect',
  ]);
  assert.deepEqual(brief(loadText(text).findings), ['2:1 warning unknown-key']);
});

test('the editor schema knows the settings of features', () => {
  const file = { answer_shelf: { enabled: true, ttl: 5 } };
  assert.equal(configFileSchema(topLevelWith([shelf])).safeParse(file).success, true);
  assert.equal(configFileSchema(topLevelWith([])).safeParse(file).success, false);
});
