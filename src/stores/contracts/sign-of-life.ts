/** While requests are under way a process shows at least this often that it lives: the last sign says when it ended. */
export const SIGN_OF_LIFE_EVERY_MS = 250;
