import type { MediaExtent } from './media-extent.ts';
import type { MediaRules } from './media-rules.ts';

/** The tokens of one medium: the number that is likely, and the one that it cannot exceed, if there is such a number. */
interface MediaTokens {
  readonly likely: number;
  readonly atMost: number | undefined;
}

/** About a large image, or a page or two: what is assumed of a medium that cannot be measured. */
const LIKELY_TOKENS_PER_MEDIUM = 1_500;
/** Documents say 1,500 to 3,000 tokens of text for a page (https://platform.claude.com/docs/en/build-with-claude/pdf-support, 2026-11). */
const TEXT_PER_PAGE = 3_000;
/** Words that a provider writes around a medium. */
const WRAPPING = 16;
const LIKELY_BYTES_PER_TEXT_TOKEN = 4;
/** Of files that cannot be measured: 64 kbit of sound, 1 Mbit of video. */
const LIKELY_SOUND_BYTES_PER_SECOND = 8_000;
const LIKELY_VIDEO_BYTES_PER_SECOND = 125_000;

/** What a medium costs by a model's rules. `decodedBytes` is 0 if it is not in the body. */
export function mediaTokens(
  extent: MediaExtent,
  rules: MediaRules,
  decodedBytes: number,
  framesPerSecond: { readonly likely: number; readonly atMost: number },
): MediaTokens {
  switch (extent.kind) {
    case 'image': {
      const most = rules.mostPerImage;
      const sized = extent.size === undefined ? undefined : rules.image(extent.size);
      const likely = Math.min(sized ?? LIKELY_TOKENS_PER_MEDIUM, most ?? Number.POSITIVE_INFINITY);
      return { likely, atMost: wrapped(sized ?? most) };
    }
    case 'document': {
      if (extent.pdf === undefined) {
        // Of a file that cannot be read, the text may be all of its bytes.
        const likely = Math.max(LIKELY_TOKENS_PER_MEDIUM, Math.ceil(decodedBytes / LIKELY_BYTES_PER_TEXT_TOKEN));
        return { likely, atMost: undefined };
      }
      const { pages, textBytes, plainBytes } = extent.pdf;
      const words = Math.ceil(plainBytes / LIKELY_BYTES_PER_TEXT_TOKEN);
      const text = Math.max(textBytes, pages * TEXT_PER_PAGE);
      return {
        likely: Math.max(pages * LIKELY_TOKENS_PER_MEDIUM, words),
        atMost: wrapped(pages * rules.perPage + text),
      };
    }
    case 'audio':
      return ofSeconds(
        extent.seconds,
        decodedBytes / LIKELY_SOUND_BYTES_PER_SECOND,
        rules.perSoundSecond,
        rules.mostSoundSeconds,
      );
    case 'video': {
      const { perVideoSecond } = rules;
      const likely = ofSeconds(
        extent.seconds,
        decodedBytes / LIKELY_VIDEO_BYTES_PER_SECOND,
        perVideoSecond?.(framesPerSecond.likely),
        undefined,
      );
      return { ...likely, atMost: wrapped(times(extent.seconds, perVideoSecond?.(framesPerSecond.atMost))) };
    }
  }
}

/** Tokens of a second of what no provider documents: about a picture. */
const LIKELY_PER_SECOND = 258;

function ofSeconds(
  seconds: number | undefined,
  likelySeconds: number,
  perSecond: number | undefined,
  mostSeconds: number | undefined,
): MediaTokens {
  const likely = Math.ceil((seconds ?? likelySeconds) * (perSecond ?? LIKELY_PER_SECOND));
  return {
    likely: seconds === undefined ? Math.max(LIKELY_TOKENS_PER_MEDIUM, likely) : likely,
    atMost: wrapped(times(seconds ?? mostSeconds, perSecond)),
  };
}

function times(seconds: number | undefined, perSecond: number | undefined): number | undefined {
  return seconds === undefined || perSecond === undefined ? undefined : Math.ceil(seconds * perSecond);
}

function wrapped(tokens: number | undefined): number | undefined {
  return tokens === undefined ? undefined : tokens + WRAPPING;
}
