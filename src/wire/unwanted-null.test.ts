import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UnwantedNull } from './unwanted-null.ts';

const strip = (...events: readonly string[]): string => {
  const filter = new UnwantedNull('usage');
  return events.map((event) => filter.strip(Buffer.from(event)).toString('utf8')).join('');
};

const cases: readonly (readonly [what: string, before: string, after: string])[] = [
  ['at the end', '{"choices":[],"usage":null}', '{"choices":[]}'],
  ['before others', '{"choices":[],"usage":null,"obfuscation":"x"}', '{"choices":[],"obfuscation":"x"}'],
  ['at the beginning', '{"usage":null,"choices":[]}', '{"choices":[]}'],
  ['alone', '{"usage":null}', '{}'],
  ['with white space', '{"choices":[] , "usage" : null }', '{"choices":[]  }'],
  ['with white space at the beginning', '{ "usage": null , "a":1}', '{  "a":1}'],
];

describe('taking a null member out of the events of a stream', () => {
  for (const [what, before, after] of cases) {
    it(`takes it ${what}, in each of several events of a chunk and of later chunks`, () => {
      const event = `data: ${before}\n\n`;
      assert.equal(
        strip(`${event}${event}`, event, `: ping\r\n\r\n${event}`),
        `${`data: ${after}\n\n`.repeat(3)}: ping\r\n\r\ndata: ${after}\n\n`,
      );
    });
  }

  it('leaves what is not null, not a member of the event itself, or text', () => {
    for (const data of [
      '{"usage":{"prompt_tokens":1}}',
      '{"choices":[{"usage":null}]}',
      '{"x":{"usage":null}}',
      '{"choices":[{"delta":{"content":"\\"usage\\":null"}}]}',
      '{"usage":nullified}',
      '{"a":["usage"]}',
    ]) {
      assert.equal(strip(`data: ${data}\n\n`), `data: ${data}\n\n`);
    }
  });

  it('hands on the very bytes in which it finds nothing', () => {
    const bytes = Buffer.from('data: {"choices":[]}\n\n');
    assert.equal(new UnwantedNull('usage').strip(bytes), bytes);
  });

  it('leaves every other member of any event as it is', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((name) => name !== 'usage' && name !== '__proto__'),
          fc.jsonValue({ maxDepth: 2 }),
        ),
        fc.dictionary(
          fc.string().filter((name) => name !== 'usage' && name !== '__proto__'),
          fc.jsonValue({ maxDepth: 2 }),
        ),
        (first, last) => {
          const text = (object: object): string => `data: ${JSON.stringify(object)}\n\n`;
          const sent = strip(text({ ...first, usage: null, ...last }));
          assert.deepEqual(JSON.parse(sent.slice('data: '.length)), JSON.parse(JSON.stringify({ ...first, ...last })));
        },
      ),
    );
  });
});
