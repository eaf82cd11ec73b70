/** After so many records other work runs, so that a scrape never holds up requests for long. */
export const RECORDS_AT_A_TIME = 100;

/** To join a record with those of other processes takes longer than to write it. */
const JOINED_AT_A_TIME = 10;

/** Resolves after a turn of the event loop. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The records of a list, with turns of the event loop in between. */
export async function* inSlices<Item>(records: readonly Item[]): AsyncGenerator<Item> {
  let count = 0;
  for (const record of records) {
    yield record;
    count += 1;
    if (count % JOINED_AT_A_TIME === 0) await breathe();
  }
}
