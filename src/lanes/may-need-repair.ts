/** Whether a body may hold what `modify_params` repairs: a search for a few words, which passes over requests without tools. */
export function mayNeedRepair(body: Buffer): boolean {
  return MARKS.some((mark) => body.includes(mark));
}

const MARKS = ['"tool_use"', '"tool_result"'];
