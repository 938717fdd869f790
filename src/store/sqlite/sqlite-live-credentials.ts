import type { LiveCredential } from '../../integrations/issuer.ts'
import type { CredentialId } from '../../model/ids.ts'
import type { SealedPlace, Sealer } from '../envelope.ts'
import type { LiveCredentials } from '../ports/live-credentials.ts'
import type { WorkerClient } from './worker-client.ts'

/** Live credentials in SQLite, sealed on this side. */
export class SqliteLiveCredentials implements LiveCredentials {
  readonly #client: WorkerClient
  readonly #sealer: Sealer

  constructor(client: WorkerClient, sealer: Sealer) {
    this.#client = client
    this.#sealer = sealer
  }

  async add({ id, integration, secret, expiresAtMs }: LiveCredential): Promise<void> {
    if (!Number.isFinite(expiresAtMs)) throw new TypeError('a live credential ends at some time')
    const sealed = this.#sealer.seal(secret, placeOf(id))
    await this.#client.call('live_credentials.add', { id, integration, secret: sealed, expires_at: Math.floor(expiresAtMs) })
  }

  async remove(id: CredentialId): Promise<void> {
    await this.#client.call('live_credentials.remove', id)
  }

  async list(): Promise<readonly LiveCredential[]> {
    const rows = await this.#client.call('live_credentials.list', null)
    return rows.map((row) => ({
      id: row.id as CredentialId,
      integration: row.integration,
      secret: this.#sealer.open(row.secret, placeOf(row.id)),
      expiresAtMs: row.expires_at,
    }))
  }
}

function placeOf(row: string): SealedPlace {
  return { table: 'live_credentials', row, column: 'secret' }
}
