import { defined } from '../core/defined.ts';
import { picoUsdFromUsd } from '../core/money.ts';
import type { ListedModel } from './package-rates.ts';

/** USD per million tokens. */
interface FurtherRow {
  readonly input: number;
  readonly cachedInput?: number;
  readonly output: number;
  readonly contextWindow: number;
}

/** Models of well-known providers that the price list lacks. A row is deleted as soon as the list has it. */
const FURTHER: Readonly<
  Record<string, { readonly source: string; readonly rows: Readonly<Record<string, FurtherRow>> }>
> = {
  // The list has Z.AI from GLM-5.2 on. https://docs.z.ai/guides/overview/pricing (2026-06).
  zai: {
    source: 'https://docs.z.ai/guides/overview/pricing (2026-06)',
    rows: {
      'glm-5': { input: 1, cachedInput: 0.2, output: 3.2, contextWindow: 200_000 },
      'glm-4.7': { input: 0.6, cachedInput: 0.11, output: 2.2, contextWindow: 200_000 },
      'glm-4.6': { input: 0.6, cachedInput: 0.11, output: 2.2, contextWindow: 200_000 },
      'glm-4.5': { input: 0.6, cachedInput: 0.11, output: 2.2, contextWindow: 128_000 },
      'glm-4.5v': { input: 0.6, cachedInput: 0.11, output: 1.8, contextWindow: 64_000 },
      'glm-4.5-x': { input: 2.2, cachedInput: 0.45, output: 8.9, contextWindow: 128_000 },
      'glm-4.5-air': { input: 0.2, cachedInput: 0.03, output: 1.1, contextWindow: 128_000 },
      'glm-4.5-airx': { input: 1.1, cachedInput: 0.22, output: 4.5, contextWindow: 128_000 },
      'glm-4.5-flash': { input: 0, output: 0, contextWindow: 128_000 },
    },
  },
};

/** A model that the price list lacks; undefined if it is unknown here too. */
export function furtherRates(provider: string, model: string): ListedModel | undefined {
  const owner = Object.hasOwn(FURTHER, provider) ? FURTHER[provider] : undefined;
  const name = model.toLowerCase();
  const row = owner !== undefined && Object.hasOwn(owner.rows, name) ? owner.rows[name] : undefined;
  if (owner === undefined || row === undefined) return undefined;
  return {
    owner: provider,
    id: name,
    contextWindow: row.contextWindow,
    rows: [
      {
        condition: { kind: 'always' },
        card: {
          input: perToken(row.input),
          output: perToken(row.output),
          ...defined({ cachedInput: row.cachedInput === undefined ? undefined : perToken(row.cachedInput) }),
          source: owner.source,
        },
      },
    ],
  };
}

function perToken(usdPerMillion: number): { base: bigint; tiers: [] } {
  return { base: (picoUsdFromUsd(usdPerMillion) ?? 0n) / 1_000_000n, tiers: [] };
}
