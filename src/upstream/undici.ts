/**
 * The parts of undici that are used, by their files: its index also loads `fetch`, WebSockets, caches and mocks, which take 10 MB. The
 * version is pinned, because files may move.
 */
import { createRequire } from 'node:module';
import type * as undici from 'undici';

type Undici = typeof undici;
const require = createRequire(import.meta.url);

/** Connections to any number of origins. */
export const Agent = require('undici/lib/dispatcher/agent.js') as Undici['Agent'];
/** Makes connections. */
export const buildConnector = require('undici/lib/core/connect.js') as Undici['buildConnector'];
/** The errors of calls. */
export const errors = require('undici/lib/core/errors.js') as Undici['errors'];
