/** Readers of `cost_discount_config` and `cost_margin_config`: what is taken off a provider's prices, and added to them. */
import { type PicoUsd, picoUsdFromUsd } from '../../core/money.ts';
import { type ConfigNode, member } from '../config-node.ts';
import { describeValue } from '../finding.ts';
import type { ReadingContext } from '../reading-context.ts';
import type { ReadNode } from '../setting-rows.ts';

/** What is added to the cost of an answer. */
interface CostMargin {
  /** As a share of it. */
  readonly share: number;
  readonly fixed: PicoUsd;
}

/** Margins by provider, and that of providers without one. */
interface CostMargins {
  readonly byProvider: Readonly<Record<string, CostMargin>>;
  readonly others?: CostMargin;
}

/** For all providers that are not named, as LiteLLM calls it. */
const GLOBAL = 'global';
const MOST_MARGIN = 1_000;

/** Reads `cost_discount_config`: a provider → the share that is taken off, from 0 to 1. */
export const readDiscounts: ReadNode<Readonly<Record<string, number>>> = (node, path, context) => {
  const discounts: Record<string, number> = {};
  for (const { key, value } of entriesOf(node)) {
    const share = numberOf(value);
    if (share === undefined || share > 1) report(value, `${path}.${key}`, 'a share from 0 to 1', context);
    else {
      const provider = providerOf(key, value, path, context);
      if (provider !== undefined) discounts[provider] = share;
    }
  }
  return discounts;
};

/** Reads `cost_margin_config`: a provider or `global` → a share, or `{percentage, fixed_amount}`. */
export const readMargins: ReadNode<CostMargins> = (node, path, context) => {
  const byProvider: Record<string, CostMargin> = {};
  let others: CostMargin | undefined;
  for (const { key, value } of entriesOf(node)) {
    const margin = marginOf(value);
    if (margin === undefined) {
      report(
        value,
        `${path}.${key}`,
        'a share (0.1 adds 10%), or a map with percentage and fixed_amount (USD)',
        context,
      );
    } else if (key === GLOBAL) others = margin;
    else {
      const provider = providerOf(key, value, path, context);
      if (provider !== undefined) byProvider[provider] = margin;
    }
  }
  return { byProvider, ...(others !== undefined && { others }) };
};

function marginOf(node: ConfigNode): CostMargin | undefined {
  if (node.kind === 'scalar') {
    const share = numberOf(node);
    return share === undefined || share > MOST_MARGIN ? undefined : { share, fixed: 0n };
  }
  if (node.kind !== 'map' || node.entries.size === 0) return undefined;
  if ([...node.entries.keys()].some((name) => name !== 'percentage' && name !== 'fixed_amount')) return undefined;
  const [percentage, amount] = [member(node, 'percentage'), member(node, 'fixed_amount')];
  const share = percentage === undefined ? 0 : numberOf(percentage);
  const fixed = picoUsdFromUsd(amount === undefined ? 0 : (numberOf(amount) ?? Number.NaN));
  return share === undefined || share > MOST_MARGIN || fixed === undefined ? undefined : { share, fixed };
}

const entriesOf = (node: ConfigNode) => (node.kind === 'map' ? [...node.entries.values()] : []);

function numberOf(node: ConfigNode): number | undefined {
  if (node.kind !== 'scalar' || node.value === null || typeof node.value === 'boolean' || node.value === '')
    return undefined;
  const number = Number(node.value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

function report(node: ConfigNode, path: string, words: string, { findings }: ReadingContext): void {
  findings.add('error', 'wrong-type', node, `${path} must be ${words}, but is ${describeValue(node, false)}`);
}

/** A slip would leave a provider that is used at another price; what is not served costs nothing. */
function providerOf(name: string, place: ConfigNode, path: string, context: ReadingContext): string | undefined {
  const provider = context.providers.find(name);
  if (provider !== undefined) return provider.name;
  const message = `${path} names the provider "${name}", which is not known; it would change no price`;
  const suggestion = context.providers.suggest(name);
  if (suggestion === undefined) context.reportUnserved(place, message);
  else context.findings.add('error', 'unknown-provider', place, message, suggestion);
  return undefined;
}
