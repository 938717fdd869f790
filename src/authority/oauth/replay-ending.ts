import { Provider } from 'oidc-provider'
import { parseId } from '../../model/ids.ts'
import type { OauthTrail } from './audit-trail.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'

/** Ends what a code or a refresh token stood for, once it was shown by two: it cannot be told which of them is the thief. */
export class ReplayEnding {
  readonly #options: Pick<OauthDependencies, 'shortLived' | 'desk' | 'endReplayedSession'> & { readonly trail: OauthTrail }

  constructor(options: Pick<OauthDependencies, 'shortLived' | 'desk' | 'endReplayedSession'> & { readonly trail: OauthTrail }) {
    this.#options = options
  }

  /** Idempotent. @param grant the session's id, or the name of our own command line's sign-in */
  async end(grant: string): Promise<void> {
    const { shortLived, desk, endReplayedSession, trail } = this.#options
    const session = parseId('ses', grant)
    const granted = session === undefined ? undefined : await desk.live(session)
    await shortLived.removeByGrant(grant)
    if (granted === undefined) return
    await endReplayedSession(granted.session.id)
    await trail.replayed(granted, whatWasShown())
  }
}

function whatWasShown(): string {
  switch (Provider.ctx?.oidc.params?.['grant_type']) {
    case 'refresh_token': return 'A refresh token'
    case 'authorization_code': return 'An authorization code'
    default: return 'A code'
  }
}
