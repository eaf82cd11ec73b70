/** What is booked for calls that a provider had and that brought no whole answer: timeouts, breaks and resent requests. */
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import type { TestGateway } from '../support/gateway.ts';
import { ask, callIdOf, manage, PRICES, priced, rowsOf, startMoneyGateway } from './tenants.ts';

const PROMPT = 'Tell me of rivers, lakes and seas. '.repeat(200);
/** The least that the prompt costs: it has more tokens than that. */
const LEAST_COST = 1_000 * PRICES.input_cost_per_token;

const costOf = (row: JsonObject | undefined): number => Number((row?.sluice as JsonObject | undefined)?.cost ?? 0);

interface Call {
  readonly what: string;
  readonly fault: string;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly kinds?: readonly ('whole' | 'stream')[];
}

/** Calls that the provider had read. */
const READ: readonly Call[] = [
  { what: 'timeout of the body', fault: 'hang', body: { timeout: 0.8 } },
  { what: 'x-litellm-timeout', fault: 'headers-after-5', headers: { 'x-litellm-timeout': '0.8' } },
  { what: 'stream_timeout of the body', fault: 'hang', body: { stream_timeout: 0.8 }, kinds: ['stream'] },
  {
    what: 'x-litellm-stream-timeout',
    fault: 'first-token-after-5',
    headers: { 'x-litellm-stream-timeout': '0.8' },
    kinds: ['stream'],
  },
  { what: 'our own limits', fault: 'hang' },
  { what: 'silence in the middle', fault: 'stall-after-20' },
  { what: 'a length that is not reached', fault: 'length-long', kinds: ['whole'] },
  { what: 'a break after the headers', fault: 'reset-after-headers' },
  { what: 'a break in the middle', fault: 'reset-after-20' },
  { what: 'an end in the middle', fault: 'fin-after-20' },
  { what: 'a damaged body', fault: 'gzip-corrupt' },
  { what: 'no JSON', fault: 'malformed-chunk', kinds: ['whole'] },
];

/** Calls that bring no bill. */
const FREE: readonly Call[] = [
  { what: 'a refusal', fault: '503' },
  { what: 'an error under 200', fault: 'error-in-200' },
];

describe('calls without a whole answer', { timeout: 120_000, concurrency: 4 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startMoneyGateway({
      model_list: [
        priced('sim/*', 60, { model: 'openai/*' }),
        priced('unsent', 60, { api_base: 'http://127.0.0.1:1' }),
        priced('unresolved', 60, { api_base: 'http://no-such-host.invalid' }),
      ],
      router_settings: {
        disable_cooldowns: true,
        timeout: 2,
        ttft_timeout: 1,
        stream_idle_timeout: 1,
        connect_timeout: 1,
      },
      general_settings: { max_response_size_mb: 2 },
      user_api_key_list: [{ api_key: 'k', max_budget: 100 }],
    });
  });
  after(() => gateway.close());

  const rowAfter = async (model: string, { body, headers }: Partial<Call>, stream: boolean): Promise<JsonObject> => {
    const messages = [{ role: 'user', content: PROMPT }];
    const answer = await ask(gateway, 'k', { model, messages, stream, ...body }, headers);
    const rows = await rowsOf(gateway, callIdOf(answer)).catch((error: unknown) =>
      assert.fail(`${error}: ${answer.text}`),
    );
    assert.equal(rows.length, 1);
    assert.equal(rows[0]?.status, 'failure', answer.text.slice(0, 200));
    return rows[0];
  };

  for (const call of READ) {
    for (const kind of call.kinds ?? (['whole', 'stream'] as const)) {
      test(`${call.what}, ${kind}: booked by an estimate of the prompt and what came`, async () => {
        const row = await rowAfter(`sim/sim-tokens-60+fault-${call.fault}`, call, kind === 'stream');
        assert.ok(costOf(row) >= LEAST_COST, JSON.stringify(row));
        assert.equal((row.sluice as JsonObject).estimated, true);
      });
    }
  }

  test('the part of a whole answer that came before the break counts as output', async () => {
    const row = await rowAfter('sim/sim-tokens-60+fault-reset-after-50-of-60', {}, false);
    assert.ok(Number(row.completion_tokens) >= 25, JSON.stringify(row));
    assert.ok(Number(row.completion_tokens) <= 120, JSON.stringify(row));
  });

  for (const { what, fault } of FREE) {
    for (const stream of [false, true]) {
      test(`${what}, ${stream ? 'stream' : 'whole'}: costs nothing`, async () => {
        assert.equal(costOf(await rowAfter(`sim/sim-tokens-60+fault-${fault}`, {}, stream)), 0);
      });
    }
  }

  for (const group of ['unsent', 'unresolved']) {
    test(`${group}: what was never sent books nothing`, async () => {
      assert.equal(costOf(await rowAfter(group, {}, false)), 0);
    });
  }
});

/** What a fake provider does with each request on a connection, by its number there. */
type OnRequest = (socket: Socket, number: number) => void;

const ANSWER = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'sim',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Rivers run.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
});
const WHOLE = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`;

interface Provider {
  readonly url: string;
  /** Requests that it read. */
  readonly read: () => number;
  close(): void;
}

async function startProvider(onRequest: OnRequest): Promise<Provider> {
  let read = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let text = '';
    let number = 0;
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (head < 0 || text.length < head + 4 + length) return;
      text = '';
      read += 1;
      number += 1;
      onRequest(socket, number);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    read: () => read,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe('kept connections', { timeout: 60_000 }, () => {
  const inFrontOf = async (
    onRequest: OnRequest,
    check: (gateway: TestGateway, provider: Provider) => Promise<void>,
  ): Promise<void> => {
    const provider = await startProvider(onRequest);
    const gateway = await startMoneyGateway({
      model_list: [priced('m', 1, { model: 'openai/sim', api_base: provider.url })],
      user_api_key_list: [{ api_key: 'k', max_budget: 100 }],
    });
    try {
      await check(gateway, provider);
    } finally {
      await gateway.close();
      provider.close();
    }
  };

  test('a dead connection: the request is sent again, and the header, the ledger and the log count it', async () => {
    await inFrontOf(
      (socket, number) => {
        if (number === 1) socket.write(WHOLE);
        else socket.resetAndDestroy();
      },
      async (gateway, provider) => {
        assert.equal((await ask(gateway, 'k')).headers.get('x-litellm-attempted-retries'), '0');
        const answer = await ask(gateway, 'k');
        assert.equal(answer.status, 200, answer.text);
        assert.equal(provider.read(), 3);
        assert.equal(answer.headers.get('x-litellm-attempted-retries'), '1');
        const rows = await rowsOf(gateway, callIdOf(answer), 2);
        assert.deepEqual(
          rows.map((row) => [row.status, costOf(row) > 0]),
          [
            ['failure', false],
            ['success', true],
          ],
        );
        assert.equal((await gateway.requestLine(callIdOf(answer))).attempts, 2);
      },
    );
  });

  for (const end of ['reset', 'closed'] as const) {
    test(`a kept connection that is ${end} after the provider worked: not sent again, and booked`, async () => {
      await inFrontOf(
        (socket, number) => {
          if (number === 1) socket.write(WHOLE);
          else setTimeout(() => (end === 'reset' ? socket.resetAndDestroy() : socket.end()), 400);
        },
        async (gateway, provider) => {
          await ask(gateway, 'k');
          const answer = await ask(gateway, 'k');
          assert.equal(answer.status, 500, answer.text);
          assert.equal(provider.read(), 2);
          const [row] = await rowsOf(gateway, callIdOf(answer));
          assert.ok(costOf(row) > 0, JSON.stringify(row));
        },
      );
    });
  }

  test('a kept connection that breaks after the first bytes of an answer is not sent again', async () => {
    await inFrontOf(
      (socket, number) => {
        if (number === 1) socket.write(WHOLE);
        else socket.write('HTTP/1.1 102 Processing\r\n\r\n', () => socket.resetAndDestroy());
      },
      async (gateway, provider) => {
        await ask(gateway, 'k');
        assert.equal((await ask(gateway, 'k')).status, 500);
        assert.equal(provider.read(), 2);
      },
    );
  });

  test('the retry budget limits how often requests are sent again', async () => {
    await inFrontOf(
      (socket, number) => {
        if (number === 1) socket.write(WHOLE);
        else socket.resetAndDestroy();
      },
      async (gateway) => {
        // 30 in ten seconds and a fifth of the requests.
        let refused = 0;
        for (let count = 0; count < 120; count += 1) if ((await ask(gateway, 'k')).status !== 200) refused += 1;
        assert.ok(refused > 0, 'no request was refused');
      },
    );
  });

  const INTERIM: readonly (readonly [string, readonly string[]])[] = [
    ['100', [`HTTP/1.1 100 Continue\r\n\r\n${WHOLE}`]],
    [
      '100 with headers, then 102 and 103',
      [
        `HTTP/1.1 100 Continue\r\nx-a: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${WHOLE}`,
      ],
    ],
    ['100 twice, in pieces', ['HTTP/1.1 1', '00 Continue\r', '\n\r\nHTTP/1.1 10', '0 Continue\r\n\r\n', WHOLE]],
    ['100 without a reason', [`HTTP/1.1 100\r\n\r\n${WHOLE}`]],
  ];
  for (const [name, pieces] of INTERIM) {
    test(`an interim answer that was not asked for, ${name}: the answer that follows is given`, async () => {
      await inFrontOf(
        (socket) => {
          for (const [index, piece] of pieces.entries()) setTimeout(() => socket.write(piece), index * 20);
        },
        async (gateway) => {
          for (let count = 0; count < 2; count += 1) {
            const answer = await ask(gateway, 'k');
            assert.equal(answer.status, 200, answer.text);
            assert.deepEqual(answer.json.choices, (JSON.parse(ANSWER) as JsonObject).choices);
          }
        },
      );
    });
  }

  test('a clock that is set in the middle of a request does not change how long its row lasts', async (context) => {
    await inFrontOf(
      (socket) => void setTimeout(() => socket.write(WHOLE), 300),
      async (gateway) => {
        const now = Date.now;
        const asked = ask(gateway, 'k');
        setTimeout(() => context.mock.method(Date, 'now', () => now() + 30 * 86_400_000), 100);
        const answer = await asked;
        context.mock.restoreAll();
        const [row] = await rowsOf(gateway, callIdOf(answer));
        const lastedMs = Date.parse(String(row?.endTime)) - Date.parse(String(row?.startTime));
        assert.ok(lastedMs >= 200 && lastedMs < 30_000, `${lastedMs} ms`);
      },
    );
  });

  test('the spend of the key is the sum of its rows', async () => {
    await inFrontOf(
      (socket, number) => (number % 2 === 1 ? socket.write(WHOLE) : socket.resetAndDestroy()),
      async (gateway) => {
        let sum = 0;
        for (let count = 0; count < 3; count += 1) {
          const rows = await rowsOf(gateway, callIdOf(await ask(gateway, 'k')));
          sum += rows.reduce((total, row) => total + costOf(row), 0);
        }
        assert.ok(Math.abs(Number((await manage(gateway, '/global/spend')).spend) - sum) < 1e-9);
      },
    );
  });
});
