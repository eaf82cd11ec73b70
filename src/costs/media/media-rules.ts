/**
 * What media cost in tokens, by provider, as the providers document it. Numbers are upper bounds: where a document says "about", the
 * larger figure is taken.
 */
import type { ImageSize } from './image-size.ts';

/** How a model counts media. What is undefined is documented nowhere, and so has no bound. */
export interface MediaRules {
  /** Tokens of an image of this size. */
  readonly image: (size: ImageSize) => number;
  /** The most tokens that any image costs. */
  readonly mostPerImage: number | undefined;
  /** Tokens of the picture of a page of a PDF; its text is counted besides. */
  readonly perPage: number;
  /** Tokens of a second of sound. */
  readonly perSoundSecond: number | undefined;
  /** The longest sound that is taken, in seconds. */
  readonly mostSoundSeconds: number | undefined;
  /** Tokens of a second of video at so many pictures per second. */
  readonly perVideoSecond: ((framesPerSecond: number) => number) | undefined;
}

/**
 * Tiles of 512 pixels, after the image was scaled into 2,048 × 2,048 and then to 768 pixels on its shorter side
 * (https://platform.openai.com/docs/guides/images-vision, 2026-11).
 */
const tiles =
  (base: number, perTile: number) =>
  ({ width, height }: ImageSize): number => {
    const fit = Math.min(1, 2_048 / Math.max(width, height));
    const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
    return base + perTile * Math.ceil((width * scale) / 512) * Math.ceil((height * scale) / 512);
  };
const MOST_TILES = 8;

const patches =
  (side: number, most: number, times = 1) =>
  ({ width, height }: ImageSize): number =>
    Math.ceil(Math.min(most, Math.ceil(width / side) * Math.ceil(height / side)) * times);

interface Family {
  readonly model: RegExp;
  readonly image: (size: ImageSize) => number;
  readonly mostPerImage: number;
}

const tiled = (model: RegExp, base: number, perTile: number): Family => ({
  model,
  image: tiles(base, perTile),
  mostPerImage: base + perTile * MOST_TILES,
});
const patched = (model: RegExp, most: number, times: number): Family => ({
  model,
  image: patches(32, most, times),
  mostPerImage: Math.ceil(most * times),
});

/** The same page. Newer models take up to 10,000 patches of an image in its `original` detail. */
const OPENAI_FAMILIES: readonly Family[] = [
  tiled(/^gpt-4o-mini/, 2_833, 5_667),
  patched(/^gpt-4\.1-mini/, 1_536, 1.62),
  patched(/^gpt-4\.1-nano/, 1_536, 2.46),
  patched(/^o4-mini/, 1_536, 1.72),
  patched(/^gpt-5-mini/, 1_536, 1.62),
  patched(/^gpt-5-nano/, 1_536, 2.46),
  tiled(/^(?:gpt-4o|gpt-4\.1|gpt-4\.5|chatgpt-4o|gpt-4-)/, 85, 170),
  tiled(/^(?:o1|o3)/, 75, 150),
  tiled(/^gpt-5(?:-chat|-20|$)/, 70, 140),
  patched(/^(?:gpt-[5-9]|o\d)/, 10_000, 2.46),
];
/** A model that the page does not name: as the dearest. */
const DEAREST_OPENAI: Family = {
  model: /^/,
  image: (size) => Math.max(tiles(2_833, 5_667)(size), patches(32, 10_000, 2.46)(size)),
  mostPerImage: 2_833 + 5_667 * MOST_TILES,
};

function openAi(model: string): MediaRules {
  const family = OPENAI_FAMILIES.find((each) => each.model.test(model)) ?? DEAREST_OPENAI;
  return {
    image: family.image,
    mostPerImage: family.mostPerImage,
    perPage: family.mostPerImage,
    // A token for each 100 ms (https://platform.openai.com/docs/guides/realtime-costs, 2026-11).
    perSoundSecond: 10,
    mostSoundSeconds: undefined,
    perVideoSecond: undefined,
  };
}

/**
 * Patches of 28 pixels, or width × height ÷ 750, after the image was scaled down
 * (https://platform.claude.com/docs/en/build-with-claude/vision, 2026-11). A page of a PDF is an image and its text.
 */
function anthropic(model: string): MediaRules {
  const isOlder = /claude-(?:[23]|instant|(?:sonnet|haiku)-4|4-sonnet|opus-4(?:[-.][1-6])?(?:-20|@|$))/.test(model);
  const most = isOlder ? 1_600 : 4_784;
  const image = (size: ImageSize): number =>
    Math.min(most, Math.max(patches(28, most)(size), Math.ceil((size.width * size.height) / 750)));
  return {
    image,
    mostPerImage: most,
    perPage: most,
    perSoundSecond: undefined,
    mostSoundSeconds: undefined,
    perVideoSecond: undefined,
  };
}

/**
 * https://ai.google.dev/gemini-api/docs/tokens and /media-resolution (2026-11). Before version 3: 258 tokens for a tile of at most 768
 * pixels, and for each picture of a video; since then a fixed number by `media_resolution`, at most 2,240 for an image, 1,120 for a
 * page, 280 for a picture of a video. Sound: 32 tokens a second, 9.5 hours at most.
 */
function gemini(model: string): MediaRules {
  const isOlder = /gemini-(?:1|2|pro|flash)/.test(model);
  const isVersion3 = /gemini-3/.test(model);
  return {
    image: isOlder ? geminiTiles : (size) => Math.max(2_240, geminiTiles(size)),
    mostPerImage: isVersion3 ? 2_240 : undefined,
    perPage: isOlder ? 258 : 1_120,
    perSoundSecond: 32,
    mostSoundSeconds: 9.5 * 3_600,
    // The moment of each picture is written between them.
    perVideoSecond: (framesPerSecond) => 32 + 10 + framesPerSecond * 280,
  };
}

function geminiTiles({ width, height }: ImageSize): number {
  if (width <= 384 && height <= 384) return 258;
  const side = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)));
  return 258 * Math.ceil(width / side) * Math.ceil(height / side);
}

/**
 * A model of which nothing is documented here: no open model in use splits an image into patches smaller than 14 pixels, or a second of
 * sound into more than 50 tokens.
 */
const UNDOCUMENTED: MediaRules = {
  image: patches(14, Number.POSITIVE_INFINITY),
  mostPerImage: undefined,
  perPage: 4_784,
  perSoundSecond: 50,
  mostSoundSeconds: undefined,
  perVideoSecond: undefined,
};

/** The rules of a provider's model; `provider` is its id in the list of prices, or its name. */
export function mediaRulesOf(provider: string, model: string): MediaRules {
  const name = model.toLowerCase().slice(model.lastIndexOf('/') + 1);
  if (provider === 'openai' || provider === 'azure') return openAi(name);
  if (provider === 'anthropic' || name.startsWith('claude-')) return anthropic(name);
  if (provider === 'google' || provider === 'gemini') return gemini(name);
  return UNDOCUMENTED;
}
