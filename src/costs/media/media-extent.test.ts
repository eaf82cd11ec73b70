import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gif, jpeg, mp3, mp4, pdf, png, wav, webp } from '../../../test/money/media-files.ts';
import { imageSize } from './image-size.ts';
import { mediaRulesOf } from './media-rules.ts';
import { pdfExtent } from './pdf-extent.ts';
import { soundSeconds } from './sound-seconds.ts';
import { videoSeconds } from './video-seconds.ts';

const allowance = (): { bytes: number } => ({ bytes: 1_000_000 });

describe('the size of a medium, from its bytes', () => {
  for (const [what, make] of Object.entries({ png, jpeg, gif, webp })) {
    test(`${what}: pixels`, () => assert.deepEqual(imageSize(make(1_234, 567)), { width: 1_234, height: 567 }));
  }

  test('pages that are plain, compressed, named twice, or only counted', () => {
    assert.equal(pdfExtent(pdf(7), allowance())?.pages, 7);
    assert.equal(pdfExtent(pdf(700, { isHidden: true }), allowance())?.pages, 700);
    const named = Buffer.from(`%PDF-1.7\n1 0 obj\n<< /Type /Pages /Kids [${'3 0 R '.repeat(50)}] >> endobj`);
    assert.equal(pdfExtent(named, allowance())?.pages, 50);
    const said = Buffer.from('%PDF-1.7\n1 0 obj\n<< /Type /Pages /Count 90 /Kids 2 0 R >> endobj');
    assert.equal(pdfExtent(said, allowance())?.pages, 90);
    const spelled = Buffer.from(`%PDF-1.7\n${'<< /Ty#70e /P#61ge >>'.repeat(3)}`);
    assert.equal(pdfExtent(spelled, allowance())?.pages, 3);
  });

  test('the text of a page counts, compressed or not, and what cannot be read has no size', () => {
    const text = 'word '.repeat(10_000);
    assert.ok((pdfExtent(pdf(1, { text }), allowance())?.textBytes ?? 0) >= text.length);
    assert.equal(pdfExtent(pdf(1, { text }), { bytes: 1_000 }), undefined);
    assert.equal(
      pdfExtent(Buffer.concat([pdf(1), Buffer.from('trailer << /Encrypt 5 0 R >>')]), allowance()),
      undefined,
    );
    const rare = Buffer.from('1 0 obj << /Filter /LZWDecode >> stream\nabc\nendstream');
    assert.equal(pdfExtent(Buffer.concat([pdf(1), rare]), allowance()), undefined);
  });

  test('sound lasts as long as its samples or frames, whatever its header says', () => {
    assert.ok(Math.abs((soundSeconds(wav(60)) ?? 0) - 60) < 0.1);
    assert.ok(Math.abs((soundSeconds(mp3(1_000)) ?? 0) - 72) < 0.5, String(soundSeconds(mp3(1_000))));
    assert.equal(soundSeconds(Buffer.from('not a sound at all, only words')), undefined);
  });

  test('a video lasts as long as its table of samples says', () => {
    assert.equal(videoSeconds(mp4(3_600)), 3_600);
    assert.equal(videoSeconds(Buffer.from('....ftypisom')), undefined);
  });

  test('bytes that were cut or are hostile are read in linear time and without a fault', () => {
    for (const bytes of [
      png(9, 9),
      jpeg(9, 9),
      gif(9, 9),
      webp(9, 9),
      pdf(3, { isHidden: true }),
      wav(1),
      mp3(3),
      mp4(9),
    ]) {
      for (let length = 0; length < Math.min(bytes.length, 300); length += 1) {
        const cut = bytes.subarray(0, length);
        imageSize(cut);
        pdfExtent(cut, allowance());
        soundSeconds(cut);
        videoSeconds(cut);
      }
    }
    for (const piece of [
      '/Kids[',
      '<',
      '(',
      'stream\n',
      '/Type',
      '#',
      ' obj',
      '\xff\xe3',
      'OggS',
      '/Count ',
      '\0\0\0\x08moov',
    ]) {
      const timeOf = (size: number): number => {
        const bytes = Buffer.from(piece.repeat(Math.ceil(size / piece.length)), 'latin1');
        const startedMs = performance.now();
        pdfExtent(bytes, allowance());
        soundSeconds(bytes);
        videoSeconds(bytes);
        imageSize(bytes);
        return performance.now() - startedMs;
      };
      const small = Math.max(50, timeOf(250_000));
      assert.ok(timeOf(1_000_000) < small * 16, piece);
    }
  });
});

describe('what media cost', () => {
  const tokens = (provider: string, model: string, width: number, height: number): number =>
    mediaRulesOf(provider, model).image({ width, height });

  test('images at OpenAI, by tiles and by patches', () => {
    assert.equal(tokens('openai', 'gpt-4o', 1_024, 1_024), 765);
    assert.equal(tokens('openai', 'gpt-4o', 2_048, 4_096), 1_105);
    assert.equal(tokens('openai', 'gpt-4.1-mini', 1_024, 1_024), Math.ceil(1_024 * 1.62));
    assert.equal(tokens('openai', 'gpt-4o', 30_000, 30_000), 765);
  });

  test('images at Anthropic, up to the largest that a model reads', () => {
    assert.equal(tokens('anthropic', 'claude-sonnet-4-5', 200, 200), 64);
    assert.equal(tokens('anthropic', 'claude-sonnet-4-5', 8_000, 8_000), 1_600);
    assert.equal(tokens('anthropic', 'claude-opus-4-7', 8_000, 8_000), 4_784);
  });

  test('images at Gemini, by tiles', () => {
    assert.equal(tokens('google', 'gemini-2.5-flash', 300, 300), 258);
    assert.equal(tokens('google', 'gemini-2.5-flash', 960, 540), 1_548);
  });
});
