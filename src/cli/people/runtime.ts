/** What a command for people runs in. */
export interface Runtime {
  readonly env: NodeJS.ProcessEnv;
  /** Takes the exit code. */
  readonly exit: (code: number) => void;
}
