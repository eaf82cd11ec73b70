import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';
import { GatewayError } from '../../core/errors.ts';
import { countTokens } from '../../endpoints/count-tokens/index.ts';
import { masterIdentity } from '../../tenancy/make-identity.ts';
import { readEnvelope } from '../../wire/envelope.ts';
import { type HeavyRequest, HeavyWork } from './heavy-work.ts';

/** A request of an owner with so many small messages. */
function asked(count: number, owner = 'one'): HeavyRequest {
  const messages = Array.from({ length: count }, (_, index) => ({
    role: index % 2 ? 'assistant' : 'user',
    content: `${index} ${'word '.repeat(45)}`,
  }));
  const body = Buffer.from(JSON.stringify({ model: 'm', messages }));
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok);
  return {
    ...{ body, envelope, endpoint: countTokens, identity: masterIdentity(owner), callId: 'call', startedAtMs: 0 },
    ...{ model: 'm', askedModel: 'm', stream: false, streamUsage: false },
    ...{ servedGroup: undefined, misfit: undefined, group: undefined },
  };
}

function start(context: TestContext, limits: ConstructorParameters<typeof HeavyWork>[0] = {}): HeavyWork {
  const heavy = new HeavyWork(limits);
  context.after(() => heavy.close());
  return heavy;
}

const isError = (code: GatewayError['code']) => (error: unknown) =>
  error instanceof GatewayError && error.code === code;

test('a body that needs more memory than the thread may have is refused, and those behind it are not', async (context) => {
  const heavy = start(context, { mostHeapMb: 20 });
  const small = asked(10);
  const before = await heavy.normalize(small);
  const outcomes = await Promise.allSettled([heavy.normalize(asked(39_000)), heavy.normalize(small)]);
  assert.ok(outcomes[0]?.status === 'rejected' && isError('body_too_large')(outcomes[0].reason), inspect(outcomes[0]));
  assert.ok(outcomes[1]?.status === 'fulfilled' && outcomes[1].value.equals(before), JSON.stringify(outcomes[1]));
});

test('a body that takes too long is refused, and those behind it are not', async (context) => {
  const heavy = start(context, { longestJobMs: 100 });
  await heavy.normalize(asked(1));
  const outcomes = await Promise.allSettled([heavy.promptOf(asked(39_000), true), heavy.normalize(asked(1, 'other'))]);
  assert.ok(outcomes[0]?.status === 'rejected' && isError('overloaded')(outcomes[0].reason), String(outcomes[0]));
  assert.equal(outcomes[1]?.status, 'fulfilled');
});

test('one key with many large bodies waits for itself: another has its turn after one of them', async (context) => {
  const heavy = start(context);
  const done: string[] = [];
  const all = Array.from({ length: 8 }, () => heavy.normalize(asked(2_000, 'many')).then(() => done.push('many')));
  all.push(heavy.normalize(asked(2_000, 'one')).then(() => done.push('one')));
  await Promise.all(all);
  assert.ok(done.indexOf('one') <= 1, done.join());
});

test('what is wrong with a request comes back as it was thrown', async (context) => {
  const heavy = start(context);
  const wrong = asked(3);
  const body = Buffer.from(wrong.body.toString().replace('"content":"1 word', '"content":7,"c":"1 word'));
  const envelope = readEnvelope(body);
  assert.ok(envelope.ok);
  await assert.rejects(heavy.promptOf({ ...wrong, body, envelope }, true), (error) => {
    assert.ok(isError('invalid_request')(error));
    return (error as GatewayError).facts.param?.startsWith('messages[1]') === true;
  });
});

test('without work the thread ends, and it starts again when there is some', async (context) => {
  const heavy = start(context, { idleMs: 50 });
  const threads = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Worker').length;
  await heavy.normalize(asked(1));
  await wait(400);
  assert.equal(threads(), 0);
  await heavy.normalize(asked(1));
});

test('work that waits when the gateway ends is refused', async (context) => {
  const heavy = start(context);
  const waiting = [heavy.normalize(asked(20_000)), heavy.normalize(asked(1))].map((each) =>
    assert.rejects(each, isError('shutting_down')),
  );
  await heavy.close();
  await Promise.all(waiting);
  await assert.rejects(heavy.normalize(asked(1)), isError('shutting_down'));
});
