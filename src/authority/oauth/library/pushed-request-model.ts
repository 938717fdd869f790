import { randomUUID } from 'node:crypto'
import { errors } from 'oidc-provider'
import { StoredModel } from './stored-model.ts'

/** Pushed authorization requests: each good for one authorization (RFC 9126 section 7.3). */
export class PushedRequestModel extends StoredModel {
  override async consume(id: string): Promise<void> {
    const outcome = await this.options.shortLived.consume(this.kind, id, randomUUID())
    if (outcome !== 'first') throw new errors.InvalidRequestUri('request_uri was used already')
  }
}
