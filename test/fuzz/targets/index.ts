import type { FuzzTarget } from '../target.ts';
import { BODY_TARGETS } from './bodies.ts';
import { FORMAT_TARGETS } from './formats.ts';
import { SECURITY_TARGETS } from './security.ts';
import { STORED_TARGETS } from './stored.ts';
import { WIRE_TARGETS } from './wire.ts';

/** Every reader of bytes that is fuzzed. */
export const TARGETS: readonly FuzzTarget[] = [
  ...WIRE_TARGETS,
  ...BODY_TARGETS,
  ...FORMAT_TARGETS,
  ...SECURITY_TARGETS,
  ...STORED_TARGETS,
];
