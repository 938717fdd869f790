import type { AdapterPayload } from 'oidc-provider'
import { errors, Provider } from 'oidc-provider'
import { REFRESH_KIND } from '../refresh-rotation.ts'
import type { RefreshRotation } from '../refresh-rotation.ts'
import { stateOf } from '../request-state.ts'
import { payloadOf, StoredModel } from './stored-model.ts'
import type { StoredModelOptions } from './stored-model.ts'

/** The library's refresh tokens, whose rotation is ours: the library is shown a used token as good as long as it may be answered again. */
export class RefreshTokenModel extends StoredModel {
  readonly #rotation: RefreshRotation

  constructor(options: StoredModelOptions & { readonly rotation: RefreshRotation }) {
    super('RefreshToken', options)
    this.#rotation = options.rotation
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    const record = await this.options.shortLived.find(REFRESH_KIND, id)
    if (record === undefined) return undefined
    takeScope()
    return payloadOf(id, await this.#rotation.isReused(id, record) ? record : { ...record, consumedAtMs: undefined })
  }

  override async upsert(id: string, payload: AdapterPayload, expiresInS?: number): Promise<void> {
    const step = Provider.ctx === undefined ? undefined : stateOf(Provider.ctx).refresh
    if (step?.kind !== 'rotates') return super.upsert(id, payload, expiresInS)
    const stored = await this.#rotation.storeSuccessor(step, this.record(id, payload, expiresInS))
    if (!stored) throw new errors.TemporarilyUnavailable('another refresh with this token was quicker; try again')
  }

  /** `rotateRefreshToken` has done it, before the library asks for it. */
  override async consume(): Promise<void> {
    const step = Provider.ctx === undefined ? undefined : stateOf(Provider.ctx).refresh
    if (step?.kind !== 'rotates') throw new TypeError('a refresh token is used up by its rotation alone')
  }
}

/**
 * Takes the wanted scope out of the library's hands: it would compare it word by word with what was first asked for. We compare it with what
 * the delegation stands at now.
 */
function takeScope(): void {
  const context = Provider.ctx
  const { params } = context?.oidc ?? {}
  if (context === undefined || params?.['grant_type'] !== 'refresh_token' || typeof params['scope'] !== 'string') return
  stateOf(context).wantedScope = params['scope']
  params['scope'] = undefined
}
