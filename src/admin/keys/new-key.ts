/** Making keys: with the operator's defaults, within the operator's bounds and the maker's own rights. */
import { GatewayError } from '../../core/errors.ts';
import { newSecretKey } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Key } from '../../stores/contracts/directory.ts';
import { BINDINGS } from '../../tenancy/bound-names.ts';
import { hashKey } from '../../tenancy/hash-key.ts';
import { isAdmin, notYours } from '../authority.ts';
import type { ManagementCall } from '../contract.ts';
import { endOfDuration } from '../duration.ts';
import { Fields, wrongField } from '../fields.ts';
import { spenderOf } from '../spenders.ts';
import { setSpent } from '../spent.ts';
import { changedNow, madeNow } from '../stamps.ts';
import { createObject } from '../stored.ts';
import { withControls } from './controls.ts';
import { checkGrant, grantable, type Owner } from './granting.ts';
import { ADMIN_FIELDS, changeKey, type KeyChanges, readKeyFields } from './key-fields.ts';
import { boundedBody } from './key-params.ts';
import { withWitness } from './seen-by-others.ts';

const LEAST_SECRET_LENGTH = 16;

/** A key that was made, with its text: the only time that anyone sees it. */
export interface MadeKey {
  readonly key: Key;
  readonly secret: string;
}

interface NewKeyOptions {
  /** A key of a team that belongs to no user. */
  readonly isServiceAccount?: boolean;
  /** The first key of a user that the caller has just made, and the organisation it was made in. */
  readonly forNewUser?: { readonly organizationId?: string | undefined };
}

/** Makes a key of a request's body and stores it. */
export async function makeKey(call: ManagementCall, sent: JsonObject, options: NewKeyOptions = {}): Promise<MadeKey> {
  const { context } = call;
  const nowMs = context.clock.nowMs();
  const body = boundedBody(sent, context.config().management, nowMs);
  const fields = new Fields(body);
  const secret = readSecret(fields, 'key') ?? newSecretKey();
  const changes = readKeyFields(fields, nowMs);
  fields.finish(call);
  refuseAdminFields(call, sent);
  if (sent.key !== undefined && sent.key !== null && !isAdmin(call)) {
    throw notYours('choose the text of a key: only a proxy admin may send `key`', 'key');
  }
  const owner =
    options.forNewUser !== undefined && changes.teamId === undefined
      ? { of: { userId: changes.userId, teamId: undefined, ...options.forNewUser }, team: undefined }
      : await grantable(call, changes, { ...options, sent });
  const empty: Key = {
    hash: hashKey(secret),
    name: nameOf(secret),
    models: [],
    blocked: false,
    keyType: 'default',
    rotationCount: 0,
    ...madeNow(call),
  };
  const wanted = changeKey(empty, { ...endingAsTeamSays(changes, owner, nowMs), ...owner.of }, changedNow(call));
  const granted = withControls(call, await checkGrant(call, wanted, owner.team));
  // The one who makes a user passes the first key on to it.
  const key = options.forNewUser === undefined ? withWitness(call, granted) : granted;
  await checkAlias(call, key);
  await createObject(call, 'key', key);
  if (changes.spend) await setSpent(context, spenderOf.key(key), changes.spend);
  return { key, secret };
}

/** `team_member_key_duration`: a member's key of the team ends after it if the request does not say when. */
function endingAsTeamSays(
  changes: KeyChanges,
  { of, team }: { readonly of: Pick<Owner['of'], 'userId'>; readonly team?: Owner['team'] },
  nowMs: number,
): KeyChanges {
  const duration = team?.further.team_member_key_duration;
  const isOpen = changes.expiresAtMs === undefined && typeof of.userId === 'string' && typeof duration === 'string';
  const expiresAtMs = isOpen ? endOfDuration(duration, nowMs) : undefined;
  return expiresAtMs === undefined ? changes : { ...changes, expiresAtMs };
}

/** Refuses fields that only a proxy admin may send, unless they are empty. */
export function refuseAdminFields(call: ManagementCall, sent: JsonObject): void {
  if (isAdmin(call)) return;
  // An empty list allows no name and null any name, so that neither of them is nothing.
  const denied =
    BINDINGS.find((name) => sent[name] !== undefined) ?? ADMIN_FIELDS.find((name) => !isNothing(sent[name]));
  if (denied !== undefined) throw notYours(`set \`${denied}\`: only a proxy admin may`, denied);
}

function isNothing(value: JsonObject[string]): boolean {
  if (value === undefined || value === null || value === false || value === 0) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** A key's text that the caller chose. */
export function readSecret(fields: Fields, name: string): string | undefined {
  const secret = fields.text(name);
  if (secret === undefined || secret === null) return undefined;
  if (!/^sk-[\x21-\x7e]+$/.test(secret) || secret.length < LEAST_SECRET_LENGTH) {
    throw fields.wrong(
      name,
      `must begin with \`sk-\` and have ${LEAST_SECRET_LENGTH} or more characters and no spaces`,
    );
  }
  return secret;
}

/** `sk-...abcd`: a name by which people tell keys apart. */
export function nameOf(secret: string): string {
  return `sk-...${secret.slice(-4)}`;
}

/** Refuses an alias that another key has, or one of the wrong form if the operator wants the form checked. */
export async function checkAlias({ context }: ManagementCall, key: Pick<Key, 'alias' | 'hash'>): Promise<void> {
  const { alias, hash } = key;
  if (alias === undefined) return;
  // Keys are looked up by alias, and people cannot tell ` a` from `a`. LiteLLM refuses these as well.
  if (alias.trim() !== alias || alias === '' || alias === '-') {
    throw wrongField('key_alias', 'must not be empty, `-`, or begin or end with a space');
  }
  if (context.config().management.checkKeyAliasFormat && !/^[A-Za-z0-9][\w\-./@]{0,253}[A-Za-z0-9]$/.test(alias)) {
    throw wrongField('key_alias', 'must have 2 to 255 letters, digits and `-_./@`, with letters or digits at its ends');
  }
  const [found] = await context.directory.list('key', { alias }, { limit: 1, offset: 0 });
  if (found !== undefined && found.hash !== hash) {
    const message = 'Another key has this `key_alias` already. Choose a different one.';
    throw new GatewayError('invalid_request', message, { param: 'key_alias' });
  }
}
