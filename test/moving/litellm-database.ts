/** A database with LiteLLM's tables, as its migrations make them, and rows as its code writes them. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';

const SCHEMA = join(import.meta.dirname, '../../../shared/reference/litellm-database.sql');

/** Why tests that need the schema are skipped; false if it is there. */
export const skipWithoutSchema = existsSync(SCHEMA) ? false : '../shared/reference/litellm-database.sql is absent';

type Value = string | number | boolean | null | readonly string[] | Readonly<Record<string, unknown>>;

/** An open database of LiteLLM's. */
export interface LitellmDatabase {
  readonly url: string;
  insert(table: string, row: Readonly<Record<string, Value>>): Promise<void>;
  run(statement: string, values?: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
}

/** Makes LiteLLM's tables in an empty database. */
export async function makeLitellmDatabase(url: string): Promise<LitellmDatabase> {
  const client = new Client({ connectionString: url });
  await client.connect();
  // The function of the trigger is not in the file, and moves nothing.
  const statements = readFileSync(SCHEMA, 'utf8').replace(/^CREATE TRIGGER .*$/m, '');
  await client.query(statements);
  return {
    url,
    async insert(table, row) {
      const columns = Object.keys(row);
      const places = columns.map((_, index) => `$${index + 1}`);
      const values = Object.values(row).map((value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) ? JSON.stringify(value) : value,
      );
      const names = columns.map((column) => `"${column}"`).join(', ');
      await client.query(`insert into "LiteLLM_${table}" (${names}) values (${places.join(', ')})`, values);
    },
    async run(statement, values = []) {
      await client.query(statement, [...values]);
    },
    close: () => client.end(),
  };
}

/** The hash under which both gateways store a key. */
export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

/** A value as LiteLLM encrypts it if `general_settings.encryption_algorithm` is `aes-256-gcm`. */
export function encryptGcm(text: string, saltKey: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', createHash('sha256').update(saltKey).digest(), nonce);
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `v2:gcm:${sealed.toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
}
