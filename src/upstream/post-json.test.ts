import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../core/clock.ts';
import { CallPermit } from './call-permit.ts';
import { postJson } from './post-json.ts';
import { Upstream } from './upstream.ts';

const WITHIN = { timeout: 20_000 };

/** A server and something to reach it with; gives `host:port`. */
async function world(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const upstream = new Upstream({ clock: systemClock, connectTimeoutMs: 1_000 });
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    await upstream.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { upstream, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('the body, the headers, the query and the credentials of an address arrive', WITHIN, async (t) => {
  const seen: { readonly url: string | undefined; readonly headers: IncomingMessage['headers']; body: string }[] = [];
  const { upstream, host } = await world(t, (request, response) => {
    const one = { url: request.url, headers: request.headers, body: '' };
    seen.push(one);
    request.on('data', (piece) => {
      one.body += piece;
    });
    request.on('end', () => response.writeHead(202).end('x'.repeat(1_000)));
  });
  const headers = { 'x-sluice-signature': 't=1' };
  assert.deepEqual(
    await postJson(upstream, new CallPermit(), `http://a%40b:p%zz@${host}/hook?a=b`, '{"größe":1}', headers),
    {
      status: 202,
    },
  );
  const [one] = seen;
  assert.deepEqual([one?.url, one?.body], ['/hook?a=b', '{"größe":1}']);
  assert.equal(one?.headers['content-type'], 'application/json');
  assert.equal(one?.headers['x-sluice-signature'], 't=1');
  assert.equal(one?.headers.authorization, `Basic ${Buffer.from('a@b:p%zz').toString('base64')}`);
});

test('a server that takes the post and never answers is left after five seconds', WITHIN, async (t) => {
  const { upstream, host } = await world(t, () => undefined);
  const began = performance.now();
  const outcome = await postJson(upstream, new CallPermit(), `http://${host}/`, '{}', {});
  assert.ok('fault' in outcome && /within 5000 ms/.test(outcome.fault), JSON.stringify(outcome));
  const tookMs = performance.now() - began;
  assert.ok(tookMs > 4_500 && tookMs < 8_000, `${tookMs} ms`);
});

test('an answer that is too large is no receipt, nor is a port without a listener', WITHIN, async (t) => {
  const { upstream, host } = await world(t, (_request, response) => response.writeHead(200).end('x'.repeat(100_000)));
  const outcome = await postJson(upstream, new CallPermit(), `http://${host}/`, '{}', {});
  assert.ok('fault' in outcome && /larger/.test(outcome.fault), JSON.stringify(outcome));
  assert.ok('fault' in (await postJson(upstream, new CallPermit(), 'http://127.0.0.1:1/', '{}', {})));
});
