/**
 * Arguments of a function call that stream in as pieces with a JSON path each (Vertex, `streamFunctionCallArguments`), turned
 * into JSON text as they come. The model writes its arguments from front to back, so a piece either continues the value that is
 * open, or closes some containers and opens others behind them; a piece that goes back is no such stream.
 */
import { type JsonObject, type JsonValue, stringOf } from '../../core/json.ts';
import { FormatError } from '../format.ts';

type Step = string | number;

interface Container {
  /** The step that leads into it from the one around it; the outermost has none. */
  readonly step: Step | undefined;
  readonly isArray: boolean;
  /** The number of items of an array, the names of the members of an object, so far. */
  length: number;
  readonly names: Set<string>;
}

/** Writes the arguments of one call. */
export class PartialArguments {
  readonly #containers: Container[] = [];
  /** The path of the string that is still open, its quote not yet closed. */
  #openString: string | undefined;
  #isClosed = false;

  /** Takes one piece and returns the JSON text it adds. Throws `FormatError` for one that cannot follow. */
  add(piece: JsonObject): string {
    const path = stringOf(piece.jsonPath);
    if (path === undefined) throw new FormatError('jsonPath', 'functionCall.partialArgs: a piece without a jsonPath.');
    const text = stringOf(piece.stringValue);
    if (this.#openString === path) {
      const more = text === undefined ? '' : escaped(text);
      if (piece.willContinue === true) return more;
      this.#openString = undefined;
      return `${more}"`;
    }
    const value = text ?? scalarOf(piece);
    if (value === undefined) return '';
    let written = this.#goTo(path, parsePath(path));
    if (text === undefined) return written + JSON.stringify(value);
    written += `"${escaped(text)}`;
    if (piece.willContinue === true) this.#openString = path;
    else written += '"';
    return written;
  }

  /** Closes what is open and returns the text for it: with no pieces at all, the empty object. */
  end(): string {
    if (this.#isClosed) return '';
    this.#isClosed = true;
    let written = this.#containers.length === 0 ? '{}' : this.#closeString();
    for (const { isArray } of this.#containers.reverse()) written += isArray ? ']' : '}';
    return written;
  }

  #closeString(): string {
    const written = this.#openString === undefined ? '' : '"';
    this.#openString = undefined;
    return written;
  }

  /** Closes and opens containers so that the value at `steps` can be written next. */
  #goTo(path: string, steps: readonly Step[] | undefined): string {
    const last = steps?.at(-1);
    if (this.#isClosed || steps === undefined || typeof steps[0] !== 'string' || last === undefined)
      throw misplaced(path);
    let written = this.#closeString();
    if (this.#containers.length === 0) {
      this.#containers.push(newContainer(undefined, false));
      written += '{';
    }
    // How many of the open containers the new path shares; each holds the step that leads into it.
    let shared = 1;
    while (
      shared < this.#containers.length &&
      shared < steps.length &&
      this.#containers[shared]?.step === steps[shared - 1]
    )
      shared += 1;
    while (this.#containers.length > shared) written += this.#containers.pop()?.isArray ? ']' : '}';
    for (let depth = shared; depth < steps.length; depth += 1) {
      const step = steps[depth - 1] as Step;
      written += this.#beginItem(step, path);
      const isArray = typeof steps[depth] === 'number';
      this.#containers.push(newContainer(step, isArray));
      written += isArray ? '[' : '{';
    }
    return written + this.#beginItem(last, path);
  }

  /** The text before an item of the innermost container: comma, name, and nulls for items that were left out. */
  #beginItem(step: Step, path: string): string {
    const container = this.#containers.at(-1);
    if (container === undefined || container.isArray !== (typeof step === 'number')) throw misplaced(path);
    const comma = container.length > 0 ? ',' : '';
    if (typeof step === 'string') {
      if (container.names.has(step)) throw misplaced(path);
      container.names.add(step);
      container.length += 1;
      return `${comma}${JSON.stringify(step)}:`;
    }
    // An index far ahead would be an attempt to make us write without end.
    if (step < container.length || step > container.length + 1000) throw misplaced(path);
    const skipped = 'null,'.repeat(step - container.length);
    container.length = step + 1;
    return `${comma}${skipped}`;
  }
}

function newContainer(step: Step | undefined, isArray: boolean): Container {
  return { step, isArray, length: 0, names: new Set() };
}

function misplaced(path: string): FormatError {
  return new FormatError('jsonPath', `functionCall.partialArgs: ${path} cannot follow what came before it.`);
}

function scalarOf(piece: JsonObject): JsonValue | undefined {
  if (typeof piece.numberValue === 'number' || typeof piece.numberValue === 'string') return Number(piece.numberValue);
  if (typeof piece.boolValue === 'boolean') return piece.boolValue;
  return 'nullValue' in piece ? null : undefined;
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

const STEP = /\.([^.[\]'"\s]+)|\[(\d{1,9})\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/gy;

/** The steps of a path such as `$.recipe.steps[0]['a b']`; undefined for any other text. */
function parsePath(path: string): Step[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  let position = 1;
  while (position < path.length) {
    STEP.lastIndex = position;
    const match = STEP.exec(path);
    if (match === null) return undefined;
    const [, name, index, single, double] = match;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'));
    position = STEP.lastIndex;
  }
  return steps;
}
