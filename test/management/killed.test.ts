/** Changes of credentials that were answered outlive a gateway that is killed, and none is half made. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../simulator/start.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { temporaryFolder } from '../cli/sluice-process.ts';
import { Instance, writeSite } from '../money/instances.ts';
import { MASTER_KEY } from '../support/gateway.ts';

/** Writes one credential again and again, each time with the next number in its secret, until the gateway is gone. */
class Writer {
  readonly name: string;
  sent = 9;
  answered = 9;

  constructor(name: string) {
    this.name = name;
  }

  async run(url: string): Promise<void> {
    try {
      while (this.sent < 99) {
        this.sent += 1;
        const values = { api_key: `sk-secret-of-a-provider-${this.sent}`, api_base: 'http://127.0.0.1:9' };
        const isFirst = this.sent === 10;
        const response = await fetch(`${url}/credentials${isFirst ? '' : `/${this.name}`}`, {
          method: isFirst ? 'POST' : 'PATCH',
          headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
          body: JSON.stringify({ ...(isFirst && { credential_name: this.name }), credential_values: values }),
        });
        assert.equal(response.status, 200, await response.text());
        this.answered = this.sent;
      }
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
  }
}

test('credentials that were being written when the gateway was killed are as they were answered, with their history', {
  timeout: 120_000,
}, async (t: TestContext) => {
  const simulator = await startSimulator();
  t.after(() => simulator.close());
  const site = { ending: t, folder: temporaryFolder(t), simulatorUrl: simulator.url };
  writeSite(site, { model_list: [] });
  for (const round of [1, 2, 3]) {
    const gateway = await new Instance(site, 'one').started();
    const writers = [1, 2, 3, 4].map((number) => new Writer(`round-${round}-${number}`));
    const running = Promise.all(writers.map((writer) => writer.run(gateway.url)));
    while (writers.some(({ answered }) => answered < 12 + round * 3)) await new Promise((done) => setTimeout(done, 2));
    await gateway.kill();
    await running;

    const next = await new Instance(site, 'one').started();
    const { credentials } = (await next.manage('/credentials')) as { credentials: JsonObject[] };
    for (const { name, sent, answered } of writers) {
      const found = credentials.find((each) => each.credential_name === name);
      assert.ok(found !== undefined, `${name} is there`);
      const { api_key: shown, api_base: address } = found.credential_values as JsonObject;
      const number = Number(/^sk\*{4}(\d\d)$/.exec(String(shown))?.[1]);
      assert.ok(number >= answered && number <= sent, `${name} has ${shown}, ${answered} was answered, ${sent} sent`);
      assert.equal(address, 'http://127.0.0.1:9');
      const { total } = await next.manage(`/audit?object_id=${name}`);
      assert.equal(total, number - 9, `${name}: one entry for each change`);
    }
    assert.doesNotMatch(next.process.stdout, /is not used/, 'a credential does not open');
    await next.kill();
  }
});
