import { now, own, type SettingRows } from '../setting-rows.ts';

/** How connections to providers and webhooks are secured. */
export const CONNECTION_TLS = {
  ssl_verify: now(
    'any',
    'Whether certificates of providers and webhooks are checked; a path names the only authorities.',
    {
      variable: 'SSL_VERIFY',
      otherwise: 'checked by the file in `SSL_CERT_FILE`, else by the authorities that Node.js trusts',
    },
  ),
  ssl_certificate: now(
    'text',
    'A file with the client certificate for providers and webhooks; it may hold its key too.',
    {
      variable: 'SSL_CERTIFICATE',
    },
  ),
  ssl_certificate_key: own('text', 'A file with the key of the client certificate.', {
    otherwise: 'it is in `ssl_certificate`',
  }),
  ssl_security_level: now(
    'text',
    'Which keys and ciphers of providers and webhooks are strong enough, as OpenSSL writes it: `DEFAULT@SECLEVEL=1` takes a server with an RSA key of 1024 bits.',
    { variable: 'SSL_SECURITY_LEVEL', otherwise: 'level 2' },
  ),
} satisfies SettingRows;

/** The same for one deployment. */
export const DEPLOYMENT_TLS = {
  ssl_verify: now('any', 'Whether its certificate is checked; a path names the only authorities.', {
    otherwise: '`litellm_settings.ssl_verify`',
  }),
  ssl_certificate: own('text', 'A file with the client certificate for it; it may hold its key too.', {
    otherwise: '`litellm_settings.ssl_certificate`',
  }),
  ssl_certificate_key: own('text', 'A file with the key of that certificate.', {
    otherwise: 'it is in `ssl_certificate`',
  }),
} satisfies SettingRows;
