import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { errorBody } from '../formats/errors.ts';
import { bodyReply, type Reply, wholeReply } from '../sending/reply.ts';
import { bytesOf, editJson, editMembers, withBytes } from './alter.ts';
import type { Fault } from './fault.ts';
import { numbersIn } from './fault.ts';

const PAGE =
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser.</body></html>';
const USAGE_MEMBERS = ['usage', 'usageMetadata'];
const MEGABYTE = 1024 * 1024;

/** Faults of what a body holds and how it is packed. */
export const bodyFaults: readonly Fault[] = [
  {
    name: 'error-in-200',
    does: 'Answers 200 with an error body.',
    cases: ['F18'],
    effect: ({ family, requestId }) => ({
      instead: wholeReply(
        family,
        errorBody(family, { status: 500, kind: 'server', message: 'The server had an error.' }, requestId),
      ),
    }),
  },
  {
    name: 'html-in-200',
    does: 'Answers 200 with an HTML page.',
    cases: ['F18'],
    effect: ({ family }) => ({ instead: bodyReply(family, PAGE, { contentType: 'text/html; charset=utf-8' }) }),
  },
  {
    name: 'empty-200',
    does: 'Answers 200 with no body at all.',
    cases: ['F18'],
    effect: ({ family }) => ({ instead: bodyReply(family, '', { contentType: 'application/json' }) }),
  },
  packed('gzip', 'gzip', (bytes) => gzipSync(bytes)),
  packed('br', 'br', (bytes) => brotliCompressSync(bytes)),
  packed('deflate', 'deflate', (bytes) => deflateSync(bytes)),
  packed('zstd', 'zstd', (bytes) => zstdCompressSync(bytes)),
  packed('gzip-double', 'gzip, gzip', (bytes) => gzipSync(gzipSync(bytes)), 'Packs the body with gzip twice.'),
  packed('gzip-corrupt', 'gzip', corrupt, 'Packs the body with gzip and damages it in the middle.'),
  {
    name: 'gzip-bomb',
    argument: 'MEGABYTES',
    does: 'Sends a small gzip body that unpacks to MEGABYTES (100).',
    cases: ['F23'],
    effect: ({ argument }) => ({
      alter: (reply) => {
        // Members of gzip may follow each other: one packed megabyte, again and again.
        const bomb = gzipSync(Buffer.alloc(MEGABYTE, ' '));
        const copies = Array.from({ length: numbersIn(argument, 100)[0] ?? 100 }, () => bomb);
        return withBytes(reply, Buffer.concat([gzipSync(bytesOf(reply).subarray(0, 1)), ...copies]), {
          'content-encoding': 'gzip',
        });
      },
    }),
  },
  {
    name: 'usage-missing',
    does: 'Leaves usage out everywhere.',
    cases: ['F26'],
    effect: () => ({ alter: (reply) => editUsage(reply, () => undefined) }),
  },
  {
    name: 'usage-negative',
    does: 'Makes all numbers of usage negative.',
    cases: ['F26'],
    effect: () => ({ alter: (reply) => editUsage(reply, (usage) => editNumbers(usage, () => -7)) }),
  },
  {
    name: 'usage-huge',
    does: 'Makes all numbers of usage 1e300.',
    cases: ['F26'],
    effect: () => ({ alter: (reply) => editUsage(reply, (usage) => editNumbers(usage, () => 1e300)) }),
  },
  {
    name: 'usage-nan',
    does: 'Writes the bare word `NaN` for all numbers of usage, which is no JSON.',
    cases: ['F26'],
    effect: () => ({
      alter: (reply) =>
        editJson(reply, (json) => {
          const marked = editMembers(json, (name, member) =>
            USAGE_MEMBERS.includes(name) ? editNumbers(member, () => '%NaN%') : member,
          );
          return JSON.stringify(marked).replaceAll('"%NaN%"', 'NaN');
        }),
    }),
  },
  {
    name: 'finish-unknown',
    does: 'Gives a finish reason that no provider documents.',
    cases: ['F26'],
    effect: () => ({
      alter: (reply) =>
        editAll(reply, (name, member) =>
          typeof member === 'string' && ['finish_reason', 'stop_reason', 'finishReason'].includes(name)
            ? 'cosmic_rays'
            : member,
        ),
    }),
  },
  {
    name: 'tool-arguments-broken',
    does: 'Calls a tool (where there is one) with arguments that are no JSON.',
    cases: ['F26'],
    effect: () => ({
      wishes: { tool: true },
      alter: (reply) =>
        editAll(reply, (name, member) =>
          typeof member === 'string' && ['arguments', 'partial_json'].includes(name)
            ? member.replace(/[}"]+$/, '')
            : member,
        ),
    }),
  },
  {
    name: 'indices-duplicate',
    does: 'Numbers all choices, blocks and tool calls 0.',
    cases: ['F27'],
    effect: () => ({
      alter: (reply) => editAll(reply, (name, member) => (name === 'index' && typeof member === 'number' ? 0 : member)),
    }),
  },
  {
    name: 'indices-shuffled',
    does: 'Numbers choices, blocks and tool calls out of order, with gaps: 0, 1, 2 become 7, 4, 1.',
    cases: ['F27'],
    effect: () => ({
      alter: (reply) =>
        editAll(reply, (name, member) =>
          name === 'index' && typeof member === 'number' ? Math.abs(7 - member * 3) : member,
        ),
    }),
  },
];

function packed(
  name: string,
  encoding: string,
  pack: (bytes: Buffer) => Buffer,
  does = `Packs the body with ${encoding}, asked for or not.`,
): Fault {
  return {
    name,
    does,
    cases: ['F23'],
    effect: () => ({ alter: (reply) => withBytes(reply, pack(bytesOf(reply)), { 'content-encoding': encoding }) }),
  };
}

function corrupt(bytes: Buffer): Buffer {
  const zipped = gzipSync(bytes);
  const middle = Math.floor(zipped.length / 2);
  for (let at = middle; at < Math.min(middle + 8, zipped.length); at++) zipped[at] = (zipped[at] ?? 0) ^ 0xff;
  return zipped;
}

function editAll(reply: Reply, edit: (name: string, member: JsonValue) => JsonValue | undefined): Reply {
  return editJson(reply, (json) => editMembers(json, edit) as JsonObject);
}

function editUsage(reply: Reply, edit: (usage: JsonValue) => JsonValue | undefined): Reply {
  return editAll(reply, (name, member) => (USAGE_MEMBERS.includes(name) ? edit(member) : member));
}

function editNumbers(value: JsonValue, edit: () => JsonValue): JsonValue {
  return editMembers(value, (_, member) => (typeof member === 'number' ? edit() : member));
}
