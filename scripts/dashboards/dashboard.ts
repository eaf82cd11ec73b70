/** What a dashboard is made of, and how Grafana wants it written. */

/** One query. `$__rate_interval`, `$group` and `$team` are filled in by Grafana. */
interface Query {
  readonly expr: string;
  /** What its lines are called: `{{label}}` is filled in. */
  readonly legend?: string;
}

/** One panel. */
interface Panel {
  readonly title: string;
  /** What it means, shown when the mouse is over it. */
  readonly about: string;
  readonly kind?: 'timeseries' | 'stat' | 'table' | 'bargauge';
  readonly unit?: 'reqps' | 's' | 'percentunit' | 'currencyUSD' | 'short' | 'bytes' | 'tps' | 'h';
  /** Of 24 columns; 8 if it does not say. */
  readonly width?: 4 | 6 | 8 | 12 | 24;
  /** Lies on top of each other what belongs together. */
  readonly isStacked?: boolean;
  readonly queries: readonly Query[];
}

/** A dashboard: rows of panels. */
export interface Dashboard {
  /** Of its address and its file. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Names of variables and the query that lists their values. */
  readonly variables?: readonly { readonly name: string; readonly label: string; readonly query: string }[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

const COLUMNS = 24;
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The dashboard as Grafana 10 and newer read it. */
export function toGrafana({ name, title, about, variables = [], rows }: Dashboard): object {
  let id = 0;
  let y = 0;
  const panels: object[] = [];
  for (const row of rows) {
    panels.push({
      id: ++id,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of row.panels) {
      const { kind = 'timeseries', width = kind === 'stat' ? 4 : 8 } = panel;
      const h = kind === 'stat' ? 4 : 8;
      if (x + width > COLUMNS) {
        x = 0;
        y += height;
        height = 0;
      }
      panels.push({ id: ++id, ...panelOf(panel), gridPos: { x, y, w: width, h } });
      x += width;
      height = Math.max(height, h);
    }
    y += height;
  }
  return {
    uid: `sluice-${name}`,
    title: `Sluice: ${title}`,
    description: about,
    tags: ['sluice'],
    timezone: 'browser',
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    schemaVersion: 39,
    time: { from: 'now-6h', to: 'now' },
    links: [
      { type: 'dashboards', tags: ['sluice'], title: 'Sluice', asDropdown: true, includeVars: true, keepTime: true },
    ],
    templating: { list: [datasourceVariable, ...variables.map(variableOf)] },
    panels,
  };
}

const datasourceVariable = {
  name: 'datasource',
  label: 'Prometheus',
  type: 'datasource',
  query: 'prometheus',
  current: {},
  hide: 0,
};

function variableOf({ name, label, query }: NonNullable<Dashboard['variables']>[number]): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: false,
  };
}

function panelOf({ title, about, kind = 'timeseries', unit = 'short', isStacked = false, queries }: Panel): object {
  const isInstant = kind !== 'timeseries';
  return {
    type: kind,
    title,
    description: about,
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      ...(legend !== undefined && { legendFormat: legend }),
      ...(isInstant ? { instant: true, range: false } : { range: true }),
      ...(kind === 'table' && { format: 'table' }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        custom:
          kind === 'timeseries'
            ? {
                lineWidth: 1,
                fillOpacity: isStacked ? 30 : 5,
                showPoints: 'never',
                stacking: { mode: isStacked ? 'normal' : 'none', group: 'A' },
              }
            : {},
      },
      overrides: [],
    },
    options:
      kind === 'timeseries'
        ? {
            legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
            tooltip: { mode: 'multi', sort: 'desc' },
          }
        : kind === 'table'
          ? { showHeader: true }
          : { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } },
  };
}
