/** Ids of the blocks of server tools that the gateway made for what another provider ran: no Claude gets them. */
const MADE = 'srvtoolu_sluice_';

/** The id for a call of another provider; a call may be several blocks. */
export function madeId(id: string, index: number): string {
  return `${MADE}${id.replace(/[^a-zA-Z0-9_-]/g, '_')}_${index}`;
}

/** Whether the gateway made an id. */
export const isMadeId = (id: string): boolean => id.startsWith(MADE);

/** Whether such an id may be in a text. */
export const holdsMadeId = (text: string): boolean => text.includes(MADE);
