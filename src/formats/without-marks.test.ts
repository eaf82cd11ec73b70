import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutMarks } from './without-marks.ts';

const left = (json: string): string => Buffer.concat(withoutMarks(Buffer.from(json))).toString('utf8');

test('marks go with one comma, wherever they stand and however they are spelled', () => {
  const mark = '"cache_control":{"type":"ephemeral","ttl":"1h"}';
  for (const [json, rest] of [
    [`[{"type":"text","text":"a",${mark}}]`, '[{"type":"text","text":"a"}]'],
    [`[{${mark},"type":"text"}]`, '[{"type":"text"}]'],
    [`[{"type":"text" , "cache_control" : { "type": "ephemeral" } ,"text":"a"}]`, '[{"type":"text"  ,"text":"a"}]'],
    [`[{${mark}}]`, '[{}]'],
    ['[{"text":"a","prompt_cache_breakpoint":{"mode":"explicit"}}]', '[{"text":"a"}]'],
    [`[{"text":"a",${mark}},{"text":"b",${mark}}]`, '[{"text":"a"},{"text":"b"}]'],
  ] as const) {
    const json2 = left(json);
    assert.equal(json2.replaceAll(' ', ''), rest.replaceAll(' ', ''), json);
    assert.doesNotThrow(() => JSON.parse(json2));
  }
});

test('what texts say of marks stays, and so does everything that is not a mark', () => {
  for (const json of [
    JSON.stringify([{ text: 'write "cache_control":{"type":"ephemeral"} into it' }]),
    JSON.stringify([{ text: '"cache_control"' }, 'cache_control', { cache_control: null }, { cache_control: 'x' }]),
    '[]',
    '""',
    '',
    '"cache_control":{',
  ]) {
    assert.equal(left(json), json);
  }
});
