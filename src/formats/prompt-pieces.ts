/** A look at some places of a long prompt. */
import type { Span } from '../wire/json-walk.ts';
import type { Medium } from './medium.ts';

/** The parts of a span of the body that are not encoded media; media are in the order of the body. */
export function spansBeside(media: readonly Medium[], start: number, end: number): readonly Span[] {
  if (media.length === 0) return [{ start, end }];
  const spans: Span[] = [];
  let from = start;
  for (const medium of media) {
    if (medium.end <= from || medium.start >= end) continue;
    if (medium.start > from) spans.push({ start: from, end: medium.start });
    from = medium.end;
  }
  if (from < end) spans.push({ start: from, end });
  return spans;
}

/** Pieces of the spans: each begins anywhere in its even part of them, so that no client can know where. */
export function piecesOf(
  body: Buffer,
  spans: readonly Span[],
  { count, bytes, random }: { readonly count: number; readonly bytes: number; readonly random: () => number },
): readonly Buffer[] {
  let total = 0;
  for (const { start, end } of spans) total += end - start;
  if (total <= count * bytes) return spans.map(({ start, end }) => body.subarray(start, end));
  const pieces: Buffer[] = [];
  let passed = 0;
  let index = 0;
  for (let piece = 0; piece < count; piece += 1) {
    const at = Math.floor(((piece + random()) * (total - bytes)) / count);
    let span = spans[index];
    while (span !== undefined && at >= passed + span.end - span.start) {
      passed += span.end - span.start;
      index += 1;
      span = spans[index];
    }
    if (span === undefined) break;
    const start = span.start + at - passed;
    pieces.push(body.subarray(start, Math.min(start + bytes, span.end)));
  }
  return pieces;
}
