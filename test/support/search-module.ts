/**
 * A Redis that can search: a server in front of a true Redis that answers `FT.…` itself, as RediSearch or valkey-search does, over
 * the hashes of that Redis, and hands on everything else. It refuses what they refuse
 * (https://redis.io/docs/latest/develop/ai/search-and-query/vectors, https://valkey.io/commands/ft.search, 2026-11-29).
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import {
  readReply,
  readRequest,
  replyEnd,
  writeError,
  writeList,
  writeNumber,
  writeRequest,
  writeText,
} from './resp.ts';

/** It. */
export interface SearchModule {
  readonly port: number;
  /** Every `FT.…` command that came, its first three words. */
  readonly commands: string[];
  /** What is answered in place of results. */
  failure: { readonly error: string } | 'hang' | undefined;
  /** A search is answered after so long. */
  delayMs: number;
  /** Changes what a search finds, as a faulty server would. */
  tamper: ((fields: Map<string, string>) => void) | undefined;
  close(): Promise<void>;
}

interface Index {
  readonly prefix: string;
  readonly tags: ReadonlySet<string>;
  readonly vector: string;
  readonly size: number;
}

/** Starts it in front of the Redis at a port. */
export async function startSearchModule(redisPort: number, kind: 'redis' | 'valkey' = 'redis'): Promise<SearchModule> {
  const indexes = new Map<string, Index>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client);
    const redis = connect(redisPort, '127.0.0.1');
    sockets.add(redis);
    const pass = new Passing(client, redis, new Commands(indexes, redisPort, kind, module));
    for (const socket of [client, redis]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        pass.end();
        sockets.delete(socket);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const module: SearchModule = {
    port: (server.address() as AddressInfo).port,
    commands: [],
    failure: undefined,
    delayMs: 0,
    tamper: undefined,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return module;
}

/** One connection: requests are answered one after the other, so that replies keep their order. */
class Passing {
  readonly #client: Socket;
  readonly #redis: Socket;
  readonly #commands: Commands;
  #asked = Buffer.alloc(0);
  #given = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #isBusy = false;

  constructor(client: Socket, redis: Socket, commands: Commands) {
    this.#client = client;
    this.#redis = redis;
    this.#commands = commands;
    client.on('data', (chunk) => {
      this.#asked = Buffer.concat([this.#asked, chunk]);
      void this.#work();
    });
    redis.on('data', (chunk) => {
      this.#given = Buffer.concat([this.#given, chunk]);
      this.#wake?.();
    });
  }

  end(): void {
    this.#client.destroy();
    this.#redis.destroy();
    this.#wake?.();
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let read = readRequest(this.#asked); read !== undefined; read = readRequest(this.#asked)) {
      const bytes = this.#asked.subarray(0, read.end);
      const words = read.value.map((word) => Buffer.from(word));
      this.#asked = Buffer.from(this.#asked.subarray(read.end));
      const name = String(words[0]).toUpperCase();
      if (name === 'HELLO') this.#commands.protocol = Number(String(words[1] ?? 2));
      const own = name.startsWith('FT.') ? await this.#commands.answer(name, words.slice(1)) : undefined;
      if (own === undefined) this.#redis.write(Buffer.from(bytes));
      this.#client.write(own ?? (await this.#reply()));
    }
    this.#isBusy = false;
  }

  async #reply(): Promise<Buffer> {
    for (;;) {
      const end = replyEnd(this.#given, 0);
      if (end !== -1) {
        const reply = Buffer.from(this.#given.subarray(0, end));
        this.#given = Buffer.from(this.#given.subarray(end));
        return reply;
      }
      if (this.#redis.destroyed) return Buffer.alloc(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

class Refusal extends Error {}

/** The commands about indexes. */
class Commands {
  readonly #indexes: Map<string, Index>;
  readonly #redisPort: number;
  readonly #kind: 'redis' | 'valkey';
  readonly #module: SearchModule;
  protocol = 2;

  constructor(indexes: Map<string, Index>, redisPort: number, kind: 'redis' | 'valkey', module: SearchModule) {
    this.#indexes = indexes;
    this.#redisPort = redisPort;
    this.#kind = kind;
    this.#module = module;
  }

  async answer(name: string, words: readonly Buffer[]): Promise<Buffer> {
    const { commands, failure, delayMs } = this.#module;
    commands.push([name, ...words.slice(0, 2)].join(' '));
    if (failure === 'hang') await new Promise(() => undefined);
    if (typeof failure === 'object') return writeError(failure.error);
    if (name === 'FT.SEARCH' && delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    try {
      switch (name) {
        case 'FT._LIST':
          return writeList([...this.#indexes.keys()].map(writeText), this.#isMapped ? '~' : '*');
        case 'FT.CREATE':
          return this.#create(words.map(String));
        case 'FT.INFO':
          return await this.#info(String(words[0]));
        case 'FT.SEARCH':
          return await this.#search(words);
        default:
          throw new Refusal(`ERR unknown command '${name}', with args beginning with: `);
      }
    } catch (error) {
      if (error instanceof Refusal) return writeError(error.message);
      throw error;
    }
  }

  /** valkey-search answers with lists in RESP3 too. */
  get #isMapped(): boolean {
    return this.protocol === 3 && this.#kind === 'redis';
  }

  #index(name: string): Index {
    const index = this.#indexes.get(name);
    if (index !== undefined) return index;
    throw new Refusal(this.#kind === 'valkey' ? `Index with name '${name}' not found` : `${name}: no such index`);
  }

  #create([name = '', ...words]: readonly string[]): Buffer {
    if (this.#indexes.has(name))
      throw new Refusal(this.#kind === 'valkey' ? `Index ${name} already exists.` : 'Index already exists');
    const schema = words.indexOf('SCHEMA');
    const [on, type, prefixWord, count, prefix] = words;
    if (
      on !== 'ON' ||
      type !== 'HASH' ||
      prefixWord !== 'PREFIX' ||
      count !== '1' ||
      schema !== 5 ||
      prefix === undefined
    )
      throw new Refusal(`Unknown argument \`${words[0] ?? ''}\``);
    const tags = new Set<string>();
    let vector: { name: string; size: number } | undefined;
    for (let at = schema + 1; at < words.length; ) {
      const [field = '', kind] = words.slice(at, at + 2);
      if (kind === 'TAG') {
        tags.add(field);
        at += 2;
      } else if (kind === 'VECTOR') {
        const [algorithm = '', length = ''] = words.slice(at + 2, at + 4);
        const pairs = words.slice(at + 4, at + 4 + Number(length));
        const given = new Map(
          pairs.flatMap((each, index) => (index % 2 === 0 ? [[each, pairs[index + 1]] as const] : [])),
        );
        const size = Number(given.get('DIM'));
        const isWhole =
          /^(?:FLAT|HNSW)$/.test(algorithm) &&
          pairs.length === Number(length) &&
          given.get('TYPE') === 'FLOAT32' &&
          /^(?:COSINE|IP|L2)$/.test(given.get('DISTANCE_METRIC') ?? '') &&
          Number.isSafeInteger(size) &&
          size > 0;
        if (!isWhole) throw new Refusal('Bad arguments for vector similarity index');
        vector = { name: field, size };
        at += 4 + Number(length);
      } else throw new Refusal(`Invalid field type for field \`${field}\``);
    }
    if (vector === undefined) throw new Refusal('Fields arguments are missing');
    this.#indexes.set(name, { prefix, tags, vector: vector.name, size: vector.size });
    return Buffer.from('+OK\r\n');
  }

  async #info(name: string): Promise<Buffer> {
    const count = (await this.#documents(this.#index(name))).length;
    const pairs = [writeText('index_name'), writeText(name), writeText('num_docs'), writeNumber(count)];
    return writeList(pairs, this.#isMapped ? '%' : '*');
  }

  async #search([name = Buffer.alloc(0), query = Buffer.alloc(0), ...words]: readonly Buffer[]): Promise<Buffer> {
    const index = this.#index(String(name));
    const asked = readSearch(String(query), words, index);
    const found: { id: string; distance: number; fields: Map<string, Buffer> }[] = [];
    for (const { id, fields } of await this.#documents(index)) {
      if (!asked.tags.every(([tag, value]) => tagsOf(fields.get(tag)).includes(value.toLowerCase()))) continue;
      const vector = fields.get(index.vector);
      if (vector?.length !== 4 * index.size) continue;
      found.push({ id, fields, distance: 1 - cosine(asked.direction, vector) });
    }
    found.sort((one, other) => one.distance - other.distance);
    const nearest = found.slice(0, asked.most).slice(asked.from, asked.from + asked.count);
    const documents = nearest.map(({ id, distance, fields }) => {
      const all = new Map([...fields].map(([field, value]) => [field, value.toString('utf8')]));
      all.set(asked.alias, String(Math.fround(distance)));
      this.#module.tamper?.(all);
      return { id, fields: asked.returned.flatMap((field) => (all.has(field) ? [field, all.get(field) ?? ''] : [])) };
    });
    return this.#written(Math.min(found.length, asked.most), documents, asked.hasContent);
  }

  #written(
    total: number,
    documents: readonly { readonly id: string; readonly fields: readonly string[] }[],
    hasContent: boolean,
  ): Buffer {
    if (!this.#isMapped)
      return writeList([
        writeNumber(total),
        ...documents.flatMap(({ id, fields }) =>
          hasContent ? [writeText(id), writeList(fields.map(writeText))] : [writeText(id)],
        ),
      ]);
    const results = documents.map(({ id, fields }) => {
      const content = [writeText('extra_attributes'), writeList(fields.map(writeText), '%')];
      return writeList(
        [writeText('id'), writeText(id), ...(hasContent ? content : []), writeText('values'), writeList([])],
        '%',
      );
    });
    const pairs = ['attributes', writeList([]), 'format', writeText('STRING'), 'results', writeList(results)];
    const further = ['total_results', writeNumber(total), 'warning', writeList([])];
    return writeList(
      [...pairs, ...further].map((each) => (typeof each === 'string' ? writeText(each) : each)),
      '%',
    );
  }

  async #documents({ prefix }: Index): Promise<readonly { id: string; fields: Map<string, Buffer> }[]> {
    const redis = connect(this.#redisPort, '127.0.0.1');
    redis.on('error', () => undefined);
    const ask = (commands: readonly (readonly string[])[]): Promise<unknown[]> =>
      new Promise((resolve, reject) => {
        let bytes = Buffer.alloc(0);
        const replies: unknown[] = [];
        const onData = (chunk: Buffer): void => {
          bytes = Buffer.concat([bytes, chunk]);
          for (let end = replyEnd(bytes, 0); end !== -1; end = replyEnd(bytes, 0)) {
            replies.push(readReply(Buffer.from(bytes.subarray(0, end))).value);
            bytes = Buffer.from(bytes.subarray(end));
          }
          if (replies.length < commands.length) return;
          redis.off('data', onData);
          resolve(replies);
        };
        redis.on('data', onData);
        redis.once('close', () => reject(new Refusal('ERR the Redis behind is gone')));
        redis.write(Buffer.concat(commands.map(writeRequest)));
      });
    try {
      const [found] = await ask([['KEYS', `${prefix.replace(/[[\]*?\\]/g, '\\$&')}*`]]);
      const keys = (found as Buffer[]).map(String);
      if (keys.length === 0) return [];
      const hashes = await ask(keys.map((key) => ['HGETALL', key]));
      return keys.map((id, index) => {
        const flat = hashes[index] as Buffer[];
        const fields = new Map<string, Buffer>();
        for (let at = 0; at + 1 < flat.length; at += 2) fields.set(String(flat[at]), Buffer.from(flat[at + 1] ?? ''));
        return { id, fields };
      });
    } finally {
      redis.destroy();
    }
  }
}

const tagsOf = (value: Buffer | undefined): readonly string[] =>
  value === undefined ? [] : String(value).toLowerCase().split(',');

function cosine(one: Buffer, other: Buffer): number {
  let [dot, left, right] = [0, 0, 0];
  for (let at = 0; at < one.length; at += 4) {
    const [a, b] = [one.readFloatLE(at), other.readFloatLE(at)];
    dot += a * b;
    left += a * a;
    right += b * b;
  }
  return dot / Math.sqrt(left * right);
}

interface AskedSearch {
  readonly tags: readonly (readonly [name: string, value: string])[];
  readonly most: number;
  readonly alias: string;
  readonly direction: Buffer;
  readonly returned: readonly string[];
  readonly hasContent: boolean;
  readonly from: number;
  readonly count: number;
}

/** Letters that mean something in a query, and have to be escaped in a tag. */
const TAG = /@(\w+):\{([\dA-Za-z_]+)\}/g;
const QUERY = /^\((@\w+:\{[\dA-Za-z_]+\}(?: @\w+:\{[\dA-Za-z_]+\})*)\)=>\[KNN (\d+) @(\w+) \$(\w+)(?: AS (\w+))?\]$/;
const DEFAULT_COUNT = 10;

function readSearch(query: string, words: readonly Buffer[], index: Index): AskedSearch {
  const text = words.map(String);
  const after = (name: string): number => {
    const at = text.indexOf(name);
    return at === -1 ? Number.NaN : at + 1;
  };
  const [, filter = '', most = '', field = '', parameter = '', alias = `__${field}_score`] = QUERY.exec(query) ?? [];
  if (filter === '' || Number(text[after('DIALECT')]) < 2 || !text.includes('DIALECT'))
    throw new Refusal(`Syntax error at offset 0 near ${query.slice(0, 10)}`);
  const tags = [...filter.matchAll(TAG)].map(([, name = '', value = '']) => [name, value] as const);
  for (const [name] of tags) if (!index.tags.has(name)) throw new Refusal(`Unknown field at offset 0 near ${name}`);
  if (field !== index.vector) throw new Refusal(`Unknown field at offset 0 near ${field}`);
  if (Number(most) === 0) throw new Refusal('KNN K parameter must be greater than 0');
  const parameters = after('PARAMS');
  const named = text.indexOf(parameter, parameters + 1);
  const direction = Number.isNaN(parameters) || named === -1 ? undefined : words[named + 1];
  if (direction === undefined) throw new Refusal(`No such parameter \`${parameter}\``);
  if (direction.length !== 4 * index.size)
    throw new Refusal(
      `Error parsing vector similarity query: query vector blob size (${direction.length}) does not match index's expected size (${4 * index.size}).`,
    );
  const returned = after('RETURN');
  const count = Number(text[returned]);
  const limit = after('LIMIT');
  return {
    ...{ tags, alias, direction, most: Number(most) },
    returned: Number.isNaN(returned) ? [] : text.slice(returned + 1, returned + 1 + count),
    hasContent: !text.includes('NOCONTENT'),
    from: Number.isNaN(limit) ? 0 : Number(text[limit]),
    count: Number.isNaN(limit) ? DEFAULT_COUNT : Number(text[limit + 1]),
  };
}
