/**
 * The log. Lines are JSON with pino's field names, the level as a word and the time as ISO 8601:
 * `{"level":"info","time":"2026-07-01T12:00:00.000Z","msg":"request","call_id":…}`. On a terminal, or with `log_format: text`,
 * they are written for people. No line holds a prompt, an answer or a key.
 */
import pino from 'pino';
import type { TelemetryConfig } from '../config/gateway-config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { printableLines } from '../core/printable.ts';
import { LogWriter } from './log-writer.ts';
import { redact } from './redact.ts';
import { IsoTime, requestLevel, requestLineJson, requestLineText } from './request-line.ts';
import type { SettledExchange, SettledSink } from './settled.ts';

/** What the rest of the program logs with: `app.info({ file }, 'Configuration reloaded')`. */
type AppLogger = Pick<
  pino.Logger,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child' | 'isLevelEnabled'
>;

/** The part of the configuration the log follows. */
export type LogConfig = Pick<TelemetryConfig, 'logLevel' | 'logFormat' | 'hidePersonalData'>;

/** Where lines go and how. */
export interface LogOptions {
  /** `process.stdout`, or anything with a file descriptor. */
  readonly stdout: { readonly fd: number; readonly isTTY?: boolean };
  readonly clock?: Clock;
  /** Most bytes held while the reader is slow. */
  readonly maxBytes?: number;
  /** Several processes write to this output. */
  readonly isShared?: boolean;
}

/** The running log. */
export interface Log {
  readonly app: AppLogger;
  /** Writes one line for each settled request. */
  readonly requests: SettledSink;
  /** Lines thrown away because they were not read fast enough. */
  readonly dropped: () => number;
  /** Takes over level, format and privacy of a reloaded configuration. */
  readonly configure: (config: LogConfig) => void;
  /** Resolves when everything is written, or after a second. */
  readonly flush: () => Promise<void>;
  /** Flushes and stops watching for the end of the process. */
  readonly close: () => Promise<void>;
}

/** Opens the log. What is left when the process ends, or crashes, is written then. */
export function createLogger(config: LogConfig, options: LogOptions): Log {
  const { stdout } = options;
  const isTerminal = stdout.isTTY === true;
  const writer = new LogWriter({
    fd: stdout.fd,
    // A person is watching: lines are few and should appear at once.
    ...(isTerminal ? { delayMs: 0 } : {}),
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
    ...(options.isShared === undefined ? {} : { isShared: options.isShared }),
  });
  const time = new IsoTime(options.clock ?? systemClock);
  let isText = false;

  const app = pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: () => `,"time":"${time.now()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
      hooks: { streamWrite: (line) => (isText ? appLineText(redact(line)) : redact(line)) },
    },
    writer,
  );
  const requests = new RequestLog(writer, time);
  const configure = (next: LogConfig) => {
    isText = next.logFormat === 'text' || (next.logFormat === 'auto' && isTerminal);
    app.level = next.logLevel;
    requests.configure(next, isText);
  };
  configure(config);

  const lastWords = () => writer.flushSync();
  process.on('exit', lastWords);
  return {
    app,
    requests,
    configure,
    dropped: () => writer.dropped,
    flush: () => writer.flush(),
    close: async () => {
      process.off('exit', lastWords);
      await writer.flush();
    },
  };
}

class RequestLog implements SettledSink {
  readonly #writer: LogWriter;
  readonly #time: IsoTime;
  #infoShown = false;
  #warnShown = false;
  #personal = false;
  #isText = false;

  constructor(writer: LogWriter, time: IsoTime) {
    this.#writer = writer;
    this.#time = time;
  }

  configure(config: LogConfig, isText: boolean): void {
    const least = pino.levels.values[config.logLevel] ?? Number.POSITIVE_INFINITY;
    this.#infoShown = least <= (pino.levels.values.info ?? 0);
    this.#warnShown = least <= (pino.levels.values.warn ?? 0);
    this.#personal = !config.hidePersonalData;
    this.#isText = isText;
  }

  take(settled: SettledExchange): void {
    if (!(requestLevel(settled) === 'warn' ? this.#warnShown : this.#infoShown)) return;
    const write = this.#isText ? requestLineText : requestLineJson;
    this.#writer.write(write(settled, this.#time.now(), this.#personal));
  }
}

/** An application line for people: `12:00:00.000 info  Configuration reloaded file=config.yaml`. */
function appLineText(line: string): string {
  const { level, time, msg, err, error, ...rest } = JSON.parse(line) as Record<string, unknown>;
  let text = `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${msg === undefined ? '' : String(msg)}`;
  for (const [name, value] of Object.entries(rest)) {
    text += ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`;
  }
  const failure = (err ?? error) as { readonly stack?: string } | string | undefined;
  if (typeof failure === 'object' && failure?.stack !== undefined) text += `\n${failure.stack}`;
  else if (failure !== undefined) text += ` error=${typeof failure === 'string' ? failure : JSON.stringify(failure)}`;
  return `${printableLines(text)}\n`;
}
