/** Prices from an address of the operator's (`model_cost_map_url`): fetched at the start and at each reload, and kept for when that fails. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayConfig } from '../config/gateway-config.ts';
import { LARGEST_PRICE_FILE_BYTES, priceRows } from '../config/settings/price-file.ts';
import type { JsonObject } from '../core/json.ts';
import { permitNotice } from '../pipeline/money/permits.ts';
import type { Log } from '../telemetry/log.ts';
import { getText } from '../upstream/get-text.ts';
import type { Upstream } from '../upstream/upstream.ts';

const WITHIN_MS = 10_000;
const FILE = 'fetched-prices.json';

interface PriceDownloadOptions {
  readonly upstream: Upstream;
  /** Where the last good copy outlives the process; undefined: nowhere. */
  readonly dataFolder: string | undefined;
  readonly log: Pick<Log, 'app'>;
}

/** The last prices that were fetched, and from where. */
interface Fetched {
  readonly address: string;
  readonly rows: JsonObject;
}

/** Fills the prices of an address into configurations. */
export class PriceDownload {
  readonly #options: PriceDownloadOptions;
  #last: Fetched | undefined;

  constructor(options: PriceDownloadOptions) {
    this.#options = options;
  }

  /** The configuration with the prices that its address has now; those of the last time if it cannot be read. Never rejects. */
  async fill(config: GatewayConfig): Promise<GatewayConfig> {
    const address = config.budgets.prices?.address;
    if (address === undefined) return config;
    const got = await getText(this.#options.upstream, permitNotice(), address, {
      timeoutMs: WITHIN_MS,
      mostBytes: LARGEST_PRICE_FILE_BYTES,
    });
    const rows = 'text' in got ? priceRows(got.text) : undefined;
    if (rows !== undefined) {
      this.#last = { address, rows };
      this.#keep(this.#last);
    } else this.#warn(address, 'fault' in got ? got.fault : 'it is not a price file');
    return this.known(config);
  }

  /** The configuration with the prices that are known of its address, until they are fetched again. */
  known(config: GatewayConfig): GatewayConfig {
    const { prices } = config.budgets;
    if (prices?.address === undefined) return config;
    const rows = this.#kept(prices.address)?.rows;
    return rows === undefined ? config : { ...config, budgets: { ...config.budgets, prices: { ...prices, rows } } };
  }

  #warn(address: string, reason: string): void {
    const kept = this.#kept(address) !== undefined;
    const instead = kept ? 'those that were fetched last are used' : 'the prices that the gateway brings are used';
    const { host } = new URL(address);
    this.#options.log.app.warn({ host, reason }, `model_cost_map_url cannot be read: ${instead}`);
  }

  #kept(address: string): Fetched | undefined {
    if (this.#last === undefined) this.#last = this.#readKept();
    return this.#last?.address === address ? this.#last : undefined;
  }

  #readKept(): Fetched | undefined {
    const { dataFolder } = this.#options;
    if (dataFolder === undefined) return undefined;
    try {
      const { address, rows } = JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8'));
      const read = priceRows(JSON.stringify(rows));
      return typeof address === 'string' && read !== undefined ? { address, rows: read } : undefined;
    } catch {
      // There is none, or it was cut short: the next time makes it again.
      return undefined;
    }
  }

  #keep(fetched: Fetched): void {
    const { dataFolder, log } = this.#options;
    if (dataFolder === undefined) return;
    const path = join(dataFolder, FILE);
    try {
      writeFileSync(`${path}.new`, JSON.stringify(fetched), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      log.app.warn({ error }, 'The fetched prices cannot be kept for the next start');
    }
  }
}
