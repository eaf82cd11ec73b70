/** How many deployments of each model group there are, and how many of them are out of rotation: read at each scrape. */
import { boundedLabel } from './label.ts';

/** One model group. */
export interface GroupReading {
  readonly group: string;
  readonly deployments: number;
  readonly resting: number;
}

/** So many groups are shown: those with the largest part out of rotation first. */
const MOST_GROUPS = 500;

/** The gauges of groups. */
export const GROUP_GAUGES = [
  {
    name: 'sluice_group_deployments',
    type: 'gauge',
    help: `Deployments of a model group (of up to ${MOST_GROUPS} groups).`,
    labels: ['model_group'],
    read: ({ deployments }: GroupReading) => deployments,
  },
  {
    name: 'sluice_group_deployments_resting',
    type: 'gauge',
    help: 'Those of them that are out of rotation, because they failed. If all are, no deployment answers for the group.',
    labels: ['model_group'],
    read: ({ resting }: GroupReading) => resting,
  },
] as const;

/** What is shown of the groups, with the labels as they are written. */
export function worstGroups(groups: readonly GroupReading[]): GroupReading[] {
  const share = ({ resting, deployments }: GroupReading): number => resting / Math.max(1, deployments);
  const shown =
    groups.length <= MOST_GROUPS ? groups : groups.toSorted((a, b) => share(b) - share(a)).slice(0, MOST_GROUPS);
  return shown.map((reading) => ({ ...reading, group: boundedLabel(reading.group) }));
}

/** Of several processes the one that finds most of a group resting. */
export function mergeGroups(all: readonly (readonly GroupReading[])[]): GroupReading[] {
  const merged = new Map<string, GroupReading>();
  for (const reading of all.flat()) {
    const known = merged.get(reading.group);
    if (known === undefined || reading.resting > known.resting) merged.set(reading.group, reading);
  }
  return [...merged.values()];
}
