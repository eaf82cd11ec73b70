/** What the media of a request may cost, whichever deployment answers. */
import type { FurtherTokens } from '../../costs/input-estimate.ts';
import { type MediaExtent, mediaExtent } from '../../costs/media/media-extent.ts';
import { mediaTokens } from '../../costs/media/media-tokens.ts';
import type { UnitCounts } from '../../costs/units.ts';
import type { Admission } from '../../exchange/admission.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { bytesOfMedium, type Medium } from '../../formats/medium.ts';
import type { Deployment } from '../../snapshot/deployment.ts';

/** The tokens of all media of a request. */
interface MediaCount extends FurtherTokens {
  /** A medium that some deployment counts without a limit that is known. */
  readonly unbounded: Medium | undefined;
}

const NO_MEDIA: MediaCount = { likely: 0, atMost: 0, unbounded: undefined };

/** Assumed of a medium without a bound if no money depends on it: about a long document. */
const MOST_TOKENS_PER_MEDIUM = 50_000;
/** How many bytes of compressed text are read for one request: some tens of milliseconds. */
const MOST_INFLATED_BYTES = 8_388_608;
/** Gemini takes one picture of a video each second, unless a request asks for up to 24. */
const MOST_FRAMES = 24;

/** Counts the media of a request by the rules of every deployment that may answer; the largest counts. */
export function countMedia(exchange: Exchange, admission: Admission, deployments: readonly Deployment[]): MediaCount {
  const { outline } = exchange;
  if (admission.size.media === 0) return NO_MEDIA;
  const media = outline.media.filter(({ kind }) => kind !== 'text');
  const extents = extentsOf(exchange, admission, media);
  const frames = { likely: 1, atMost: outline.choosesFrames ? MOST_FRAMES : 1 };
  const rules = [...new Set(deployments.map(({ priced }) => priced.media))];
  let likely = 0;
  let atMost = 0;
  let unbounded: Medium | undefined;
  for (const [index, medium] of media.entries()) {
    const extent = extents[index];
    if (extent === undefined) continue;
    const counts = rules.map((each) => mediaTokens(extent, each, medium.decodedBytes, frames));
    if (counts.some((count) => count.atMost === undefined)) unbounded ??= medium;
    const largest = Math.max(0, ...counts.map((count) => count.likely));
    likely += largest;
    atMost += Math.max(largest, ...counts.map((count) => count.atMost ?? MOST_TOKENS_PER_MEDIUM));
  }
  return { likely, atMost, unbounded };
}

function extentsOf(exchange: Exchange, admission: Admission, media: readonly Medium[]): readonly MediaExtent[] {
  admission.extents ??= measure(exchange, media);
  return admission.extents;
}

/** A sound or video that cannot be measured is taken for as long as its bytes allow at 8 kbit/s. */
const FEWEST_BYTES_PER_SECOND = 1_000;

/** What a request brings that may have a price of its own. */
export function countUnits(exchange: Exchange, admission: Admission): UnitCounts {
  const media = exchange.outline.media.filter(({ kind }) => kind !== 'text');
  const extents = media.length === 0 ? [] : extentsOf(exchange, admission, media);
  const counts = { image: 0, pixel: 0, soundSecond: 0, videoSecond: 0 };
  for (const [index, extent] of extents.entries()) {
    const longestSeconds = (media[index]?.decodedBytes ?? 0) / FEWEST_BYTES_PER_SECOND;
    if (extent.kind === 'image') {
      counts.image += 1;
      counts.pixel += (extent.size?.width ?? 0) * (extent.size?.height ?? 0);
    } else if (extent.kind === 'audio') counts.soundSecond += extent.seconds ?? longestSeconds;
    else if (extent.kind === 'video') counts.videoSecond += extent.seconds ?? longestSeconds;
  }
  return { ...counts, query: 1 };
}

function measure({ body }: Exchange, media: readonly Medium[]): readonly MediaExtent[] {
  const allowance = { bytes: MOST_INFLATED_BYTES };
  return media.map((medium) => {
    const kind = medium.kind === 'text' ? 'document' : medium.kind;
    const read =
      medium.source === 'inline' ? (mostBytes?: number): Buffer => bytesOfMedium(body, medium, mostBytes) : undefined;
    return mediaExtent(kind, read, allowance);
  });
}
