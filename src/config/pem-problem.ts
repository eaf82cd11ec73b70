import { createSecureContext, type SecureContextOptions } from 'node:tls';

/** What is wrong with PEM files, as the end of a sentence; undefined if TLS can use what `read` makes of them. */
export function pemProblem(read: () => SecureContextOptions): string | undefined {
  try {
    const options = read();
    for (const part of ['ca', 'cert'] as const) {
      if (options[part] !== undefined && !/-----BEGIN [A-Z0-9 ]*CERTIFICATE-/.test(String(options[part])))
        return 'that holds no certificate in PEM';
    }
    createSecureContext(options);
    return undefined;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    return syscall === undefined ? `that TLS cannot use (${code ?? 'not PEM'})` : `that cannot be read (${code})`;
  }
}
