import { type ImageSize, imageSize } from './image-size.ts';
import { type InflateAllowance, type PdfExtent, pdfExtent } from './pdf-extent.ts';
import { soundSeconds } from './sound-seconds.ts';
import { videoSeconds } from './video-seconds.ts';

/** How large one medium is, by its own bytes; undefined if they are elsewhere or cannot be read. */
export type MediaExtent =
  | { readonly kind: 'image'; readonly size: ImageSize | undefined }
  | { readonly kind: 'document'; readonly pdf: PdfExtent | undefined }
  | { readonly kind: 'audio'; readonly seconds: number | undefined }
  | { readonly kind: 'video'; readonly seconds: number | undefined };

/** A header is nearly always this close to the beginning. */
const HEAD_BYTES = 65_536;

/** Measures one medium. `read` gives its bytes, at most so many; without it, they are elsewhere. */
export function mediaExtent(
  kind: MediaExtent['kind'],
  read: ((mostBytes?: number) => Buffer) | undefined,
  allowance: InflateAllowance,
): MediaExtent {
  switch (kind) {
    case 'image':
      return { kind, size: read === undefined ? undefined : (imageSize(read(HEAD_BYTES)) ?? imageSize(read())) };
    case 'document':
      return { kind, pdf: read === undefined ? undefined : pdfOf(read(), allowance) };
    case 'audio':
      return { kind, seconds: read === undefined ? undefined : soundSeconds(read()) };
    case 'video':
      return { kind, seconds: read === undefined ? undefined : videoSeconds(read()) };
  }
}

function pdfOf(bytes: Buffer, allowance: InflateAllowance): PdfExtent | undefined {
  const extent = bytes.subarray(0, 1_029).includes('%PDF-') ? pdfExtent(bytes, allowance) : undefined;
  return extent !== undefined && extent.pages > 0 ? extent : undefined;
}
