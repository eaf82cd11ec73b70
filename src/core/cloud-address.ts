/** Addresses at which clouds offer the credentials of their machines. */

/**
 * 169.254.0.0/16, also inside IPv6, and fe80::/10; and those outside of them: AWS over IPv6, Alibaba Cloud, and Azure's host
 * (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16, 2026-11).
 */
const CLOUD_ADDRESS =
  /^(?:169\.254\.\d+\.\d+|100\.100\.100\.200|168\.63\.129\.16|fe[89ab][\da-f]:.*|fd00:ec2::254|(?:.*:)(?:a9fe:[\da-f]+|6464:64c8|a83f:8110|169\.254\.\d+\.\d+|100\.100\.100\.200|168\.63\.129\.16))$/i;

/** Whether an address, as `URL` or a name server writes it and without brackets, is one of them. */
export function isCloudAddress(address: string): boolean {
  return CLOUD_ADDRESS.test(address);
}
