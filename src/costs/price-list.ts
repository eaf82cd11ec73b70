import { createRequire } from 'node:module';
import type * as genaiPrices from '@pydantic/genai-prices';

type PriceList = typeof genaiPrices;

const last: { list?: WeakRef<PriceList> } = {};

/**
 * The package of listed prices. It takes 10 MB and is asked while a configuration is read, so it is not kept: it goes with the garbage,
 * and is loaded again (about 20 ms) if it is asked later.
 */
export function priceList(): PriceList {
  const known = last.list?.deref();
  if (known !== undefined) return known;
  // One for this call alone: it would keep what it loaded, and so would the cache of Node.js.
  const require = createRequire(import.meta.url);
  const list = require('@pydantic/genai-prices') as PriceList;
  delete require.cache[require.resolve('@pydantic/genai-prices')];
  last.list = new WeakRef(list);
  return list;
}
