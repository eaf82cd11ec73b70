/** Which kind of traffic a request is: what its key allows, or less if it says so. */
import { TRAFFIC_CLASSES, type TrafficClass } from '../../exchange/degraded.ts';
import type { Exchange } from '../../exchange/exchange.ts';

/** Requests say here that they may be served worse than their key allows. */
const CLASS_HEADER = 'x-sluice-traffic-class';
const METADATA_TAGS = 'tags';

/** `byTag`: the operator's word about tags. A request may step down by itself, and never up. */
export function trafficClassOf(
  { identity, client }: Pick<Exchange, 'identity' | 'client'>,
  byTag: ReadonlyMap<string, TrafficClass>,
): TrafficClass {
  const { key, team } = identity?.objects ?? {};
  const own = classIn(key?.further.traffic_class) ?? classIn(team?.further.traffic_class) ?? 'standard';
  const asked = classIn(client.headers[CLASS_HEADER]);
  const ofTags =
    byTag.size === 0 ? [] : tagsOf(identity?.metadata[METADATA_TAGS]).flatMap((tag) => byTag.get(tag) ?? []);
  return [own, ...(asked === undefined ? [] : [asked]), ...ofTags].reduce(lower);
}

const lower = (one: TrafficClass, other: TrafficClass): TrafficClass =>
  TRAFFIC_CLASSES.indexOf(one) >= TRAFFIC_CLASSES.indexOf(other) ? one : other;

/** What is no class counts as if it were not there. */
function classIn(value: unknown): TrafficClass | undefined {
  return TRAFFIC_CLASSES.find((each) => each === value);
}

function tagsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((tag) => typeof tag === 'string') : [];
}
