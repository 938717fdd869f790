import { createHash } from 'node:crypto'
import type { Secret } from '../../lib/secret.ts'
import type { Connection, ConnectionKey, Connections, TokenReplacement } from '../../store/ports/connections.ts'

/**
 * The stored connection, made from the configured refresh token where there is none. That token is single-use, so that it is taken once only: later
 * the store's own successors count. A configured token that was never seen before is one that a person brought, and replaces what is stored.
 */
export async function importedConnection(connections: Connections, key: ConnectionKey, configured: Secret): Promise<Connection> {
  const fingerprint = fingerprintOf(configured)
  const initial: TokenReplacement = { scopes: [], tokens: { accessToken: undefined, accessExpiresAtMs: undefined, refreshToken: configured } }
  for (;;) {
    const stored = await connections.create({ ...key, ...initial, imported: [fingerprint] })
    if (stored.imported.includes(fingerprint)) return stored
    const replaced = await connections.replaceTokens(stored.id, stored.version, initial, fingerprint)
    // Undefined: another process was faster; look again.
    if (replaced !== undefined) return replaced
  }
}

/** A refresh token has far too many random bits to be found from its digest. */
function fingerprintOf(token: Secret): string {
  return createHash('sha256').update('postern imported token\0').update(token.reveal()).digest('base64url').slice(0, 22)
}
