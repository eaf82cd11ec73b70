/**
 * The address with `sslmode` meant as libpq and every other client of Postgres mean it: `require` encrypts, and checks the
 * certificate only by the authorities in `sslrootcert`; `verify-ca` does not ask for the name of the host. The driver would take
 * both for `verify-full`.
 */
export function libpqAddress(url: string): string {
  const parsed = URL.parse(url);
  const mode = parsed?.searchParams.get('sslmode') ?? '';
  if (!['prefer', 'require', 'verify-ca'].includes(mode) || /[?&]uselibpqcompat=/.test(url)) return url;
  return `${url}&uselibpqcompat=true`;
}
