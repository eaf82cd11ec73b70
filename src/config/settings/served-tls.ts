import { own, type SettingRows } from '../setting-rows.ts';

/** The certificate that the gateway itself shows to its clients. LiteLLM has the first two as flags and variables only. */
export const SERVED_TLS = {
  ssl_certfile_path: own(
    'text',
    'A PEM file with the certificate to serve HTTPS with, and the chain after it. The file is watched.',
    { variable: 'SSL_CERTFILE_PATH', otherwise: 'plain HTTP' },
  ),
  ssl_keyfile_path: own('text', 'A PEM file with its key.', {
    variable: 'SSL_KEYFILE_PATH',
    otherwise: 'it is in `ssl_certfile_path`',
  }),
  ssl_keyfile_password: own('secret', 'The password of an encrypted key.', { variable: 'SSL_KEYFILE_PASSWORD' }),
  ssl_ciphers: own('text', 'The cipher suites to serve with, in the words of OpenSSL. TLS 1.2 is the least.', {
    otherwise: 'those of Node.js',
  }),
} satisfies SettingRows;
