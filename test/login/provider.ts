import { OAuth2Server } from 'oauth2-mock-server'
import { onTestFinished } from 'vitest'
import { createIdentityProvider, type IdentityProvider } from '../../src/authority/login/identity-provider.ts'
import type { UpstreamHttp } from '../../src/integrations/upstream-http.ts'
import { Secret } from '../../src/lib/secret.ts'
import { Fault } from '../../src/model/denial.ts'
import { systemClock } from '../../src/lib/clock.ts'

export type Claims = Record<string, unknown>

/** An OpenID Connect server on a real socket, and what it will say of whoever comes. */
export interface TestProvider {
  readonly server: OAuth2Server
  readonly issuer: string
  /** Added to each ID token, last word. */
  claims: Claims
  /** Added to what the userinfo endpoint answers. */
  userinfo: Claims
  /** Requests of ours that arrived there. */
  readonly requests: { readonly method: string, readonly url: string, readonly authorization: string | undefined, readonly body: string | undefined }[]
  /** Cuts the line to it. */
  down: boolean
  for(origin: string, options?: { readonly clientSecret?: string, readonly scopes?: readonly string[] }): IdentityProvider
}

export const CLIENT_ID = 'postern'

/** Made once: it takes a while. */
let key: Record<string, unknown> | undefined

export async function testProvider(): Promise<TestProvider> {
  const server = new OAuth2Server()
  if (key === undefined) key = await server.issuer.keys.generate('RS256')
  else await server.issuer.keys.add({ ...key })
  await server.start(0, '127.0.0.1')
  onTestFinished(() => server.stop())
  const issuer = `http://127.0.0.1:${server.address().port}`
  server.issuer.url = issuer
  const provider: TestProvider = {
    server, issuer, claims: { email: 'alice@acme.com', email_verified: true, name: 'Alice Chen' }, userinfo: {}, requests: [], down: false,
    for: (origin, { clientSecret, scopes = ['openid', 'email', 'profile'] } = {}) => createIdentityProvider({
      issuer, clientId: CLIENT_ID, clientSecret: clientSecret === undefined ? undefined : new Secret(clientSecret), scopes,
      wanted: ['email', 'groups'], http: http(provider), clock: systemClock,
      redirectUri: `${origin}/login/callback`, signedOutUri: `${origin}/signed-out`,
    }),
  }
  server.service.on('beforeTokenSigning', (token: { payload: Claims }) => {
    if ('nonce' in token.payload || token.payload['aud'] === CLIENT_ID) Object.assign(token.payload, provider.claims)
  })
  server.service.on('beforeUserinfo', (answer: { body: Claims }) => void Object.assign(answer.body, provider.userinfo))
  return provider
}

/** As the egress guard has it: one answer, whole, or a Fault. */
function http(provider: TestProvider): UpstreamHttp {
  return async ({ method, url, headers, body }, signal) => {
    provider.requests.push({ method, url, authorization: headers['authorization'], body })
    if (provider.down) throw new Fault('credential_unavailable', 'the identity provider did not answer whole (ECONNREFUSED)')
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }), redirect: 'manual', signal })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
  }
}
