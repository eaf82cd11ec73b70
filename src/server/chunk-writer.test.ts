import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { ChunkWriter } from './chunk-writer.ts';

type Piece = Uint8Array | string;

let answer: (response: ServerResponse) => void = () => {};
const server: Server = createServer((_request, response) => answer(response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const url = `http://127.0.0.1:${port}/`;
after(() => server.close());

function sendAll(response: ServerResponse, pieces: readonly Piece[]): void {
  response.writeHead(200, ['content-type', 'text/plain']);
  let writer: ChunkWriter | undefined;
  for (const piece of pieces) {
    if (writer !== undefined) writer.write(piece);
    else writer = ChunkWriter.open(response, response.write(piece));
  }
  writer?.flush();
  response.end();
}

const bytesOf = (pieces: readonly Piece[]): Buffer =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece as Buffer)));

test('every byte arrives once and in order, whatever the pieces are', async () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.integer({ min: 1, max: 60_000 }).map((length) => Buffer.alloc(length, 0xe9)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      answer = (response) => sendAll(response, pieces);
      const got = Buffer.from(await (await fetch(url)).arrayBuffer());
      assert.ok(got.equals(bytesOf(pieces)));
    }),
    { numRuns: 60 },
  );
});

test('a connection is reused after a chunked answer', async () => {
  answer = (response) => sendAll(response, ['one', 'two']);
  for (let round = 0; round < 5; round += 1) assert.equal(await (await fetch(url)).text(), 'onetwo');
});

test('an HTTP/1.0 client gets plain bytes', async () => {
  answer = (response) => sendAll(response, ['one', 'two', 'three']);
  const socket = connect(port, '127.0.0.1');
  socket.end('GET / HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /\r\n\r\nonetwothree$/);
});

test('a client that does not read makes writing ask for a pause, and reading on ends it', async () => {
  const piece = Buffer.alloc(8_192, 0x61);
  let sent = 0;
  let pauses = 0;
  answer = (response) => {
    response.writeHead(200, ['content-type', 'text/plain']);
    const writer = ChunkWriter.open(response, response.write('.'));
    assert.ok(writer !== undefined);
    const more = (): void => {
      while (sent < 4_000) {
        sent += 1;
        if (!writer.write(piece)) {
          pauses += 1;
          writer.onDrain(more);
          return;
        }
      }
      writer.flush();
      response.end();
    };
    more();
  };
  const response = await fetch(url);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(sent < 4_000, 'the writer went on although its client does not read');
  assert.equal((await response.arrayBuffer()).byteLength, 1 + 4_000 * piece.length);
  assert.ok(pauses > 0);
});

test('a first piece that already fills the socket asks for a pause too', async () => {
  let hasDrained = false;
  answer = (response) => {
    response.writeHead(200, ['content-type', 'text/plain']);
    const writer = ChunkWriter.open(response, response.write(Buffer.alloc(5_000_000)));
    assert.equal(writer?.write('x'), false);
    writer?.onDrain(() => {
      hasDrained = true;
      writer.flush();
      response.end();
    });
  };
  assert.equal((await (await fetch(url)).arrayBuffer()).byteLength, 5_000_001);
  assert.ok(hasDrained);
});
