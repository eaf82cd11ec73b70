import type { DeploymentConfig } from '../../config/gateway-config.ts';
import { mediaRulesOf } from '../../costs/media/media-rules.ts';
import type { PricedModel } from '../../costs/prices.ts';
import { findProvider } from '../../providers/index.ts';
import { Deployment } from '../../snapshot/deployment.ts';

/** What of a deployment a request is written by, as data. Keys and certificates are not among it. */
export interface DeploymentData {
  readonly config: DeploymentConfig;
  readonly provider: string;
  /** Some operations exist at a provider's own address alone. */
  readonly baseUrl: string;
  readonly facts: PricedModel['facts'];
  readonly isNamedByClient: boolean;
}

/** Of a deployment, what the thread for large bodies needs. */
export function dataOf({ config, provider, target, priced, isNamedByClient }: Deployment): DeploymentData {
  const { apiKey: _key, identity: _identity, apiBase: _address, tls: _tls, healthCheck: _check, ...rest } = config;
  const { baseUrl } = target;
  return {
    config: { ...rest, extraHeaders: {} },
    provider: provider.name,
    baseUrl,
    facts: priced.facts,
    isNamedByClient,
  };
}

/** A deployment that requests can be written for, and none can be sent to. */
export function deploymentOf({ config, provider: name, baseUrl, facts, isNamedByClient }: DeploymentData): Deployment {
  const provider = findProvider(name);
  if (provider === null) throw new RangeError(`no provider ${name}`);
  return new Deployment({
    config,
    provider,
    target: { model: config.model, baseUrl },
    // Prices are asked for where requests are sent.
    priced: {
      ...{ facts, media: mediaRulesOf(name, config.model), chargesForWritten: false },
      ...{ ratesAt: none, ratesOfAnswer: none, at: () => facts },
    },
    isNamedByClient,
    dropParams: undefined,
    promptCache: undefined,
    timeouts: { timeoutMs: 0 },
  });
}

const none = (): undefined => undefined;
