/** Writes deploy/grafana/*.json from scripts/dashboards/. */
import { toGrafana } from './dashboards/dashboard.ts';
import { DASHBOARDS } from './dashboards/index.ts';
import { writeGenerated } from './generated-page.ts';

for (const dashboard of DASHBOARDS)
  writeGenerated(`deploy/grafana/${dashboard.name}.json`, `${JSON.stringify(toGrafana(dashboard), null, 2)}\n`);
