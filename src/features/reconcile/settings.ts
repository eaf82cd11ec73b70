/** The settings of comparisons with providers' bills: `reconcile:`. */
import { NO_RECONCILE, type ProviderBillConfig, type ReconcileConfig } from '../../billing/settings.ts';
import { featureSettings } from '../../config/feature-settings.ts';
import { own } from '../../config/setting-rows.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { ownValue } from '../../core/own-value.ts';

const ROWS = {
  reconcile: {
    providers: own(
      'map',
      'Provider → how its bill is read: `admin_key` (a key of its own, by `os.environ/…`), `base_url`, `table` (of an export: `project.dataset.table`) and `keys` (ids or names of the keys that this gateway uses, if the provider does not show enough of them).',
      'providers',
    ),
    aliases: own('map', 'Name of a model in a bill → its name in the ledger.', 'aliases'),
    min_matched: own('ratio', 'The share that has to agree; less is an alert.', 'least', 0.999),
    schedule: own(
      'duration',
      'How often the gateway compares by itself, for example `1d`. Left out: never.',
      'everyMs',
    ),
    days: own('count', 'How many whole days (UTC) each such run compares.', 'days', 3),
    delay: own('duration', 'How long after its end a day is complete in the reports.', 'delayMs', '12h'),
  },
};

/** The rows, and what they say together. */
export const reconcileSettings = featureSettings({
  name: 'reconcile',
  rows: ROWS,
  about: 'How the bills of providers are compared with the ledger; [the guide](../guides/reconcile.md).',
  read: ({ fields, section, context: { findings } }): ReconcileConfig => {
    const place = section('reconcile').placeOf('providers');
    const wrong = (message: string): void => findings.add('error', 'wrong-type', place, message);
    const providers = Object.fromEntries(
      Object.entries(fields.providers ?? {}).map(([name, value]) => [name, providerOf(name, value ?? null, wrong)]),
    );
    const aliases = Object.entries(fields.aliases ?? {}).flatMap(([from, to]) =>
      typeof to === 'string' ? [[from, to] as const] : [],
    );
    const { least, everyMs, days, delayMs } = fields;
    return { ...NO_RECONCILE, providers, aliases: new Map(aliases), least, everyMs, days, delayMs };
  },
});

const MEMBERS = ['admin_key', 'base_url', 'table', 'keys'];

function providerOf(name: string, value: JsonValue, wrong: (message: string) => void): ProviderBillConfig {
  const path = `reconcile.providers.${name}`;
  if (!isJsonObject(value)) {
    wrong(`${path} must be a map`);
    return {};
  }
  const odd = Object.keys(value).find((member) => !MEMBERS.includes(member));
  if (odd !== undefined) wrong(`${path} has no member ${odd}: it may have ${MEMBERS.join(', ')}`);
  const baseUrl = textIn(value, 'base_url', path, wrong);
  if (baseUrl !== undefined && !/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ''))
    wrong(`${path}.base_url must begin with http:// or https://`);
  const { keys } = value;
  if (keys !== undefined && !(Array.isArray(keys) && keys.every((key) => typeof key === 'string')))
    wrong(`${path}.keys must be a list of texts`);
  return {
    adminKey: textIn(value, 'admin_key', path, wrong),
    baseUrl,
    table: textIn(value, 'table', path, wrong),
    keys: Array.isArray(keys) ? keys.map(String) : undefined,
  };
}

function textIn(value: JsonObject, name: string, path: string, wrong: (message: string) => void): string | undefined {
  const text = ownValue(value, name);
  if (text === undefined || text === null) return undefined;
  if (typeof text === 'string' && text !== '') return text;
  // What stands there may be a key.
  wrong(`${path}.${name} must be a text`);
  return undefined;
}
