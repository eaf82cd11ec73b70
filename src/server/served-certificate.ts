/** The certificate that the gateway shows to its clients, and takes from its files again when they change. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import type { ServedTls } from '../config/gateway-config.ts';
import { defined } from '../core/defined.ts';

/** Codes of connections whose handshake failed: nothing can be said on them. */
export const BAD_HANDSHAKE = /^(?:ERR_SSL|ERR_TLS|EPROTO)/;

/** Longer than any handshake that `limitHandshakes` lets go on. */
const NO_LIMIT_MS = 86_400_000;

/** The certificate of all servers of one edge. Throws if its files cannot be used. */
export class ServedCertificate {
  readonly #servers: Server[] = [];
  #context: SecureContextOptions;

  constructor(settings: ServedTls) {
    this.#context = readContext(settings);
  }

  /** What a server is made with. */
  get options() {
    return { ...this.#context, handshakeTimeout: NO_LIMIT_MS };
  }

  /** Lets a server show each later certificate too. */
  add(server: Server): Server {
    this.#servers.push(server);
    return server;
  }

  /** Takes what the files hold now for new connections. Throws, and changes nothing, if they cannot be used. */
  renew(settings: ServedTls): void {
    const context = readContext(settings);
    // A new context ends the resumption of sessions: what has not changed stays.
    if (JSON.stringify(context) === JSON.stringify(this.#context)) return;
    for (const server of this.#servers) server.setSecureContext(context);
    this.#context = context;
  }
}

function readContext({ certificateFile, keyFile, keyPassword, ciphers }: ServedTls): SecureContextOptions {
  return {
    cert: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    ...defined({ passphrase: keyPassword, ciphers }),
    // Whatever NODE_OPTIONS allows.
    minVersion: 'TLSv1.2',
    honorCipherOrder: true,
  };
}
