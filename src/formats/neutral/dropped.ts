import type { JsonObject } from '../../core/json.ts';

/** Something a reader or writer had to leave out or to change. `field` is a path in the source (`messages[2].content[0]`) or a parameter's name. */
export interface Dropped {
  readonly field: string;
  readonly why: string;
  /**
   * `unknown`: the neutral form has no word for it; always dropped, counted.
   * `unsupported`: a parameter both sides know of and the target cannot take: 400 unless `drop_params` is on.
   * `fitted`: a value that was brought to what the model takes (an effort, a limit, a name); always done, counted.
   * `refused`: content, or what changes its meaning: always 400.
   */
  readonly kind: 'unknown' | 'unsupported' | 'fitted' | 'refused';
  /** What the client's SDK reads of the refusal. */
  readonly details?: JsonObject;
}
