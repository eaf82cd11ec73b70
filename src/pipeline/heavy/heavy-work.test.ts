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
    ...{ servedGroup: undefined, misfit: undefined, group: undefined, client: { isGone: false } },
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

test('what waits for a client that left is not written, and what was answered is read for the books', async (context) => {
  const heavy = start(context);
  const first = heavy.normalize(asked(5_000, 'first'));
  const client = { isGone: false };
  const write = heavy.normalize({ ...asked(1), client });
  const prompt = heavy.promptOf({ ...asked(1), client });
  client.isGone = true;
  await assert.rejects(write, isError('client_gone'));
  assert.ok((await prompt).characters > 0);
  await first;
});

for (const [how, code] of [
  ['dies before it is ready', 'throw new Error("no")'],
  ['ends before it is ready', 'process.exit(3)'],
  ['is never ready', 'setInterval(() => {}, 1000)'],
] as const) {
  test(`a thread that ${how} hangs no request: the work is done without it`, async (context) => {
    const file = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
    const faults: string[] = [];
    const heavy = start(context, { file, longestStartMs: 300, onFault: (what) => void faults.push(what) });
    for (let round = 0; round < 2; round += 1) {
      const made = await Promise.all([heavy.normalize(asked(3)), heavy.normalize(asked(4, 'other'))]);
      assert.ok(made[0].includes('2 word') && made[1].includes('3 word'));
      assert.equal(faults.length, round + 1);
    }
  });
}

test('a thread that dies at its work fails that request alone', async (context) => {
  const code = `
    const { parentPort, Worker } = await import('node:worker_threads');
    parentPort.on('message', ({ job, body }) => {
      if (body.length < 500) throw new Error('broken');
      parentPort.postMessage({ made: { body } });
    });
    parentPort.postMessage('ready');`;
  const heavy = start(context, { file: new URL(`data:text/javascript,${encodeURIComponent(code)}`) });
  const outcomes = await Promise.allSettled([
    heavy.normalize(asked(100)),
    heavy.normalize(asked(1)),
    heavy.normalize(asked(100)),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});
