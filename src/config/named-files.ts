import type { ConnectionTls, GatewayConfig } from './gateway-config.ts';

/** The certificates, keys and authorities that a configuration names: what else to watch. */
export function namedFiles({ tls, servedTls, redis, deployments }: GatewayConfig): readonly string[] {
  const connections = [tls, ...deployments.map((deployment) => deployment.tls)].flatMap(filesOf);
  const served = servedTls === undefined ? [] : [servedTls.certificateFile, servedTls.keyFile];
  // Redis reads its files for each connection; a change of them is still checked and logged.
  return [...new Set([...connections, ...served, ...filesOf(redis?.tls)])];
}

function filesOf(tls: Partial<ConnectionTls> | undefined): readonly string[] {
  return [tls?.caFile, tls?.certificateFile, tls?.keyFile].filter((file) => file !== undefined);
}
