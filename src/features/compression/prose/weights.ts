/** Learnt weights. `node bench/compression/train.ts` makes them again from `../shared/data/compression`. */

/** Of the features of passages, as `passage-features.ts` names them. */
export const PASSAGE_WEIGHTS: readonly number[] = [
  0.709, 0.975, 2.269, 2.647, 1.953, 1.585, -0.614, -0.207, 0.241, 1.179, -0.415, -0.551, 0.53, 0.704, -0.731, 1.146,
  -0.207, 2.3, 2.497, 1.271, 1.39, 0.195, -0.317, 0.375, 0.598, 0.282, 0.421, 0.41, 0.595, -0.016,
];

/** Of the columns of talks, in the order of `talk-features.ts`. */
export const TALK_WEIGHTS: readonly number[] = [
  1.028, -0.917, -1.468, -1.089, -0.338, 3.066, -2.503, -1.051, -0.655, 1.022, 2.36, 0.946, -0.844, 0.775, 0.851, 1.347,
  0.629, 0.18, 1.189, -1.27, 0.058, 1.765, -0.046, 0.254, -0.17, -1.158, -1.42, 0.308, -0.946, -0.874, 1.058,
];
