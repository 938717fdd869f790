import type { KoaContextWithOIDC } from 'oidc-provider'
import { errors } from 'oidc-provider'
import { parseId } from '../../model/ids.ts'
import { AccessRefused, readAccess, readDetail } from './access-request.ts'
import type { WordsOf } from './access-request.ts'
import { agentOfClient } from './client-identity.ts'
import type { OauthDependencies } from './oauth-dependencies.ts'
import { ADMIN_SCOPE, OWN_CLIENT_ID } from './own-client.ts'

/** The parameter by which a running session asks for more. */
export const EXTEND_PARAMETER = 'postern_session'

/** The longest text that a client can have handed back to it. */
const MAX_STATE = 4_096

type Options = Pick<OauthDependencies, 'words' | 'agents' | 'desk'>

/** Checks what a request asks for before anybody is asked: at the authorization, the pushed and the device endpoint alike. */
export async function checkRequestedAccess(context: KoaContextWithOIDC, options: Options): Promise<void> {
  const { client, params = {} } = context.oidc
  const { state, scope } = params
  if (typeof state === 'string' && state.length > MAX_STATE) throw new errors.InvalidRequest(`state is longer than ${MAX_STATE} characters`)
  if (client?.clientId === OWN_CLIENT_ID) {
    if (scope !== ADMIN_SCOPE) throw invalidScope('the command line asks for no scopes')
    return
  }
  const access = translated(() => readAccess(scope, params['authorization_details'], options.words))
  if (access.length === 0) throw invalidScope('ask for access: scope as integration:scope, or authorization_details of type postern')
  await checkExtension(params[EXTEND_PARAMETER], client?.clientId ?? '', options)
}

/** `validate` of the type `postern`: one member of `authorization_details`. */
export function checkDetail(detail: unknown, words: WordsOf): void {
  translated(() => readDetail(detail, words))
}

/** Turns a refusal into the library's error of the same meaning. */
export function translated<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AccessRefused)) throw error
    if (error.about === 'scope') throw invalidScope(error.message)
    throw new errors.InvalidAuthorizationDetails(error.message)
  }
}

/** `invalid_scope` (RFC 6749 section 5.2), without the library's habit of repeating the scope. */
export function invalidScope(description: string): errors.OIDCProviderError {
  return new errors.CustomOIDCProviderError('invalid_scope', description)
}

/** Only the same agent's running session can ask for more; that it is the same person's is seen once somebody has signed in. */
async function checkExtension(value: unknown, clientId: string, { agents, desk }: Options): Promise<void> {
  if (value === undefined) return
  const session = typeof value === 'string' ? parseId('ses', value) : undefined
  const granted = session === undefined ? undefined : await desk.live(session)
  if (granted === undefined || granted.session.agent !== agentOfClient(clientId, agents)?.id) {
    throw new errors.InvalidRequest(`${EXTEND_PARAMETER} names no running session of this client`)
  }
}
