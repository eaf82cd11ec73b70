import type { GatewayConfig } from '../../config/gateway-config.ts';

const NAMES_SECRET = /key|secret|password|token|credential/i;
const DEEPEST = 12;

/** Every secret that a configuration holds: what a member has whose name says so. */
export function secretsOf(config: GatewayConfig): Set<string> {
  const secrets = new Set<string>();
  const visit = (value: unknown, isNamed: boolean, depth: number): void => {
    if (depth > DEEPEST) return;
    if (typeof value === 'string') {
      if (isNamed) secrets.add(value);
    } else if (value instanceof Map) {
      for (const [name, each] of value) visit(each, isNamed || NAMES_SECRET.test(String(name)), depth + 1);
    } else if (Array.isArray(value) || value instanceof Set) {
      for (const each of value) visit(each, isNamed, depth + 1);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, each] of Object.entries(value)) visit(each, NAMES_SECRET.test(name), depth + 1);
    }
  };
  visit(config, false, 0);
  return secrets;
}
