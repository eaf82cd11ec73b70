/** Makes the framework's application with its limits, and answers what is not valid HTTP. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { GatewayError } from '../core/errors.ts';
import { errorBody } from '../formats/client-error.ts';
import type { EdgeLimits } from './client-time-limits.ts';
import { BAD_HANDSHAKE, type ServedCertificate } from './served-certificate.ts';

/** Limits of the edge. Times in milliseconds. */
const MAX_HEADER_BYTES = 16_384;
/** Longer than load balancers keep idle connections (60 s): they must close them first, or they would use a closed one. */
const KEEP_ALIVE_MS = 72_000;

/** No route has a schema: without these the framework loads its own compilers, which take megabytes. */
const NO_COMPILER = () => () => {
  throw new Error('no route has a schema');
};
const NO_SCHEMAS = { compilersFactory: { buildValidator: NO_COMPILER, buildSerializer: NO_COMPILER } };

interface AppOptions {
  readonly limits: EdgeLimits;
  /** Undefined: plain HTTP is served. */
  readonly certificate: ServedCertificate | undefined;
  /** Whether a connection carries an answer at the moment. */
  readonly answersOn: (socket: Socket) => boolean;
  readonly frameworkErrors: NonNullable<FastifyServerOptions['frameworkErrors']>;
  /** Takes a request before the framework sees it; false leaves it to the framework. */
  readonly takeAtOnce: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** An application without routes. */
export function makeApp({ limits, certificate, answersOn, frameworkErrors, takeAtOnce }: AppOptions): FastifyInstance {
  const http = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    noDelay: true,
  };
  const timeouts = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: limits.requestMs };
  return Fastify({
    logger: false,
    schemaController: NO_SCHEMAS,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    ...timeouts,
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    serverFactory: (handler) => {
      const take = (request: IncomingMessage, response: ServerResponse): void => {
        if (!takeAtOnce(request, response)) handler(request, response);
      };
      const server =
        certificate === undefined
          ? createServer(http, take)
          : certificate.add(createSecureServer({ ...http, ...certificate.options }, take));
      return Object.assign(server, timeouts);
    },
    clientErrorHandler: (error, socket) => {
      // An error response would land in the middle of an answer that this connection is carrying.
      if (answersOn(socket)) socket.destroy();
      else answerBrokenRequest(error, socket);
    },
    frameworkErrors,
  });
}

/** Answers what is not valid HTTP with an error in words, and closes the connection. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  const isUnreachable = error.code === 'ECONNRESET' || BAD_HANDSHAKE.test(error.code ?? '');
  if (isUnreachable || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new GatewayError(
          'headers_too_large',
          `The headers are larger than ${MAX_HEADER_BYTES} bytes. Send fewer or shorter ones.`,
        )
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new GatewayError('body_timeout', 'The request did not arrive in time.')
        : new GatewayError('invalid_request', 'This is not a valid HTTP request.');
  const body = errorBody(refusal);
  socket.end(
    `HTTP/1.1 ${refusal.status} ${refusal.row.className}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body.toString('utf8')}`,
  );
}
