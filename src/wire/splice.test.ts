import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readEnvelope } from './envelope.ts';
import { type Edit, splice } from './splice.ts';

function edited(text: string, ...edits: Edit[]): string {
  const body = Buffer.from(text);
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok);
  return splice(body, envelope, edits).toString();
}

describe('splicing a body', () => {
  it('replaces a value and leaves every other byte alone', () => {
    assert.equal(
      edited('{ "model" :  "fast" , "n": 1.0 }', { edit: 'replace', name: 'model', json: '"gpt-é"' }),
      '{ "model" :  "gpt-é" , "n": 1.0 }',
    );
  });

  it('hands back the same bytes where nothing is to do', () => {
    assert.equal(edited('{"a" : 1}'), '{"a" : 1}');
  });

  it('renames a member, and replaces its value with it', () => {
    assert.equal(
      edited(
        '{"max_completion_tokens": 5}',
        { edit: 'rename', name: 'max_completion_tokens', to: 'max_tokens' },
        { edit: 'replace', name: 'max_completion_tokens', json: '7' },
      ),
      '{"max_tokens": 7}',
    );
  });

  it('removes the first, a middle, the last and the only member with one comma', () => {
    const text = '{ "a": 1 , "b": 2 , "c": 3 }';
    assert.equal(edited(text, { edit: 'remove', name: 'a' }), '{ "b": 2 , "c": 3 }');
    assert.equal(edited(text, { edit: 'remove', name: 'b' }), '{ "a": 1 , "c": 3 }');
    assert.equal(edited(text, { edit: 'remove', name: 'c' }), '{ "a": 1 , "b": 2 }');
    assert.equal(edited(text, { edit: 'remove', name: 'b' }, { edit: 'remove', name: 'c' }), '{ "a": 1 }');
    assert.equal(edited('{ "a": 1 }', { edit: 'remove', name: 'a' }), '{  }');
  });

  it('adds members behind the last, also to an empty object and to one that is emptied', () => {
    assert.equal(edited('{"a":1 }', { edit: 'add', name: 'b', json: '2' }), '{"a":1,"b":2 }');
    assert.equal(edited('{ }', { edit: 'add', name: 'b', json: '2' }), '{"b":2 }');
    assert.equal(
      edited(
        '{"a":1}',
        { edit: 'remove', name: 'a' },
        { edit: 'add', name: 'b', json: '2' },
        { edit: 'add', name: 'c', json: '3' },
      ),
      '{"b":2,"c":3}',
    );
  });

  it('refuses edits that contradict each other or the body', () => {
    assert.throws(() => edited('{"a":1}', { edit: 'replace', name: 'b', json: '1' }), RangeError);
    assert.throws(() => edited('{"a":1}', { edit: 'remove', name: 'b' }), RangeError);
    assert.throws(() => edited('{"a":1}', { edit: 'add', name: 'a', json: '1' }), RangeError);
    assert.throws(() => edited('{"a":1,"b":2}', { edit: 'rename', name: 'a', to: 'b' }), RangeError);
    assert.throws(
      () => edited('{"a":1}', { edit: 'remove', name: 'a' }, { edit: 'replace', name: 'a', json: '1' }),
      RangeError,
    );
  });
});

describe('laws of splicing', () => {
  const names = fc.uniqueArray(fc.constantFrom('model', 'n', 'stream', 'messages', 'é', '', 'stop', 'user'), {
    maxLength: 8,
  });
  const value = fc.jsonValue({ maxDepth: 2 });
  const act = fc.record({ action: fc.constantFrom('keep', 'replace', 'rename', 'remove', 'both'), value });

  it('gives the edited object, with every untouched member byte for byte', () => {
    fc.assert(
      fc.property(
        names,
        fc.array(value, { minLength: 8, maxLength: 8 }),
        fc.array(act, { minLength: 8, maxLength: 8 }),
        fc.array(value, { maxLength: 2 }),
        fc.constantFrom('', ' ', '\n  '),
        (memberNames, values, acts, additions, space) => {
          const members = memberNames.map((name, index) => [name, JSON.stringify(values[index])] as const);
          const separator = `${space},${space}`;
          const text = `{${space}${members.map(([name, json]) => `${JSON.stringify(name)}${space}:${space}${json}`).join(separator)}${space}}`;
          const expected: [string, unknown][] = [];
          const edits: Edit[] = [];
          const untouched: string[] = [];
          members.forEach(([name, json], index) => {
            const { action, value: next } = acts[index] ?? { action: 'keep', value: null };
            const nextJson = JSON.stringify(next);
            if (action === 'remove') {
              edits.push({ edit: 'remove', name });
              return;
            }
            const renames = action === 'rename' || action === 'both';
            const replaces = action === 'replace' || action === 'both';
            if (renames) edits.push({ edit: 'rename', name, to: `new ${name}` });
            if (replaces) edits.push({ edit: 'replace', name, json: nextJson });
            if (!renames && !replaces) untouched.push(`${JSON.stringify(name)}${space}:${space}${json}`);
            expected.push([renames ? `new ${name}` : name, JSON.parse(replaces ? nextJson : json)]);
          });
          additions.forEach((addition, index) => {
            edits.push({ edit: 'add', name: `added ${index}`, json: JSON.stringify(addition) });
            expected.push([`added ${index}`, JSON.parse(JSON.stringify(addition))]);
          });
          const result = edited(text, ...edits);
          assert.deepEqual(Object.entries(JSON.parse(result) as object), expected);
          for (const span of untouched) assert.ok(result.includes(span));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
