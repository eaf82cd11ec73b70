/** `access_windows`: the hours at which a deployment serves some teams alone. */
import { type AccessWindow, readTimeOfDay } from '../../routing/access-windows.ts';
import { describeValue } from '../finding.ts';
import { Section } from '../section.ts';
import { type FieldsOf, now, type ReadNode, type SettingRows } from '../setting-rows.ts';

/** An entry of `access_windows`. All of them are required. */
const ACCESS_WINDOW = {
  start: now('text', 'When it begins, such as "09:00".', 'start'),
  end: now('text', 'When it ends; before `start` it lasts over midnight.', 'end'),
  timezone: now('zone', 'Where it is that time.', 'timeZone'),
  team_ids: now('texts', 'The teams that are served meanwhile.', 'teamIds'),
} satisfies SettingRows;

/** Its members, for the reference. */
export const ACCESS_WINDOW_MEMBERS = { as: 'list', rows: ACCESS_WINDOW, id: 'access_window' } as const;

/** Reads `access_windows`. A window that cannot be read would leave a deployment open to everybody: it stops the start. */
export const readAccessWindows: ReadNode<readonly AccessWindow[]> = (node, path, context) => {
  const items = node.kind === 'list' ? node.items : [];
  const windows: AccessWindow[] = [];
  for (const [index, item] of items.entries()) {
    const at = `${path}[${index}]`;
    const window =
      item.kind === 'map'
        ? windowOf(new Section(item, ACCESS_WINDOW, { path: at, unknown: 'refuse-typos' }, context).fields())
        : undefined;
    if (window !== undefined) windows.push(window);
    else {
      const message = `${at} must have start and end ("09:00"), timezone ("Europe/Berlin") and team_ids, but is ${describeValue(item, false)}`;
      context.findings.add('error', 'wrong-type', item, message);
    }
  }
  return windows.length === 0 ? undefined : windows;
};

function windowOf({ start, end, timeZone, teamIds }: FieldsOf<typeof ACCESS_WINDOW>): AccessWindow | undefined {
  const startSeconds = start === undefined ? undefined : readTimeOfDay(start);
  const endSeconds = end === undefined ? undefined : readTimeOfDay(end);
  if (startSeconds === undefined || endSeconds === undefined || timeZone === undefined) return undefined;
  if (teamIds === undefined || teamIds.length === 0 || teamIds.includes('')) return undefined;
  return { startSeconds, endSeconds, timeZone, teamIds };
}
