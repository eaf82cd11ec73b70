/** Flags of `sluice reconcile`. */
export interface ReconcileFlags {
  readonly config?: readonly string[];
  readonly provider?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly csv?: readonly string[];
  readonly min?: string;
  readonly json?: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly sslCertfilePath?: string;
}
