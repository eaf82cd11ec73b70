import { asGatewayError, GatewayError } from '../core/errors.ts';

/** The error of a path that cannot be decoded. */
export function badUrl(error: Error): GatewayError {
  return new GatewayError('invalid_request', 'The path of the request is not valid: check its percent-encoding.', {
    cause: error,
  });
}

/** An error of the framework before a handler runs is the client's fault if its status is 4xx. */
export function errorOfFramework(error: unknown): GatewayError {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (!(status >= 400 && status < 500)) return asGatewayError(error);
  if (status === 415)
    return new GatewayError(
      'unsupported_media_type',
      'The header `Content-Type` is not valid. Send `Content-Type: application/json`.',
      { cause: error },
    );
  return new GatewayError('invalid_request', 'The request is not valid: check its method, path, headers and length.', {
    cause: error,
  });
}
