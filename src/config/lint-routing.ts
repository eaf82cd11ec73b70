/** Checks of routing as a whole: circular fallbacks, and orders and weights that some deployments of a group lack. */
import { type MapNode, type Place, placesByPosition } from './config-node.ts';
import { FALLBACK_SETTINGS, type FallbackStep } from './fallbacks.ts';
import type { Findings } from './finding.ts';
import type { DeploymentConfig } from './gateway-config.ts';
import type { GroupIndex } from './group-index.ts';
import type { Draft } from './read-config.ts';

const LONGEST_SHOWN_CIRCLE = 8;

/** Runs these checks on a draft. */
export function lintRouting(draft: Draft, groups: GroupIndex, root: MapNode, findings: Findings): void {
  for (const setting of FALLBACK_SETTINGS) {
    const steps = draft.fallbackSteps.filter((step) => step.setting === setting && step.from !== '*');
    lintCircles(steps, groups, findings);
  }
  reportMixed(
    draft,
    root,
    ({ order }) => order,
    (place, group) => {
      const message = `some deployments of "${group}" have an order and this one does not: it is tried after all of them`;
      findings.add('note', 'mixed-order', place, message);
    },
  );
  reportMixed(
    draft,
    root,
    ({ weight }) => weight,
    (place, group) => {
      const message = `some deployments of "${group}" have a weight and this one does not: it gets no request while one of them is available; give it a weight too`;
      findings.add('warning', 'mixed-weight', place, message);
    },
  );
}

interface NamedStep extends FallbackStep {
  /** Both ends with aliases followed. */
  readonly source: string;
  readonly target: string;
}

/**
 * Reports each circle once, at the step that closes it. It does no harm to a request, because no group is tried twice; but its
 * author may think that the first group is tried again.
 */
function lintCircles(steps: readonly FallbackStep[], groups: GroupIndex, findings: Findings): void {
  const nameOf = (name: string): string => groups.follow(name).group;
  const from = new Map<string, NamedStep[]>();
  for (const step of steps) {
    const named = { ...step, source: nameOf(step.from), target: nameOf(step.to) };
    if (named.source === named.target) {
      const message = `${step.setting}: "${step.from}" falls back to itself; that step is skipped`;
      findings.add('warning', 'fallback-cycle', step.place, message);
      continue;
    }
    const list = from.get(named.source);
    if (list === undefined) from.set(named.source, [named]);
    else list.push(named);
  }
  const done = new Set<string>();
  for (const start of from.keys()) walk(start, from, done, findings);
}

/** A depth-first walk with a stack of its own: a file may chain thousands of groups. */
function walk(
  start: string,
  from: ReadonlyMap<string, readonly NamedStep[]>,
  done: Set<string>,
  findings: Findings,
): void {
  const path: { readonly group: string; next: number }[] = [];
  const onPath = new Map<string, number>();
  const enter = (group: string): void => {
    onPath.set(group, path.length);
    path.push({ group, next: 0 });
  };
  if (!done.has(start)) enter(start);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const step = from.get(top.group)?.[top.next];
    top.next += 1;
    if (step === undefined) {
      path.pop();
      onPath.delete(top.group);
      done.add(top.group);
    } else if (onPath.has(step.target)) {
      const circle = path.slice(onPath.get(step.target)).map(({ group }) => group);
      reportCircle([...circle, step.target], step, findings);
    } else if (!done.has(step.target)) enter(step.target);
  }
}

function reportCircle(circle: readonly string[], step: FallbackStep, findings: Findings): void {
  const names =
    circle.length <= LONGEST_SHOWN_CIRCLE ? circle : [...circle.slice(0, LONGEST_SHOWN_CIRCLE - 1), '…', circle.at(-1)];
  const message = `${step.setting} lead in a circle: ${names.join(' → ')}; a request never tries a group twice, so it ends before it returns to "${circle[0]}"`;
  findings.add('warning', 'fallback-cycle', step.place, message);
}

/** Reports, for each group of which some deployments have a setting, the first that lacks it, which is easily overlooked. */
function reportMixed(
  draft: Draft,
  root: MapNode,
  settingOf: (deployment: DeploymentConfig) => number | undefined,
  report: (place: Place | undefined, group: string) => void,
): void {
  const mixed = new Map<string, { having: number; position: string | undefined }>();
  for (const deployment of draft.config.deployments) {
    const { group, position } = deployment;
    const known = mixed.get(group) ?? { having: 0, position: undefined };
    mixed.set(group, known);
    if (settingOf(deployment) === undefined) known.position ??= position;
    else known.having += 1;
  }
  let places: ReadonlyMap<string, Place> | undefined;
  for (const [group, { having, position }] of mixed) {
    if (having === 0 || position === undefined) continue;
    places ??= placesByPosition(root);
    report(places.get(position), group);
  }
}
