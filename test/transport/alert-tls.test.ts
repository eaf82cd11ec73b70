/** Alerts to a receiver whose certificate a private authority signed, and that wants to see one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startReceiver } from '../money/receiver.ts';
import { ask, eventually, startMoneyGateway } from '../money/tenants.ts';
import { makeAuthority } from '../support/certificates.ts';
import { startTlsFront } from '../support/tls-front.ts';

test('an alert reaches a receiver with a private authority if ssl_verify and ssl_certificate say so, and no other way', async (t) => {
  const authority = makeAuthority();
  const receiver = await startReceiver();
  const client = authority.issue('client');
  const front = await startTlsFront(Number(new URL(receiver.url).port), {
    ...authority.issue('receiver'),
    ca: authority.ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  t.after(async () => {
    await front.close();
    await receiver.close();
    authority.remove();
  });
  const trust = { ssl_verify: authority.caFile };
  for (const [tls, isTold] of [
    [{}, false],
    [trust, false],
    [{ ...trust, ssl_certificate: client.bothFile }, true],
  ] as const) {
    const gateway = await startMoneyGateway({
      user_api_key_list: [{ api_key: 'sk-half', max_budget: 0.01, budget_duration: '30d' }],
      general_settings: { budget_alert_threshold: 0.5 },
      budget_settings: { alert_webhooks: [`https://127.0.0.1:${front.port}/hook`] },
      litellm_settings: { drop_params: true, ...tls },
    });
    try {
      for (let count = 0; count < 5; count += 1) await ask(gateway, 'sk-half');
      if (isTold) await eventually(() => receiver.received.length > 0, 'it is reported');
      else await wait(1_000);
      assert.equal(receiver.received.length > 0, isTold, JSON.stringify(tls));
    } finally {
      await gateway.close();
    }
  }
});
