import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Envelope, MAX_DEPTH, MAX_MEMBERS, memberNamed, parseMember, readEnvelope } from './envelope.ts';

const read = (text: string): Envelope => readEnvelope(Buffer.from(text));
const reasonOf = (text: string): string => {
  const envelope = read(text);
  return envelope.ok ? 'ok' : envelope.reason;
};

function asJsonParseSees(body: Uint8Array, envelope: Envelope): void {
  assert.ok(envelope.ok);
  const value = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
  assert.equal(Object.keys(value).length, envelope.members.length);
  for (const member of envelope.members) {
    assert.ok(Object.hasOwn(value, member.name));
    assert.deepEqual(parseMember(body, member), value[member.name]);
    const bytes = Buffer.from(body);
    assert.equal(bytes.toString('utf8', member.nameStart, member.nameEnd), `"${member.name}"`);
    assert.deepEqual(JSON.parse(bytes.toString('utf8', member.valueStart, member.valueEnd)), value[member.name]);
  }
}

describe('reading the envelope of a body', () => {
  it('finds every top-level member with its span and kind', () => {
    const text = ' {"model" : "fast", "n":1,"stream":true,"stop":null,"messages":[{"role":"user"}],"metadata":{}} ';
    const envelope = read(text);
    assert.ok(envelope.ok);
    assert.deepEqual(
      envelope.members.map((member) => [member.name, member.kind, text.slice(member.valueStart, member.valueEnd)]),
      [
        ['model', 'string', '"fast"'],
        ['n', 'number', '1'],
        ['stream', 'boolean', 'true'],
        ['stop', 'null', 'null'],
        ['messages', 'array', '[{"role":"user"}]'],
        ['metadata', 'object', '{}'],
      ],
    );
    assert.equal(text.slice(envelope.start, envelope.end), text.trim());
    assert.equal(memberNamed(envelope, 'n')?.kind, 'number');
    assert.equal(memberNamed(envelope, 'absent'), undefined);
  });

  it('takes the empty object', () => {
    assert.equal(reasonOf('{}'), 'ok');
    assert.equal(reasonOf(' { } '), 'ok');
  });

  it('reads a string member with and without escapes', () => {
    const body = Buffer.from('{"a":"plain é","b":"line\\n\\u00e9"}');
    const envelope = readEnvelope(body);
    assert.ok(envelope.ok);
    assert.deepEqual(
      envelope.members.map((member) => parseMember(body, member)),
      ['plain é', 'line\né'],
    );
  });

  it('refuses a member named twice and a name written with an escape', () => {
    assert.equal(reasonOf('{"model":"a","model":"b"}'), 'duplicate-member');
    assert.equal(reasonOf('{"mod\\u0065l":"a"}'), 'escaped-name');
    assert.equal(reasonOf('{"a":{"x":1,"x":2}}'), 'ok');
    const many = Array.from({ length: 40 }, (_, index) => `"m${index}":0`);
    assert.equal(reasonOf(`{${many.join(',')}}`), 'ok');
    assert.equal(reasonOf(`{${many.join(',')},"m7":1}`), 'duplicate-member');
  });

  it('tells what is no object from what is broken', () => {
    assert.equal(reasonOf('[1]'), 'not-an-object');
    assert.equal(reasonOf('"text"'), 'not-an-object');
    assert.equal(reasonOf(''), 'malformed');
    assert.equal(reasonOf('  '), 'malformed');
    assert.equal(reasonOf('{'), 'malformed');
    assert.equal(reasonOf('\uFEFF{}'), 'not-an-object');
  });

  it('refuses every kind of broken text, and says where', () => {
    const broken: [string, number][] = [
      ['{"a":1,}', 7],
      ['{,"a":1}', 1],
      ['{"a" 1}', 5],
      ['{"a":1 "b":2}', 7],
      ['{"a":1}x', 7],
      ['{"a":01}', 6],
      ['{"a":1.}', 7],
      ['{"a":-}', 6],
      ['{"a":1e}', 7],
      ['{"a":.5}', 5],
      ['{"a":+1}', 5],
      ['{"a":truE}', 8],
      ['{"a":nul}', 8],
      ['{"a":fals}', 9],
      ['{"a":"\u0001"}', 6],
      ['{"a":"\\x"}', 7],
      ['{"a":"\\u12g4"}', 10],
      ['{"a":[1,]}', 8],
      ['{"a":[1}', 7],
      ['{"a":{"b":1]}', 11],
      ['{"a":{b:1}}', 6],
      ['{"a":"open', 10],
      ["{'a':1}", 1],
      ['{"a":NaN}', 5],
    ];
    for (const [text, offset] of broken) {
      assert.throws(() => JSON.parse(text), SyntaxError, text);
      assert.deepEqual(read(text), { ok: false, reason: 'malformed', offset }, text);
    }
  });

  it('refuses bytes that are no UTF-8', () => {
    const envelope = readEnvelope(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]));
    assert.ok(!envelope.ok);
    assert.equal(envelope.reason, 'not-utf8');
  });

  it('bounds nesting and the number of members', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    assert.equal(reasonOf(nested(MAX_DEPTH)), 'ok');
    assert.equal(reasonOf(nested(MAX_DEPTH + 1)), 'too-deep');
    const mixed = `{"a":${'[{"b":'.repeat(31)}1${'}]'.repeat(31)}}`;
    assert.equal(reasonOf(mixed), 'ok');
    const wide = (count: number): string =>
      `{${Array.from({ length: count }, (_, index) => `"${index}":0`).join(',')}}`;
    assert.equal(reasonOf(wide(MAX_MEMBERS)), 'ok');
    assert.equal(reasonOf(wide(MAX_MEMBERS + 1)), 'too-many-members');
  });

  it('reads a body at any alignment in memory', () => {
    const text = '{"model":"a name that is longer than a word","é":"ü\\n\\"x","n":[1,{"a":"bcdefgh"}]}';
    for (let shift = 0; shift < 8; shift += 1) {
      const memory = new Uint8Array(256);
      const length = Buffer.byteLength(text);
      Buffer.from(memory.buffer).write(text, shift);
      asJsonParseSees(memory.subarray(shift, shift + length), readEnvelope(memory.subarray(shift, shift + length)));
    }
  });
});

const jsonObject = fc.dictionary(
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => JSON.stringify(name) === `"${name}"`),
  fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' }),
  { maxKeys: 12 },
);

describe('laws of the envelope', () => {
  it('sees the members JSON.parse sees, however the object is spaced', () => {
    fc.assert(
      fc.property(jsonObject, fc.constantFrom(undefined, 1, '\t', ' \r\n'), (value, space) => {
        const body = Buffer.from(JSON.stringify(value, null, space));
        asJsonParseSees(body, readEnvelope(body));
      }),
      { numRuns: 500 },
    );
  });

  it('never accepts mutated bytes that JSON.parse refuses, and agrees with it on those it accepts', () => {
    const alphabet = Buffer.from('{}[]",:\\/bfnrtu0123456789.eE+-truefalsn \n\t\r\u0000\u001f\u007fé');
    const mutation = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('replace', 'insert', 'delete', 'cut'),
      byte: fc.oneof(fc.constantFrom(...alphabet), fc.nat(255)),
    });
    let accepted = 0;
    fc.assert(
      fc.property(jsonObject, fc.array(mutation, { minLength: 1, maxLength: 3 }), (value, mutations) => {
        let body = Buffer.from(JSON.stringify(value));
        for (const { at, kind, byte } of mutations) {
          const position = at % (body.length + 1);
          const rest = kind === 'insert' ? position : position + 1;
          const middle = kind === 'replace' || kind === 'insert' ? Buffer.from([byte]) : Buffer.alloc(0);
          body = Buffer.concat([body.subarray(0, position), middle, kind === 'cut' ? middle : body.subarray(rest)]);
        }
        const envelope = readEnvelope(body);
        if (!envelope.ok) return;
        accepted += 1;
        asJsonParseSees(body, envelope);
      }),
      { numRuns: 4000 },
    );
    assert.ok(accepted > 50, `only ${accepted} mutated bodies were still valid`);
  });

  it('accepts exactly the numbers, words and strings JSON.parse accepts', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      '9',
      '-',
      '+',
      '.',
      'e',
      'E',
      't',
      'r',
      'u',
      'f',
      'a',
      'l',
      's',
      'n',
      '"',
      '\\',
      'u00e9',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom('scalar', 'string'), (pieces, kind) => {
        const value = kind === 'scalar' ? pieces.join('') : `"${pieces.join('')}"`;
        const body = Buffer.from(`{"a":[${value}]}`);
        let isValid = true;
        try {
          JSON.parse(body.toString());
        } catch {
          isValid = false;
        }
        assert.equal(readEnvelope(body).ok, isValid);
      }),
      { numRuns: 5000 },
    );
  });
});
