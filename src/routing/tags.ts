/** Tag routing as in LiteLLM: which deployments of a group a request's tags allow. */

/** How many of a request's tags a deployment must have: `tag_filtering_match_any`. */
export type TagMatch = 'any' | 'all';

/** The tag of deployments that take requests without tags, and requests whose tags no deployment of the group has. */
const DEFAULT_TAG = 'default';

/**
 * For each deployment (by its tags) undefined when the request may go there, or the reason why not. `!tag` leaves out
 * those that have it, `&tag` all that do not. A request without tags goes to the deployments tagged `default`, or to
 * any where none is. A tag that some deployment has is never answered by another one; a tag that none has falls to
 * `default`. `byAgent` says of which deployments a pattern fits the client's program: as good as a tag that fits.
 *
 * The filter looks at the whole group and not, as LiteLLM does, at what is left of it after cooldowns: otherwise
 * requests without tags move to the paid tier as soon as the free one is down.
 */
export function filterByTags(
  deployments: readonly (readonly string[])[],
  requestTags: readonly string[],
  match: TagMatch,
  byAgent: readonly boolean[] = [],
): readonly (string | undefined)[] {
  const wanted: string[] = [];
  const required: string[] = [];
  const banned: string[] = [];
  for (const tag of requestTags) {
    if (tag.startsWith('!')) banned.push(tag.slice(1));
    else if (tag.startsWith('&')) required.push(tag.slice(1));
    else wanted.push(tag);
  }
  const constraints = deployments.map((tags) => brokenConstraint(tags, required, banned));

  if (wanted.length > 0) {
    const matches = deployments.map(
      (tags, index) =>
        constraints[index] === undefined &&
        (byAgent[index] === true ||
          (match === 'any' ? wanted.some((tag) => tags.includes(tag)) : wanted.every((tag) => tags.includes(tag)))),
    );
    const isKnown = deployments.some((tags) => wanted.some((tag) => tags.includes(tag)));
    const reason = `has ${match === 'any' ? 'none' : 'not all'} of the tags ${wanted.join(', ')}`;
    if (isKnown || matches.includes(true)) {
      return matches.map((isMatch, index) => (isMatch ? undefined : (constraints[index] ?? reason)));
    }
    return deployments.map((tags, index) => constraints[index] ?? (tags.includes(DEFAULT_TAG) ? undefined : reason));
  }
  if (required.length > 0) return constraints;
  if (deployments.some((_, index) => byAgent[index] === true && constraints[index] === undefined)) {
    const reason = 'has no pattern that fits the client, as others of the group have';
    return constraints.map((broken, index) => broken ?? (byAgent[index] === true ? undefined : reason));
  }
  if (!deployments.some((tags) => tags.includes(DEFAULT_TAG))) return constraints;
  return deployments.map(
    (tags, index) =>
      constraints[index] ?? (tags.includes(DEFAULT_TAG) ? undefined : 'not tagged default, the request has no tag'),
  );
}

function brokenConstraint(
  tags: readonly string[],
  required: readonly string[],
  banned: readonly string[],
): string | undefined {
  const present = banned.find((tag) => tags.includes(tag));
  if (present !== undefined) return `has the tag ${present}`;
  const missing = required.find((tag) => !tags.includes(tag));
  return missing === undefined ? undefined : `has not the tag ${missing}`;
}
