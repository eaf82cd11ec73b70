/** Learned weights. `node bench/compression/train.ts` makes them again from `../shared/data/compression`. */

/** Of the features of passages, as `passage-features.ts` names them. */
export const PASSAGE_WEIGHTS: readonly number[] = [
  0.899, 1.595, 1.435, 2.519, 2.061, 1.518, -0.603, -0.045, 0.493, 1.752, -0.233, -0.369, 0.415, 0.792, -0.643, 1.336,
  -0.045, 2.169, 2.492, 1.205, 1.263, 0.03, -0.112, 0.473, 0.129,
];

/** Of the columns of talks, in the order of `talk-features.ts`. */
export const TALK_WEIGHTS: readonly number[] = [
  0.961, -0.918, -1.598, -1.357, -0.553, 3.581, -2.053, -0.858, -0.779, 0.481, 2.791, 0.926, -0.82, 0.744, 0.888, 1.335,
  0.68, 0.168, 1.162, -1.626, 0.239, 1.96, -0.061, 0.198, -0.166, -1.119, -1.379, 0.376, -0.942, -0.899, 1.192,
];
