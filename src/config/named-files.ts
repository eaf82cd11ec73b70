import type { ConnectionTls, GatewayConfig } from './gateway-config.ts';

/** The certificates, keys, authorities and prices that a configuration names: what else to watch. */
export function namedFiles({ tls, servedTls, redis, deployments, budgets }: GatewayConfig): readonly string[] {
  const connections = [tls, ...deployments.map((deployment) => deployment.tls)].flatMap(filesOf);
  const served = servedTls === undefined ? [] : [servedTls.certificateFile, servedTls.keyFile];
  const prices = budgets.prices === undefined ? [] : [budgets.prices.source];
  // Redis reads its files for each connection; a change of them is still checked and logged.
  return [...new Set([...connections, ...served, ...filesOf(redis?.tls), ...prices])];
}

function filesOf(tls: Partial<ConnectionTls> | undefined): readonly string[] {
  return [tls?.caFile, tls?.certificateFile, tls?.keyFile].filter((file) => file !== undefined);
}
