import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as oauth from 'oauth4webapi'
import { Browser } from './support/browser.ts'
import { assertion, CHALLENGE, codeFor, post, redeem, VERIFIER } from './support/client.ts'
import type { Parameters } from './support/client.ts'
import { openOauthWorld, REDIRECT } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeAll(async () => { world = await openOauthWorld() })
afterAll(() => world.close())

const REQUEST: Parameters = {
  client_id: 'pr-reviewer', response_type: 'code', redirect_uri: REDIRECT, scope: 'github:pulls:read', state: 'pushed',
  code_challenge: CHALLENGE, code_challenge_method: 'S256',
}

async function push(parameters: Parameters = {}): Promise<string> {
  const { status, body } = await post(world, '/oauth2/par', { ...REQUEST, ...parameters })
  expect({ status, error: body['error_description'] }).toEqual({ status: 201, error: undefined })
  return String(body['request_uri'])
}

function authorize(clientId: string, requestUri: string, browser = new Browser(world.issuer)): Promise<URL> {
  return browser.toClient(`${world.issuer}/oauth2/authorize?client_id=${clientId}&request_uri=${encodeURIComponent(requestUri)}`)
}

describe('a pushed authorization request', () => {
  it('passes with oauth4webapi, and what is added in the browser counts nothing', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(world.issuer)
    const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
    const client: oauth.Client = { client_id: 'pr-reviewer' }
    const pushed = await oauth.processPushedAuthorizationResponse(server, client, await oauth.pushedAuthorizationRequest(server, client, oauth.None(), REQUEST as Record<string, string>, insecure))
    const url = `${server.authorization_endpoint}?client_id=pr-reviewer&request_uri=${encodeURIComponent(pushed.request_uri)}&scope=github:pulls:write&redirect_uri=https://evil.example`
    const answer = await new Browser(world.issuer).toClient(url)
    const parameters = oauth.validateAuthResponse(server, client, answer, 'pushed')
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), parameters, REDIRECT, VERIFIER, insecure))
    expect(tokens.scope).toBe('github:pulls:read')
  })

  it('takes a client that signs its assertions, and no other in its name', async () => {
    const requestUri = await push({ ...await assertion(world) })
    const answer = await authorize('release-notes', requestUri)
    expect(answer.searchParams.get('code')).toBeTruthy()
    const unsigned = await post(world, '/oauth2/par', { ...REQUEST, client_id: 'release-notes' })
    expect({ status: unsigned.status, error: unsigned.body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
  })

  it('is good for one authorization', async () => {
    const requestUri = await push()
    const [first, second] = [new Browser(world.issuer), new Browser(world.issuer)]
    const answers = await Promise.all([authorize('pr-reviewer', requestUri, first), authorize('pr-reviewer', requestUri, second)].map((one) => one.catch((error: unknown) => error)))
    expect(answers.filter((answer) => answer instanceof URL && answer.searchParams.has('code'))).toHaveLength(1)
    await expect(authorize('pr-reviewer', requestUri)).rejects.toThrow('invalid_request_uri')
  })

  it('is no other client’s', async () => {
    await expect(authorize('issue-triage', await push())).rejects.toThrow('invalid_request')
  })

  it('is judged when it is pushed', async () => {
    const refused: readonly [Parameters, string][] = [
      [{ redirect_uri: 'https://evil.example' }, 'invalid_request'],
      [{ scope: 'github:admin' }, 'invalid_scope'],
      [{ code_challenge_method: 'plain' }, 'invalid_request'],
      [{ response_mode: 'form_post' }, 'unsupported_response_mode'],
      [{ resource: 'https://evil.example' }, 'invalid_target'],
      [{ request: 'eyJ.e30.' }, 'request_not_supported'],
      [{ postern_session: 'ses_of_nobody' }, 'invalid_request'],
    ]
    for (const [parameters, error] of refused) expect((await post(world, '/oauth2/par', { ...REQUEST, ...parameters })).body['error']).toBe(error)
  })

  it('may carry a nonce, which means nothing without ID tokens', async () => {
    const answer = await authorize('pr-reviewer', await push({ nonce: 'n-0S6_WzA2Mj' }))
    const pushed = await redeem(world, answer.searchParams.get('code') ?? '')
    const direct = await redeem(world, await codeFor(world, { nonce: 'n-0S6_WzA2Mj' }))
    expect([pushed, direct].map(({ status, body }) => ({ status, id: body['id_token'] }))).toEqual([{ status: 200, id: undefined }, { status: 200, id: undefined }])
  })

  it('is bounded in size', async () => {
    const large = await post(world, '/oauth2/par', { ...REQUEST, state: 'x'.repeat(60_000) })
    expect({ status: large.status, error: large.body['error'] }).toEqual({ status: 400, error: 'invalid_request' })
  })
})
