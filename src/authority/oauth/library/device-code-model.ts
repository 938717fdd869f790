import type { AdapterPayload } from 'oidc-provider'
import { errors, Provider } from 'oidc-provider'
import { DEVICE_GRANT } from '../client-metadata.ts'
import type { PollPace } from '../poll-pace.ts'
import { StoredModel } from './stored-model.ts'
import type { StoredModelOptions } from './stored-model.ts'

/** Device codes: the library answers polls, and leaves their pace to others. */
export class DeviceCodeModel extends StoredModel {
  readonly #pace: PollPace

  constructor(options: StoredModelOptions & { readonly pace: PollPace }) {
    super('DeviceCode', options)
    this.#pace = options.pace
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = await super.find(id)
    const waits = payload !== undefined && payload.accountId === undefined && payload.error === undefined
    if (waits && Provider.ctx?.oidc.params?.['grant_type'] === DEVICE_GRANT && this.#pace.tooEarly(id)) throw new errors.SlowDown()
    return payload
  }
}
