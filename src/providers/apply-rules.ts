import { type JsonObject, type JsonValue, setMember } from '../core/json.ts';
import { ownValue } from '../core/own-value.ts';
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
    const rewrite = ownValue(rules.values, name);
    const rewritten = rewrite === undefined ? value : rewrite(value);
    if (rewritten === UNSUPPORTED) {
      dropped.push({ field: name, why: 'the provider does not take this value', kind: 'unsupported' });
      continue;
    }
    value = rewritten;
    if (value === undefined) continue;
    const renamed = ownValue(rules.rename, name);
    if (renamed !== undefined && ownValue(body, renamed) !== undefined) {
      dropped.push({ field: name, why: `\`${renamed}\` is sent as well`, kind: 'unknown' });
      continue;
    }
    setMember(result, renamed ?? name, value);
  }
  return { body: result, dropped };
}
