/** The settings of budget alerts: `budget_settings.alert_…`, and LiteLLM's `alerting` with its variables. */

import type { Place } from '../../config/config-node.ts';
import { type FeatureReading, featureSettings } from '../../config/feature-settings.ts';
import { guideNow, now, own } from '../../config/setting-rows.ts';
import { isJsonObject, type JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';

/** Where budget alerts go, and when. */
export interface AlertConfig {
  /** Addresses that get our JSON payload, signed if there is a secret. */
  readonly webhooks: readonly string[];
  /** Addresses that get Slack's payload. */
  readonly slack: readonly string[];
  readonly signingSecret?: string;
  /** The share of any budget at which an alert goes out, 0 to 1; absent: there is no such alert. */
  readonly threshold?: number | undefined;
  /** How often savings are reported. */
  readonly digest?: 'weekly' | 'off' | undefined;
}

/** LiteLLM's name for alerts about budgets. */
const BUDGET_ALERTS = 'budget_alerts';
const otherThan =
  (known: readonly string[]) =>
  (value: unknown): readonly string[] =>
    Array.isArray(value) ? value.filter((each) => !known.includes(each)).map(String) : [];

const ROWS = {
  general_settings: {
    budget_alert_threshold: guideNow('ratio', 'Share of any budget that sends an alert.', 'threshold'),
    alerting: now('texts', 'Where budget alerts go: `slack` (to `SLACK_WEBHOOK_URL`), `webhook` (to `WEBHOOK_URL`).', {
      missingIn: otherThan(['slack', 'webhook']),
    }),
    alert_types: now('texts', 'Which alerts go out: `budget_alerts`.', {
      otherwise: 'all',
      missingIn: otherThan([BUDGET_ALERTS]),
    }),
    alert_to_webhook_url: now('map', 'Kind of alert → address(es) of Slack messages: `budget_alerts`.', {
      missingIn: (value: unknown) => (isJsonObject(value) ? otherThan([BUDGET_ALERTS])(Object.keys(value)) : []),
    }),
  },
  budget_settings: {
    alert_webhooks: own('texts', 'Addresses that budget alerts are posted to as JSON.'),
    alert_slack: own('texts', 'Addresses that budget alerts are posted to as Slack messages.'),
    savings_digest: own(
      ['weekly', 'off'],
      'Whether the log and the receivers of alerts get the savings of each week on Monday (UTC).',
      'digest',
      'weekly',
    ),
    alert_signing_secret: own('secret', 'Signs the posts to `alert_webhooks`.', 'signingSecret'),
  },
};

/** The rows, and what alerts make of them. */
export const alertSettings = featureSettings({
  name: 'alerts',
  rows: ROWS,
  read: (reading): AlertConfig => ({ ...reading.fields, ...readAddresses(reading) }),
});

function readAddresses({
  section,
  context: { findings, environment },
}: FeatureReading<typeof ROWS>): Pick<AlertConfig, 'webhooks' | 'slack'> {
  const general = section('general_settings');
  const budgets = section('budget_settings');
  const check = (addresses: readonly string[], name: string, place: Place | undefined): readonly string[] => {
    const isGood = addresses.every((address) => /^https?:$/.test(URL.parse(address)?.protocol ?? ''));
    if (isGood) return addresses;
    // The address is a secret: everyone who has it can post.
    findings.add('error', 'wrong-type', place, `${name} must be an address that begins with http:// or https://`);
    return [];
  };
  const ours = (name: 'alert_webhooks' | 'alert_slack'): readonly string[] =>
    check(budgets.get(name) ?? [], `budget_settings.${name}`, budgets.placeOf(name));

  // `alert_types` chooses among all kinds of alerts; only those of budgets are sent here.
  const isWanted = general.get('alert_types')?.includes(BUDGET_ALERTS) !== false;
  const ways = isWanted ? (general.get('alerting') ?? []) : [];
  const ofVariable = (way: string, name: string): readonly string[] => {
    if (!ways.includes(way)) return [];
    const address = ownValue(environment, name);
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
