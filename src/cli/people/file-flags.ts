/** Flags of `sluice export`. */
export interface ExportFlags {
  readonly config?: readonly string[];
  readonly ledger?: boolean;
  readonly json?: boolean;
}

/** Flags of `sluice import FILE`. */
export interface FileImportFlags {
  readonly config?: readonly string[];
  readonly apply?: boolean;
  readonly undo?: string | true;
  readonly reseal?: boolean;
  readonly json?: boolean;
  readonly changesOnly?: boolean;
}
