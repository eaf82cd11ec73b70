/** The commands that `program.ts` reads the rest of the line of; kept apart, so that a server loads none of them. */
export const PROGRAM_COMMANDS: readonly string[] = ['import'];
