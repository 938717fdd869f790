/** Where the OAuth server answers, below the issuer. */
export const ENDPOINTS = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  pushedAuthorization: '/oauth2/par',
  deviceAuthorization: '/oauth2/device',
  jwks: '/oauth2/jwks',
  /** Served elsewhere in the authority: they tell the live truth of tokens that the library cannot look up. */
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
} as const

/** RFC 8414 section 3, and the same for those who look where OpenID Connect has it. */
export const METADATA_PATHS: ReadonlySet<string> = new Set(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])

/** The page where an interaction is answered: `/consent/{uid}`. */
export const INTERACTION_PATH = '/consent'

/** The page where a person types in what a device shows. */
export const DEVICE_PATH = '/device'

/** The resource of our own admin API, relative to the issuer. */
export const ADMIN_RESOURCE_PATH = '/v1'

const UID = /^[A-Za-z0-9_-]{1,64}$/

/** The interaction that a page's URL names. Pure. */
export function interactionOf(url: string | undefined): string | undefined {
  const [path = ''] = (url ?? '').split('?')
  if (!path.startsWith(`${INTERACTION_PATH}/`)) return undefined
  const [uid = ''] = path.slice(INTERACTION_PATH.length + 1).split('/')
  return UID.test(uid) ? uid : undefined
}

/** Whether the library answers there; what it has besides, such as its own pages, is not reachable. Pure. */
export function isLibraryPath(path: string): boolean {
  if (LIBRARY_PATHS.has(path)) return true
  const prefix = `${ENDPOINTS.authorization}/`
  return path.startsWith(prefix) && UID.test(path.slice(prefix.length))
}

const LIBRARY_PATHS: ReadonlySet<string> = new Set([
  ENDPOINTS.authorization, ENDPOINTS.token, ENDPOINTS.pushedAuthorization, ENDPOINTS.deviceAuthorization,
])
