import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatParts } from '../../formats/index.ts';
import { StreamRecord } from './stream-record.ts';

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c1', model: 'm', created: 3, choices: [{ index: 0, delta: { content } }] })}\n\n`;
const open = (limitBytes?: number): StreamRecord => new StreamRecord(formatParts('openai-chat'), limitBytes);

test('it tells what the client has, from bytes and from text alike', () => {
  const record = open();
  record.pass(Buffer.from(chunk('The tide')));
  record.pass(chunk(' comes'));
  const { text, id, model, createdSeconds, unreadable, owed } = record.readSent();
  assert.deepEqual(
    [text, id, model, createdSeconds, unreadable, owed],
    ['The tide comes', 'c1', 'm', 3, undefined, ''],
  );
});

test('half an event never leaves, so it is not missed when the stream breaks off', () => {
  const record = open();
  const bytes = Buffer.from(chunk('The') + chunk(' tide'));
  const sent = record.pass(bytes.subarray(0, bytes.length - 9));
  assert.equal(sent.toString(), chunk('The'));
  assert.equal(record.readSent().text, 'The');
});

test('an event that lacks only its blank line gets it at a good end; half an event is dropped', () => {
  const whole = open();
  whole.pass(Buffer.from(`${chunk('The')}data: [DONE]`));
  assert.equal(Buffer.from(whole.flush()).toString(), 'data: [DONE]\n\n');
  const half = open();
  half.pass(Buffer.from(`${chunk('The')}data: {"cho`));
  assert.equal(half.flush().length, 0);
});

test('over its limit a stream passes on as it comes and can no longer be read', () => {
  const record = open(200);
  let sent = '';
  const text = chunk('The tide comes in twice a day.').repeat(4);
  for (let at = 0; at < text.length; at += 50) sent += record.pass(Buffer.from(text.slice(at, at + 50))).toString();
  assert.equal(sent + Buffer.from(record.flush()).toString(), text);
  assert.equal(record.readSent().unreadable, 'too-large');
});

test('an error inside a relayed stream is kept from the client and reported', () => {
  const record = open();
  const error = 'data: {"error":{"message":"Overloaded","type":"server_error"}}\n\n';
  assert.equal(record.pass(Buffer.from(chunk('The') + error)).toString(), chunk('The'));
  assert.equal(record.reported?.facts.message, 'Overloaded');
  assert.equal(record.pass(Buffer.from('data: [DONE]\n\n')).length, 0);
  const sent = record.readSent();
  assert.deepEqual([sent.text, sent.unreadable, record.reported], ['The', undefined, undefined]);
});

test('a text that speaks of an error is text', () => {
  const record = open();
  const text = chunk('{"error": {"message": "no"}} and "error"');
  assert.equal(record.pass(Buffer.from(text)).toString(), text);
  assert.equal(record.reported, undefined);
});

test('an event that is no JSON leaves a client in an unknown state', () => {
  const record = open();
  record.pass(Buffer.from(`${chunk('The')}data: {"choices":[{"delta":{"con\n\n`));
  assert.equal(record.readSent().unreadable, 'malformed');
});

test('half an event that passed because it was beyond measure cannot be gone on from', () => {
  const record = open();
  record.pass(Buffer.from(`${chunk('The')}data: {"choices":[{"delta":{"content":"${'x'.repeat(300_000)}`));
  assert.equal(record.readSent().unreadable, 'half-event');
});

test('an event that is whole but for its blank line is completed by the continuation', () => {
  const record = open();
  record.pass(`${chunk('The')}${chunk(' tide').trimEnd()}`);
  const { text, owed, unreadable } = record.readSent();
  assert.deepEqual([text, owed, unreadable], ['The tide', '\n\n', undefined]);
});
