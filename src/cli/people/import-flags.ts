/** Flags of `sluice import litellm`. */
export interface ImportFlags {
  readonly databaseUrl?: string;
  readonly saltKey?: string;
  readonly config?: readonly string[];
  readonly apply?: boolean;
  readonly undo?: string | true;
  readonly json?: boolean;
  readonly changesOnly?: boolean;
}
