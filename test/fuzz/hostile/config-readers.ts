/** Readers of the operator's file: as a text, and as a value in it. */

import { loadConfig } from '../../../src/config/load.ts';
import { FEATURE_SETTINGS } from '../../../src/features/index.ts';
import { providers } from '../../../src/providers/index.ts';
import type { TextReader } from './text-reader.ts';

const MOST_BYTES = 131_072;
/** The YAML library makes several objects for each token, and two quotes are one. Only who may start the gateway can write this file. */
const MOST_MS_FOR_A_MEGABYTE = 10_000;

function read(input: Buffer): void {
  loadConfig({
    files: ['/hostile/config.yaml'],
    env: { KEY: 'x' },
    knownProviders: providers,
    features: FEATURE_SETTINGS,
    readFile(path) {
      if (path.endsWith('config.yaml')) return input;
      throw Object.assign(new Error('absent'), { code: 'ENOENT' });
    },
  });
}

/** Both of them. */
export const CONFIG_READERS: readonly TextReader[] = [
  {
    name: 'configuration file',
    mostBytes: MOST_BYTES,
    mostMs: MOST_MS_FOR_A_MEGABYTE,
    marks: ['- a\n', 'a: &a 1\n', '*a ', '? ', '- {a: 1}\n', '|\n', 'a: b: ', '&a [*a, '],
    read,
  },
  {
    name: 'values of the configuration',
    mostBytes: MOST_BYTES,
    mostMs: MOST_MS_FOR_A_MEGABYTE,
    copies: 4,
    marks: ['${', '${KEY', 'os.environ/', 'os.environ/KEY ', '1h', '*', '/'],
    frame: (_text, json) =>
      Buffer.from(
        `{"model_list":[{"model_name":${json},"litellm_params":{"model":"openai/x","api_key":${json}}}],"general_settings":{"master_key":${json}},"user_api_key_list":[{"api_key":"sk-key-of-a-user","models":[${json}]}]}`,
      ),
    read,
  },
];
