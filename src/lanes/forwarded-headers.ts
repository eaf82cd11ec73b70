import { ownValue } from '../core/own-value.ts';
import { type HandedOn, handedOn } from '../providers/client-headers.ts';
import type { OperationId, ProviderOperation } from '../providers/provider.ts';
import type { LaneRequest } from './lane-request.ts';

const NONE: readonly string[] = [];

/** What is read of the deployment that is called. */
interface Called {
  readonly config: { readonly handsOn?: HandedOn };
  readonly provider: { readonly organizationHeader?: string };
  call(
    name: OperationId,
    operation: ProviderOperation,
    stream: boolean,
  ): {
    readonly headers: readonly string[];
  };
}

/** How it is called. */
interface Way {
  readonly operation: ProviderOperation;
  readonly operationName: OperationId;
}

/** Headers of the client that a provider is handed, names and values in turn: of its own format, and as the operator wishes. */
export function forwardedHeaders(request: LaneRequest, deployment: Called, way: Way): readonly string[] {
  const ofFormat = headersOfFormat(request, way.operation);
  return deployment.config.handsOn === undefined
    ? ofFormat
    : [...ofFormat, ...wishedHeaders(request, deployment, way, deployment.config.handsOn)];
}

function headersOfFormat({ endpoint, client }: LaneRequest, operation: ProviderOperation): readonly string[] {
  if (operation.forwardHeaders === undefined || operation.format !== endpoint.format) return NONE;
  const headers: string[] = [];
  for (const name of operation.forwardHeaders) {
    const value = ownValue(client.headers, name);
    if (typeof value === 'string') headers.push(name, value);
  }
  return headers;
}

/** What the deployment says itself is not the client's to change. */
function wishedHeaders(
  { client, stream }: LaneRequest,
  deployment: Called,
  { operation, operationName }: Way,
  wish: HandedOn,
): readonly string[] {
  const { headers } = deployment.call(operationName, operation, stream);
  const own = new Set(headers.filter((_each, index) => index % 2 === 0));
  return handedOn(client.headers, wish, deployment.provider.organizationHeader)
    .filter(([name]) => !own.has(name))
    .flat();
}
