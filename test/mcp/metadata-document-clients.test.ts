import { createServer, type Server } from 'node:http'
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { protectedResourceMetadata } from '../../src/sdk/mcp/node-middleware.ts'
import { freePort } from '../support/redis-server.ts'
import { Browser } from '../oauth/support/browser.ts'
import { agent, openOauthWorld, REDIRECT, type OauthWorld } from '../oauth/support/oauth-world.ts'

const CLIENT = 'https://agents.example.com/assistant.json'
let world: OauthWorld
let server: Server
let resource: string
beforeAll(async () => {
  const port = await freePort()
  resource = `http://127.0.0.1:${port}/mcp`
  const body = JSON.stringify({ client_id: CLIENT, client_name: 'Assistant', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] })
  world = await openOauthWorld({ overrides: {
    metadataHosts: ['agents.example.com'], resourceServers: [{ resource, agent: 'agent:tools' as never }],
    http: ({ url }) => Promise.resolve(url === CLIENT ? { status: 200, headers: { 'content-type': 'application/json' }, body } : { status: 404, headers: {}, body: '' }),
  } })
  const one = agent('agents.example.com', { redirectUris: [] })
  world.agents.set(one.id, one)
  const metadata = protectedResourceMetadata({ resource, authorityUrl: world.issuer, scopes: ['github:pulls:read'] })
  server = createServer((request, response) => { metadata(request, response, () => response.writeHead(401).end()) })
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
})
afterAll(async () => {
  server.close()
  await world.close()
})

describe('an MCP client that names itself by the URL of its metadata', () => {
  it('finds the authority by the server, is the agent of its host, and gets a token for that server', async () => {
    const kept: { client?: Parameters<NonNullable<OAuthClientProvider['saveClientInformation']>>[0]; tokens?: Parameters<OAuthClientProvider['saveTokens']>[0]; verifier: string; asked?: URL } = { verifier: '' }
    const provider: OAuthClientProvider = {
      redirectUrl: REDIRECT, clientMetadataUrl: CLIENT, clientMetadata: { redirect_uris: [REDIRECT] },
      clientInformation: () => kept.client, saveClientInformation: (client) => { kept.client = client },
      tokens: () => kept.tokens, saveTokens: (tokens) => { kept.tokens = tokens },
      codeVerifier: () => kept.verifier, saveCodeVerifier: (verifier) => { kept.verifier = verifier },
      redirectToAuthorization: (url) => { kept.asked = url },
    }
    expect(await auth(provider, { serverUrl: resource })).toBe('REDIRECT')
    expect(kept.asked?.searchParams.get('client_id')).toBe(CLIENT)
    const authorizationCode = (await new Browser(world.issuer).toClient(kept.asked?.href ?? '')).searchParams.get('code') ?? ''
    expect(await auth(provider, { serverUrl: resource, authorizationCode })).toBe('AUTHORIZED')
    expect(decodeJwt(kept.tokens?.access_token ?? '')).toMatchObject({ aud: resource, sub: 'agent:agents.example.com', client_id: CLIENT, scope: 'github:pulls:read' })
    expect(await auth(provider, { serverUrl: resource })).toBe('AUTHORIZED')
  })
})
