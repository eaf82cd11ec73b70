import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../core/json.ts';
import { Masker } from './mask-body.ts';

const masker = new Masker(Buffer.from('a secret of this test'));
const SECRETS = [
  'anna@example.com',
  'hunter2',
  'Rivers of Bavaria',
  'get_weather_of_anna',
  'iVBORw0KGgo',
  'acme.example',
];

const BODY: JsonObject = {
  model: 'gpt-4o',
  stream: true,
  max_tokens: 100,
  reasoning_effort: 'low',
  user: 'anna@example.com',
  messages: [
    { role: 'system', content: 'Rivers of Bavaria, and the word hunter2.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'anna@example.com asks.' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo' } },
        { type: 'image_url', image_url: { url: 'https://acme.example/x.png' } },
      ],
    },
  ],
  tools: [
    {
      type: 'function',
      function: { name: 'get_weather_of_anna', parameters: { 'anna@example.com': { type: 'string' } } },
    },
  ],
};

describe('A masked body', () => {
  it('has none of the words, and everything that planning goes by', () => {
    const masked = masker.body(BODY);
    const text = JSON.stringify(masked);
    for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);
    assert.equal(masked.model, 'gpt-4o');
    assert.equal(masked.stream, true);
    assert.equal(masked.max_tokens, 100);
    assert.equal(masked.reasoning_effort, 'low');
    assert.match(text, /"role":"system"/);
    assert.match(text, /"type":"image_url"/);
    assert.match(text, /data:image\/png;base64,/);
    const [system] = masked.messages as { readonly content: string }[];
    assert.equal(system?.content.length, 'Rivers of Bavaria, and the word hunter2.'.length);
  });

  it('is the same for the same body, begins alike where bodies do, and is another under another secret', () => {
    assert.deepEqual(masker.body(BODY), masker.body(BODY));
    const head = 'The same instructions, over and over. '.repeat(10);
    const [one, other] = [masker.text(`${head}first`), masker.text(`${head}second`)];
    assert.notEqual(one, other);
    assert.equal(one.slice(0, 320), other.slice(0, 320));
    assert.notEqual(new Masker(Buffer.from('another')).text('hunter2'), masker.text('hunter2'));
  });

  it('hides words that are given as tokens, and words in the place of a choice', () => {
    const masked = masker.body({ model: 'm', input: [[101, 2_054], [7]], role: 'my secret role, with words' });
    assert.ok(!JSON.stringify(masked).includes('2054'));
    assert.ok(!JSON.stringify(masked).includes('secret role'));
  });
});
