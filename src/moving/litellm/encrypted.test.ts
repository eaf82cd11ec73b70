import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LitellmCipher, openAll } from './encrypted.ts';

/** Made by PyNaCl 1.6.2: `SecretBox(sha256(b"salt-%d" % index)).encrypt(b"a" * length)`, base64url. */
const BOXES: readonly (readonly [length: number, box: string])[] = [
  [0, 'aOZlViXJfMzFz5JcGD4njCNBndwqly_XmISXGIcQY26AgAwG2F_y3A=='],
  [1, 'Uk5HOWL9zo-CcjOGXLLxgORn7QqqEIo-8FKwPWKKL2kZPJnABdr1isk='],
  [31, 'LUZMNRnMybDAKZtQh2j1tZeZglZg3A8f4PcxySDQ04NdQNtPx_5bq17ageDQ34EpUnORX_se7PAgygvS4OUnDPYlic1dqK4='],
  [32, 'WHF1HmbrQ3UNmBEgvGnq9nX4T6ecxfqdWdZnJaoQKvmloj4EKkNlc_g-hAidnVMrQ8fR0eFJ1VVCVBDh7eWp7fwgy0jgKUHD'],
  [33, 'VW7T26_cVendl4bh5u0VfgZuwCRzla6ZuW59bVV2ttvwLkBtNuSz5zmnvmshNWbMxAEj36fnTyW40wu8EDq4n-FKqJ6bzprtWA=='],
  [
    95,
    'NlR1Ff2GMlNgFswQPTa5vdBfRbQ5tFXmowpHIRZ5jsuHZs6-PuY_7dl-zJqOhQ3BvuTgOegSkIxPEl9Ngox6Rin5O8FMDm2bg4CcTJ3ofoVcNVD8hFk_pHtvIMkblPICzgpD7RX_3H-CtCDsLVLt5DRiL35wHcgzAshNYmzZs41GqQVs2X3q',
  ],
  [
    96,
    'Kzq7RKKDIQV9X5FxakmL4cMOLTCI_1kXgFaVwZ25J1Ql3HQ_wOdfW098OTwtex50T-LgKxvjC-vjNnQ4VVtynJDhyGbJYkMeKAnYXyNeHGtSn4oV9dZTJa9BswQf2YXKveRjQqiLgr2IzZeF0mLln08TtjHd1Ma07Vk9Cs5Q0Beowk3DmUFQSg==',
  ],
  [
    97,
    'IC0sXLVE_EvFwOncficHsfkcsP9Y0FJqVGiGpr6tRUgH-FE24NaS75o7VHAWr7-nvNPE4P7zrgW6upDNyRITjoY-6YvtjA05E1ymL0mjdkgcRy3oqEqCA_dZ8_YlR6Usc-xwBc_TBfWJOIui0FwARi5g3BEtB25lXMOav3p6huCFMOne1M71H3M=',
  ],
  [
    200,
    'FZ7kCHk2TsA-r5tndbGxGpWWCibdacg50YlBNAIkm6KNaew84TH44NRusijOBsbQTAR9DRBfdwvOudlV9_kLRFyu2RWUNQuXCYZCiSaImoLTqQb3LbMnESXzGvjZSBX1XIjdw1CqwO_jy68YOwp5ALw2DAd8HYM_1DM24rihwWJs7rEM1IDWZagVLU3743zHL3HjppLI4_dTLKB52tAIVaVXjugr-PWcMshsFJGNhR0bTuxtSNLCB4lhiS9qJHU2QIGGg4B6KXEY9RBHjy9T0nEuumjYzEFQW6wpgV9ORO0iJ_D5E-2XU9y-6ScOnizb',
  ],
];

test('opens what NaCl sealed, at every length around a block', () => {
  for (const [index, [length, box]] of BOXES.entries()) {
    assert.equal(new LitellmCipher(`salt-${index}`).open(box), 'a'.repeat(length));
  }
});

test('opens nothing under another key, nor what was changed or cut', () => {
  const [, box] = BOXES.at(2) ?? [0, ''];
  const sealed = Buffer.from(box, 'base64url');
  const cipher = new LitellmCipher('salt-2');
  assert.ok(cipher.open(box) !== undefined);
  assert.equal(new LitellmCipher('salt-3').open(box), undefined);
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(cipher.open(changed.toString('base64url')), undefined, `byte ${at}`);
    assert.equal(cipher.open(sealed.subarray(0, at).toString('base64url')), undefined, `${at} bytes`);
  }
});

test('opens encrypted texts at any depth, leaves plain ones, and names those that do not open', () => {
  const cipher = new LitellmCipher('salt-8');
  const [length, box] = BOXES.at(-1) ?? [0, ''];
  const values = { api_key: box, model: 'openai/gpt-4o', nested: { list: [box, 'plain'] }, rpm: 5, none: null };
  assert.deepEqual(openAll(values, cipher), {
    values: {
      api_key: 'a'.repeat(length),
      model: 'openai/gpt-4o',
      nested: { list: ['a'.repeat(length), 'plain'] },
      rpm: 5,
      none: null,
    },
    closed: [],
  });
  assert.deepEqual(openAll(values, new LitellmCipher('another')).closed, ['api_key', 'nested.list']);
  assert.deepEqual(openAll(values, undefined).closed, ['api_key', 'nested.list']);
  assert.equal(cipher.open('v2:gcm:AAAA'), undefined);
});
