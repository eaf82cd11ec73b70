import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Dropped } from '../formats/format.ts';
import { type ParameterRules, UNSUPPORTED } from './provider.ts';

/** A request as its provider takes it, for one that is not relayed as bytes. The caller adds the deployment's defaults. */
export function applyRules(
  body: JsonObject,
  rules: ParameterRules,
  dropNames: readonly string[],
): {
  readonly body: JsonObject;
  readonly dropped: readonly Dropped[];
} {
  const result: JsonObject = {};
  const dropped: Dropped[] = [];
  for (const name of Object.keys(body)) {
    let value: JsonValue | undefined = body[name];
    if (value === undefined) continue;
    if (dropNames.includes(name)) {
      dropped.push({ field: name, why: 'listed in `additional_drop_params`', kind: 'unknown' });
      continue;
    }
    if (rules.unsupported?.includes(name)) {
      dropped.push({ field: name, why: 'the provider does not take it', kind: 'unsupported' });
      continue;
    }
    const rewritten = rules.values?.[name]?.(value);
    if (rewritten === UNSUPPORTED) {
      dropped.push({ field: name, why: 'the provider does not take this value', kind: 'unsupported' });
      continue;
    }
    if (rules.values?.[name] !== undefined) value = rewritten;
    if (value === undefined) continue;
    const renamed = rules.rename?.[name];
    if (renamed !== undefined && body[renamed] !== undefined) {
      dropped.push({ field: name, why: `\`${renamed}\` is sent as well`, kind: 'unknown' });
      continue;
    }
    result[renamed ?? name] = value;
  }
  return { body: result, dropped };
}
