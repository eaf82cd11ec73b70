/** The HTTP edge: the only place that knows the HTTP framework. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServedTls } from '../config/gateway-config.ts';
import { asGatewayError, GatewayError } from '../core/errors.ts';
import { newCallId } from '../core/ids.ts';
import { Slots } from '../core/slots.ts';
import { Exchange } from '../exchange/exchange.ts';
import { errorBody, isFinal, requestIdHeader, retryHeaders, statusFor } from '../formats/client-error.ts';
import type { FreeKind } from '../pipeline/free-rates.ts';
import { handle } from '../pipeline/handle.ts';
import { identify } from '../pipeline/identify.ts';
import { mayReadMetrics } from '../pipeline/route-access.ts';
import type { Identity } from '../tenancy/identity.ts';
import { allAccepted } from './all-accepted.ts';
import { ArrayClient, wantsArray } from './array-client.ts';
import { refusedAddress } from './client-address.ts';
import { formatOfClient, isGoogles } from './client-format.ts';
import { type EdgeLimits, limitHandshakes, restWhileLate } from './client-time-limits.ts';
import type { EdgeOptions } from './edge-options.ts';
import { badUrl, errorOfFramework } from './framework-errors.ts';
import { HttpClient, hasUnreadBody } from './http-client.ts';
import { makeApp } from './make-app.ts';
import { serveManagement } from './management.ts';
import { ConnectionLimits } from './overload/connection-limits.ts';
import { LoopWatch } from './overload/loop-watch.ts';
import { OverloadManager } from './overload/overload-manager.ts';
import { type PlainRoute, PlainRoutes } from './plain-routes.ts';
import { readJsonObject } from './read-json-object.ts';
import {
  FACT_ROUTES,
  type FactRoute,
  MANAGEMENT_ROUTES,
  MODEL_ROUTES,
  type ModelRoute,
  methodsServing,
  VERB_ROUTES,
} from './routes.ts';
import { sendAnswer } from './send-answer.ts';
import { ServedCertificate } from './served-certificate.ts';
import { servedRoutes } from './served-routes.ts';
import { refusalOf } from './unknown-route.ts';
import { parameterOf, pathOf, queryOf, queryTextOf } from './url.ts';

/** Connections that wait to be accepted while the event loop is busy. The kernel may allow fewer (`net.core.somaxconn`). */
const BACKLOG = 4_096;
const CLOSE_EVERY_MS = 10;

const LIMITS: EdgeLimits = { headersMs: 15_000, requestMs: 60_000, checkEveryMs: 2_000 };

/** The listening server. */
export class Edge {
  readonly #app: FastifyInstance;
  readonly #options: EdgeOptions;
  readonly #inFlight = new Slots<HttpClient>();
  readonly #loop: LoopWatch;
  readonly #overload: OverloadManager;
  readonly #connections: ConnectionLimits;
  readonly #plainRoutes = new PlainRoutes();
  /** Undefined: it serves plain HTTP. */
  readonly #certificate: ServedCertificate | undefined;
  #whenIdle: (() => void) | undefined;
  #isDraining = false;

  constructor(options: EdgeOptions) {
    this.#options = options;
    const limits = { ...LIMITS, ...options.limits };
    const { servedTls } = options.snapshot().config;
    this.#certificate = servedTls && new ServedCertificate(servedTls);
    this.#app = makeApp({
      limits,
      certificate: this.#certificate,
      answersOn: (socket) => [...this.#inFlight].some((client) => client.answersOn(socket)),
      frameworkErrors: (error, request, reply) => this.#refuse(request, reply, badUrl(error)),
      takeAtOnce: (request, response) => this.#takeAtOnce(request, response),
    });
    // Node would answer `Expect: 100-continue` before the key was checked. Whatever reads the body asks for it.
    const { server } = this.#app;
    server.on('checkContinue', (request, response) => server.emit('request', request, response));
    this.#loop = new LoopWatch(options.parts.clock);
    this.#overload = new OverloadManager(this.#loop, options.snapshot().config.server);
    this.#connections = new ConnectionLimits(server, () => options.snapshot().config.server);
    restWhileLate(server, limits, this.#loop);
    if (this.#certificate !== undefined) limitHandshakes(server, limits, this.#loop);
    // The pipeline reads bodies, after it has checked the key.
    this.#app.addHook('onRequest', (request, reply, done) => {
      const refused = refusedAddress(request.raw, pathOf(request.url), options.snapshot().config.server);
      if (refused === undefined) done();
      else this.#refuse(request, reply, refused);
    });
    this.#app.removeAllContentTypeParsers();
    this.#app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const route of MODEL_ROUTES) this.#addModelRoute(route);
    this.#addVerbRoutes();
    for (const route of FACT_ROUTES) this.#addFactRoute(route);
    serveManagement(this.#app, {
      routes: MANAGEMENT_ROUTES,
      context: options.management,
      overload: this.#overload,
      identify: ({ rawHeaders }) => this.#identify(rawHeaders, 'GET', undefined),
      routeLimits: () => options.snapshot().config.server,
      take: (caller) => this.#take('management', caller),
      onFault: options.parts.onFault,
    });
    this.#app.setNotFoundHandler((request, reply) => this.#answerUnknown(request, reply));
    this.#app.setErrorHandler((error, request, reply) => this.#refuse(request, reply, errorOfFramework(error)));
  }

  /** How many requests to models are in progress; each counts until its books are closed. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** What the overload manager counts and has refused. */
  get overload(): OverloadManager {
    return this.#overload;
  }

  /** How late the event loop is all the time, in milliseconds. */
  get eventLoopLagMs(): number {
    return this.#loop.standingLagMs;
  }

  /** Starts to listen; resolves to the port. Rejects with the error of the socket (`EADDRINUSE`, `EACCES`). */
  async listen(host: string, port: number): Promise<number> {
    await this.#app.listen({ host, port, backlog: BACKLOG });
    const address = this.#app.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Shows what the files of its certificate hold now. Throws if they cannot be used; the one before then stays. */
  renewCertificate(settings: ServedTls | undefined): void {
    if (settings !== undefined) this.#certificate?.renew(settings);
  }

  /** Still takes requests, while readiness and `connection: close` say that others should. */
  leave(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    // A connection that is reused during a drain would keep the process from ending.
    this.#app.server.prependListener('request', (_request, response) => {
      response.shouldKeepAlive = false;
    });
  }

  /**
   * Refuses new connections, and waits at most `timeoutMs` for requests in progress; then aborts the rest. Connections
   * that carry nothing are closed `lingerMs` later: a proxy may send a request on one before it knows.
   */
  async drain(timeoutMs: number, lingerMs: number): Promise<void> {
    this.leave();
    await allAccepted();
    // Open ones finish what they carry. Node's own `close` counts a connection as idle once its answer was handed over, and
    // would cut off what a slow reader has not read yet.
    NetServer.prototype.close.call(this.#app.server);
    if (lingerMs > 0) await wait(lingerMs);
    const untilMs = performance.now() + timeoutMs;
    // A connection that is left open could bring a request at the very moment at which all are closed.
    const isBusy = () => [...this.#inFlight].some((client) => client.hasEnded);
    while (isBusy() && performance.now() < untilMs) await wait(CLOSE_EVERY_MS);
    if (!isBusy()) this.#app.server.closeIdleConnections();
    await this.idle(untilMs - performance.now());
    for (const client of this.#inFlight) client.breakOff();
  }

  /** Resolves when no request is in progress, or after `timeoutMs`. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#inFlight.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#whenIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async close(): Promise<void> {
    this.#isDraining = true;
    this.#loop.stop();
    const closed = this.#app.close();
    this.#app.server.closeAllConnections();
    await closed;
  }

  #addModelRoute(route: ModelRoute): void {
    const [name] = route.paths;
    for (const url of route.paths) {
      const hasModel = url.includes(':model');
      this.#plainRoutes.add(route, { name, url });
      this.#app.route({
        method: route.method,
        url,
        handler: (request, reply) => {
          reply.hijack();
          const pathModel = hasModel ? (request.params as { model?: string }).model : undefined;
          this.#carry(route, { name, url }, pathModel, request.raw, reply.raw);
        },
      });
    }
  }

  #takeAtOnce(request: IncomingMessage, response: ServerResponse): boolean {
    const plain = this.#plainRoutes.of(request);
    const mayTake = !this.#isDraining && this.#options.snapshot().config.server.allowedAddresses === undefined;
    if (plain === undefined || !mayTake) return false;
    this.#carry(plain.route, plain.address, undefined, request, response);
    return true;
  }

  /** Google's paths name the model and behind a colon what to do with it. */
  #addVerbRoutes(): void {
    const routes = new Map(VERB_ROUTES.map((route) => [route.verb, route]));
    for (const url of new Set(VERB_ROUTES.flatMap(({ paths }) => paths))) {
      this.#app.route({
        method: 'POST',
        url,
        handler: (request, reply) => {
          const { '*': rest = '' } = request.params as { '*'?: string };
          const colon = rest.lastIndexOf(':');
          const route = routes.get(rest.slice(colon + 1));
          if (colon < 1 || route === undefined) return this.#answerUnknown(request, reply);
          reply.hijack();
          const [name, path] = [route.paths[0], url].map((each) => each.replace('*', `:model:${route.verb}`));
          this.#carry(route, { name: name ?? url, url: path ?? url }, rest.slice(0, colon), request.raw, reply.raw);
          return reply;
        },
      });
    }
  }

  #carry(
    route: ModelRoute,
    { name, url }: PlainRoute['address'],
    pathModel: string | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { parts } = this.#options;
    const client = new HttpClient(request, response, this.#overload);
    client.excess = this.#connections.excessOf(request.socket);
    if (client.excess !== undefined) response.shouldKeepAlive = false;
    const snapshot = this.#options.snapshot();
    this.#overload.follow(snapshot.config.server);
    const exchange = new Exchange({
      callId: this.#newCallId(),
      route: name,
      path: url,
      endpoint: route.endpoint,
      client: wantsArray(route, client.query) ? new ArrayClient(client) : client,
      snapshot,
      clock: parts.clock,
      pathModel,
      slots: parts.slots(route.endpoint.format),
    });
    this.#inFlight.add(client);
    // A drain waits until its books are closed and a slow reader has the last byte.
    void handle(exchange, parts).finally(() =>
      client.whenClosed(() => {
        this.#overload.release(client);
        this.#inFlight.remove(client);
        if (this.#inFlight.size === 0) this.#whenIdle?.();
      }),
    );
  }

  #addFactRoute(route: FactRoute): void {
    for (const url of route.paths) {
      this.#app.route({
        method: route.method,
        url,
        handler: (request, reply) => this.#answerFact(route, request, reply),
      });
    }
  }

  async #answerFact(route: FactRoute, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const snapshot = this.#options.snapshot();
    try {
      const identity = await this.#identifyFor(route, request);
      if (route.access === 'admin' && identity?.isAdmin !== true) throw adminOnly();
      // A public route says whether the gateway is alive, to all who ask.
      if (identity !== undefined) await this.#take('facts', identity);
      const answer = await route.answering({
        snapshot,
        identity,
        parts: this.#options.parts,
        pathParameter: parameterOf(request.params),
        pathParameters: request.params as Record<string, string>,
        readBody: () => {
          const client = new HttpClient(request.raw, reply.raw, this.#overload);
          client.whenClosed(() => this.#overload.release(client));
          return readJsonObject(client, snapshot.config.server.maxRequestBytes, identity?.keyHash ?? '');
        },
        // Of a repeated parameter the last value counts, as FastAPI reads it.
        query: Object.fromEntries(queryOf(request.url)),
        headers: request.headers,
        routes: servedRoutes(),
        isDraining: this.#isDraining,
        requests: { underWay: () => this.inFlight, leave: () => this.leave() },
        version: this.#options.version,
      });
      const format = formatOfClient(pathOf(request.url), request.headers);
      return sendAnswer(reply.header(requestIdHeader(format), this.#newCallId()), answer);
    } catch (error) {
      return this.#refuse(request, reply, asGatewayError(error));
    }
  }

  async #identifyFor({ access, paths: [name] }: FactRoute, { raw, method }: FastifyRequest) {
    if (access === 'public') return undefined;
    try {
      return await this.#identify(raw.rawHeaders, method, name, isGoogles(name) ? queryTextOf(raw.url) : undefined);
    } catch (error) {
      if (access === 'optional') return undefined;
      throw error;
    }
  }

  #identify(
    rawHeaders: readonly string[],
    method: string,
    route: string | undefined,
    queryWithKey?: string,
  ): Identity | Promise<Identity> {
    const { parts, snapshot } = this.#options;
    const key = { rawHeaders, query: queryWithKey, takesQueryKey: true };
    return identify({ ...key, method, route, nowMs: parts.clock.nowMs() }, snapshot(), parts.tenants);
  }

  #answerUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> {
    const path = pathOf(request.url);
    const { metrics } = this.#options.snapshot().config.telemetry;
    // Not a route, because a reload may change its path.
    if (metrics.enabled && path.replace(/(?<=.)\/$/, '') === metrics.path && request.method === 'GET')
      return this.#answerMetrics(request, reply);
    // Claude Code asks at every start whether the gateway is there.
    if (path === '/' && request.method === 'HEAD') return reply.code(200).send();
    const { error, header } = refusalOf(path, methodsServing(path), request.raw);
    return this.#refuse(request, header === undefined ? reply : reply.header(...header), error);
  }

  #newCallId(): string {
    return newCallId(this.#options.parts.clock.nowMs());
  }

  #take(kind: FreeKind, identity: Identity | undefined): void | Promise<void> {
    const { parts, snapshot } = this.#options;
    return parts.freeRates.take(
      kind,
      identity,
      snapshot().config.budgets.freeRequestsPerMinute,
      parts.clock.monotonicMs(),
    );
  }

  async #answerMetrics(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const snapshot = this.#options.snapshot();
    try {
      if (snapshot.config.telemetry.metrics.requireAuth) {
        const identity = await this.#identify(request.raw.rawHeaders, request.method, undefined);
        if (!mayReadMetrics(identity)) throw adminOnly();
      } else await this.#take('metrics', undefined);
      const { contentType, body } = await this.#options.metrics();
      return reply.header('content-type', contentType).send(Readable.from(body, { objectMode: false }));
    } catch (error) {
      return this.#refuse(request, reply, asGatewayError(error));
    }
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, error: GatewayError): FastifyReply {
    if (error.code === 'internal')
      this.#options.parts.onFault(`${request.method} ${pathOf(request.url).slice(0, 200)} failed`, error);
    const format = formatOfClient(pathOf(request.url), request.headers);
    const callId = this.#newCallId();
    const status = statusFor(error, format);
    const body = errorBody(error, format, callId);
    const again = [requestIdHeader(format), callId, ...retryHeaders(error)];
    if (isFinal(error)) again.push('x-should-retry', 'false');
    if (hasUnreadBody(request.raw)) {
      const allow = reply.getHeader('allow');
      const allowed = typeof allow === 'string' ? ['allow', allow] : [];
      const headers = ['content-type', 'application/json', ...allowed, ...again];
      reply.hijack();
      new HttpClient(request.raw, reply.raw, this.#overload).sendWhole(status, headers, body);
      return reply;
    }
    for (let at = 0; at < again.length; at += 2) void reply.header(again[at] ?? '', again[at + 1]);
    return reply.code(status).header('content-type', 'application/json').send(body);
  }
}

function adminOnly(): GatewayError {
  return new GatewayError('route_denied', 'You may not call this route: only the master key and proxy admins may.');
}
