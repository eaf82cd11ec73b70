/** Reads where budget alerts go: `budget_settings.alert_…`, and LiteLLM's `alerting` with its variables. */
import type { JsonValue } from '../core/json.ts';
import type { Place } from './config-node.ts';
import type { AlertConfig } from './gateway-config.ts';
import type { Section } from './section.ts';
import type { BUDGET_SETTINGS } from './settings/budget-settings.ts';
import { BUDGET_ALERTS, type GENERAL_SETTINGS } from './settings/general-settings.ts';

/** The addresses of a configuration. */
export function readAlerts(
  general: Section<typeof GENERAL_SETTINGS>,
  own: Section<typeof BUDGET_SETTINGS>,
): Pick<AlertConfig, 'webhooks' | 'slack'> {
  const { findings, environment } = general.context;
  const check = (addresses: readonly string[], name: string, place: Place | undefined): readonly string[] => {
    const isGood = addresses.every((address) => /^https?:$/.test(URL.parse(address)?.protocol ?? ''));
    if (isGood) return addresses;
    // The address is a secret: everyone who has it can post.
    findings.add('error', 'wrong-type', place, `${name} must be an address that begins with http:// or https://`);
    return [];
  };
  const ours = (name: 'alert_webhooks' | 'alert_slack'): readonly string[] =>
    check(own.get(name) ?? [], `budget_settings.${name}`, own.placeOf(name));

  // `alert_types` chooses among all kinds of alerts; only those of budgets are sent here.
  const isWanted = general.get('alert_types')?.includes(BUDGET_ALERTS) !== false;
  const ways = isWanted ? (general.get('alerting') ?? []) : [];
  const ofVariable = (way: string, name: string): readonly string[] => {
    if (!ways.includes(way)) return [];
    const address = environment[name];
    if (address) return check([address], name, undefined);
    const message = `general_settings.alerting names "${way}", but the variable "${name}" is not set; no alert goes there`;
    findings.add('warning', 'unset-variable', general.placeOf('alerting'), message);
    return [];
  };
  const byKind = general.get('alert_to_webhook_url') ?? {};
  const setting = 'alert_to_webhook_url';
  const named = check(
    textsOf(Object.hasOwn(byKind, BUDGET_ALERTS) ? byKind[BUDGET_ALERTS] : undefined),
    `general_settings.${setting}.${BUDGET_ALERTS}`,
    general.placeOf(setting),
  );
  // As in LiteLLM, an address for the kind of alert replaces the one for all.
  const slack = named.length > 0 ? named : ofVariable('slack', 'SLACK_WEBHOOK_URL');
  return {
    webhooks: [...new Set([...ours('alert_webhooks'), ...ofVariable('webhook', 'WEBHOOK_URL')])],
    slack: [...new Set([...ours('alert_slack'), ...slack])],
  };
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string' && each !== '') as string[];
}
