/** The settings of compression: of single deployments, and for those without their own. */
import type { JsonValue } from '../../core/json.ts';
import { toJson } from '../config-node.ts';
import { own, type ReadNode, type SettingRows } from '../setting-rows.ts';

/**
 * How prompts are compressed. A number: the part of the characters that is kept. `lossless`: nothing is left out. `fit`: only a prompt
 * that is too long for every deployment, as far as it has to be.
 */
export type Compress = 'off' | 'lossless' | 'fit' | number;

const LEAST = 0.05;

/** A wish as a file, a key or a request has it; undefined if it says nothing known. */
export function compressOf(value: JsonValue | undefined): Compress | undefined {
  if (value === false || value === 'false' || value === 'off') return 'off';
  if (value === 'lossless' || value === 'fit') return value;
  const part = typeof value === 'string' && /^(?:0?\.\d{1,6}|1)$/.test(value.trim()) ? Number(value) : value;
  if (part === 1) return 'lossless';
  return typeof part === 'number' && part >= LEAST && part < 1 ? part : undefined;
}

const read: ReadNode<Compress> = (node, path, { findings }) => {
  const wish = compressOf(toJson(node));
  if (wish === undefined)
    findings.add(
      'error',
      'wrong-type',
      node,
      `${path} must be off, lossless, fit, or a part such as 0.5 (from ${LEAST})`,
    );
  return wish;
};

const DOC =
  'What long prompts are shortened to: the part of their characters to keep, such as `0.5`; `lossless` only writes JSON and repeated texts in fewer tokens; `fit` shortens what is too long for every deployment; `off`.';

/** The member of `litellm_params`. Of a group the first deployment's counts. */
export const COMPRESS_SETTINGS = {
  compress: own('any', DOC, { to: 'compress', read, otherwise: '`litellm_settings.compress`' }),
} satisfies SettingRows;

/** The member of `litellm_settings`. */
export const COMPRESS_DEFAULTS = {
  compress: own(
    'any',
    `${DOC} For groups that say nothing of their own. Written \`off\`, keys and requests may still ask for it.`,
    {
      to: 'compression.compress',
      read,
      otherwise: 'not at all',
    },
  ),
} satisfies SettingRows;
