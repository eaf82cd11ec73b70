/** Flags of `sluice replay`. */
export interface ReplayFlags {
  readonly config?: readonly string[];
  readonly baseline?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly sslCertfilePath?: string;
}
