/** Reads where budget alerts go: `budget_settings.alert_…`, and LiteLLM's `alerting` with its variables. */
import { defined } from '../core/defined.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { Place } from './config-node.ts';
import type { AlertConfig } from './money-config.ts';
import type { ReadingContext, Section } from './section.ts';
import { BUDGET_ALERTS } from './settings/general-settings.ts';
import type { Environment } from './variables.ts';

/** The alerts of a configuration. */
export function readAlerts(
  general: Section,
  own: Section,
  environment: Environment,
  context: ReadingContext,
): AlertConfig {
  const check = (addresses: readonly string[], name: string, place: Place | undefined): readonly string[] => {
    const wrong = addresses.filter((address) => !/^https?:$/.test(URL.parse(address)?.protocol ?? ''));
    if (wrong.length === 0) return addresses;
    // The address is a secret: whoever has it can post.
    context.findings.add(
      'error',
      'wrong-type',
      place,
      `${name} must be an address that begins with http:// or https://`,
    );
    return [];
  };
  const ours = (name: string): readonly string[] =>
    check(own.texts(name) ?? [], `budget_settings.${name}`, own.placeOf(name));

  const ways = wantsBudgetAlerts(general) ? (general.texts('alerting') ?? []) : [];
  const ofVariable = (way: string, name: string): readonly string[] => {
    if (!ways.includes(way)) return [];
    const address = environment[name];
    if (address) return check([address], name, undefined);
    const message = `general_settings.alerting names "${way}", but the variable "${name}" is not set; no alert goes there`;
    context.findings.add('warning', 'unset-variable', general.placeOf('alerting'), message);
    return [];
  };
  const byKind = general.map('alert_to_webhook_url');
  const named = check(
    textsOf(isJsonObject(byKind) ? byKind[BUDGET_ALERTS] : undefined),
    `general_settings.alert_to_webhook_url.${BUDGET_ALERTS}`,
    general.placeOf('alert_to_webhook_url'),
  );
  // As in LiteLLM, an address for the kind of alert takes the place of the one for all.
  const slack = named.length > 0 ? named : ofVariable('slack', 'SLACK_WEBHOOK_URL');
  return {
    webhooks: [...new Set([...ours('alert_webhooks'), ...ofVariable('webhook', 'WEBHOOK_URL')])],
    slack: [...new Set([...ours('alert_slack'), ...slack])],
    ...defined({ signingSecret: own.text('alert_signing_secret') }),
  };
}

/** `alert_types` chooses among all kinds of alerts; those of budgets are the ones that are sent here. */
function wantsBudgetAlerts(general: Section): boolean {
  const types = general.texts('alert_types');
  return types === undefined || types.includes(BUDGET_ALERTS);
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string' && each !== '') as string[];
}
