import type { AdapterPayload } from 'oidc-provider'
import { errors } from 'oidc-provider'
import { StoredModel } from './stored-model.ts'

/** The `jti` of client assertions and DPoP proofs: stored once, whoever is the quickest. The library looks first and stores then. */
export class OnceModel extends StoredModel {
  override async upsert(id: string, payload: AdapterPayload, expiresInS?: number): Promise<void> {
    const stored = await this.options.shortLived.putNew(this.record(id, payload, expiresInS))
    if (!stored) throw new errors.InvalidRequest('the proof was used already')
  }
}
