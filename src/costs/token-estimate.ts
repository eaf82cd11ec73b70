/**
 * Tokens of a text within a limit of computing time. Byte pair encoding takes time quadratic in the length of a word, and a
 * hostile text is one long word: it is cut, and what is not counted in time is estimated from what was.
 */

/** Pieces end at the first place from the least length on where a cut changes no token, and at the most length otherwise. */
const LEAST_PIECE_CHARACTERS = 256;
const MOST_PIECE_CHARACTERS = 512;
/** Where words of the vocabulary never reach across: before a space or a mark that follows a word, after the end of a line. */
const HARMLESS_CUT = /(?<=\S) |(?<=\n)[^\s/]|(?<=[\p{L}\p{N}])[，。、！？]/u;
/** Of a longer text, windows are counted. */
const MOST_READ_CHARACTERS = 400_000;
const WINDOWS = 200;
/** An estimate is raised by so many standard errors: luck must not decide whether a request fits. */
const STANDARD_ERRORS = 2;
/** Steps of this part of a circle are spread evenly over it at any time (the three-gap theorem). */
const GOLDEN_SECTION = 0.618_033_988_75;

/** What the estimate needs from its surroundings. */
interface CountingTools {
  /** Counts a piece exactly. */
  readonly count: (piece: string) => number;
  /** Computing time since the count began, in milliseconds. */
  readonly spentMs: () => number;
  readonly limitMs: number;
  /** Numbers in [0, 1). A client that knew which pieces are counted could make the others expensive. */
  readonly random: () => number;
}

/** What of a text is counted: all of it, or windows. */
export interface TextWindows {
  readonly windows: readonly string[];
  /** Of the whole text. */
  readonly characters: number;
}

/** The text, or windows spread over the whole of it if it is long. */
export function windowsOf(text: string, random: () => number): TextWindows {
  return {
    windows: text.length <= MOST_READ_CHARACTERS ? [text] : spreadWindows(text, random),
    characters: text.length,
  };
}

function spreadWindows(text: string, random: () => number): readonly string[] {
  const stride = text.length / WINDOWS;
  const size = MOST_READ_CHARACTERS / WINDOWS;
  return Array.from({ length: WINDOWS }, (_, index) => {
    const start = Math.floor(index * stride + random() * (stride - size));
    return text.slice(start, start + size);
  });
}

/**
 * Tokens of a text of so many characters by its windows. Exact (but for cut words) if all of it was counted in time, otherwise an
 * estimate on the high side.
 */
export function estimateTokens({ windows, characters: length }: TextWindows, tools: CountingTools): number {
  const counted: { readonly characters: number; readonly tokens: number }[] = [];
  let characters = 0;
  let tokens = 0;
  for (const piece of spread(windows.flatMap(piecesOf), tools.random)) {
    const ofPiece = tools.count(piece);
    counted.push({ characters: piece.length, tokens: ofPiece });
    characters += piece.length;
    tokens += ofPiece;
    if (tools.spentMs() > tools.limitMs) break;
  }
  if (characters >= length) return tokens;
  const rate = tokens / characters;
  const squares = counted.reduce((sum, piece) => sum + (piece.tokens - rate * piece.characters) ** 2, 0);
  return Math.ceil((rate + (STANDARD_ERRORS * Math.sqrt(squares)) / characters) * length);
}

/** Tokens by rule of thumb, on the high side: one for three bytes. */
export function roughTokens(text: string | TextWindows): number {
  if (typeof text === 'string') return Math.ceil(Buffer.byteLength(text) / 3);
  const { windows, characters } = text;
  const seen = windows.reduce((sum, { length }) => sum + length, 0);
  const bytes = windows.reduce((sum, window) => sum + Buffer.byteLength(window), 0);
  return seen === 0 ? 0 : Math.ceil((bytes / 3) * (characters / seen));
}

function piecesOf(window: string): readonly string[] {
  const pieces: string[] = [];
  for (let start = 0; start < window.length; ) {
    const end = endOfPiece(window, start);
    pieces.push(window.slice(start, end));
    start = end;
  }
  return pieces;
}

function endOfPiece(text: string, start: number): number {
  const least = start + LEAST_PIECE_CHARACTERS;
  const most = start + MOST_PIECE_CHARACTERS;
  if (text.length <= most) return text.length;
  const cut = text.slice(least - 1, most).search(HARMLESS_CUT);
  if (cut >= 0) return least - 1 + cut;
  // Half a character would count as a replacement mark.
  const isHalved = /[\uD800-\uDBFF]/.test(text.charAt(most - 1));
  return isHalved ? most - 1 : most;
}

/** In an order in which every first part is spread evenly over the whole: a fair sample, wherever the time ends. */
function spread(pieces: readonly string[], random: () => number): readonly string[] {
  const start = random();
  return pieces
    .map((piece, index) => ({ piece, place: (start + index * GOLDEN_SECTION) % 1 }))
    .sort((a, b) => a.place - b.place)
    .map(({ piece }) => piece);
}
