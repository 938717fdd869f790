import { createServer, type RequestListener, type Server } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorFrom } from '../../src/sdk/errors/error-from.ts'
import { createTokenGate, metadataResponder } from '../../src/sdk/mcp/fetch-gate.ts'
import type { GateOptions } from '../../src/sdk/mcp/gate.ts'
import { protectedResourceMetadata, requireToken, type AuthorizedRequest } from '../../src/sdk/mcp/node-middleware.ts'
import { RenewalNotes } from '../../src/sdk/mcp/renewal-notes.ts'
import { resourceMetadata, resourceMetadataUrl } from '../../src/sdk/mcp/resource-metadata.ts'

const RESOURCE = 'https://mcp.acme.com/mcp'
const METADATA = 'https://mcp.acme.com/.well-known/oauth-protected-resource/mcp'
const SCOPES = ['github:pulls:read']

/** Takes `good`; `bad`, `revoked` and `down` tell what they are. */
function options(more: Partial<GateOptions> = {}): GateOptions {
  const refusals: Readonly<Record<string, string>> = { bad: 'token_invalid', late: 'token_expired', revoked: 'agent_revoked', down: 'network_error', lost: 'invalid_client' }
  return {
    verifier: {
      resource: RESOURCE,
      verifyAccessToken(token) {
        const code = refusals[token]
        if (code !== undefined) return Promise.reject(errorFrom({ code, message: `It is ${code}.` }))
        return Promise.resolve({
          token, clientId: 'pr-reviewer', scopes: ['github:pulls:read'], expiresAt: 4_000_000_000, resource: new URL(RESOURCE),
          extra: { agent: 'agent:pr-reviewer', person: 'user:alice@acme.com', delegation: 'dlg_1', session: 'ses_1', access: [] },
        })
      },
    },
    scopes: SCOPES,
    ...more,
  }
}

async function listen(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => { server.close(); server.closeAllConnections() })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/mcp`
}

/** Both ways in: node's and the web's. */
async function answers(authorization: string | undefined, more: Partial<GateOptions> = {}): Promise<readonly { status: number; challenge: string | null; body: unknown }[]> {
  const headers = authorization === undefined ? {} : { authorization }
  const middleware = requireToken(options(more))
  const url = await listen((request: AuthorizedRequest, response) => middleware(request, response, () => response.end(JSON.stringify({ passed: request.auth?.clientId }))))
  const passed = await createTokenGate(options(more))(new Request(RESOURCE, { method: 'POST', headers }))
  const all = [await fetch(url, { method: 'POST', headers }), passed instanceof Response ? passed : Response.json({ passed: passed.clientId })]
  return Promise.all(all.map(async (answer) => ({ status: answer.status, challenge: answer.headers.get('www-authenticate'), body: await answer.json() })))
}

describe('a request to an MCP server', () => {
  const cases: readonly [string, string | undefined, number, string | null][] = [
    ['without a token is told where to get one, and what to ask for', undefined, 401, `Bearer resource_metadata="${METADATA}", scope="github:pulls:read"`],
    ['with another kind of credential is told the same', 'Basic eDp5', 401, `Bearer error="invalid_token", error_description="Send the token as Authorization: Bearer.", resource_metadata="${METADATA}", scope="github:pulls:read"`],
    ['with a token that is not good is told so', 'Bearer bad', 401, `Bearer error="invalid_token", error_description="It is token_invalid.", resource_metadata="${METADATA}", scope="github:pulls:read"`],
    ['with one that is over is told so', 'Bearer late', 401, `Bearer error="invalid_token", error_description="It is token_expired.", resource_metadata="${METADATA}", scope="github:pulls:read"`],
    ['of a revoked agent is not told to sign in again', 'Bearer revoked', 403, null],
    ['is not let through where nobody can tell', 'Bearer down', 503, null],
    ['is not let through where the server itself is refused', 'Bearer lost', 503, null],
    ['with two tokens is not let through', 'Bearer good, Bearer bad', 401, expect.stringContaining('invalid_token') as never],
  ]
  it.each(cases)('%s', async (_, authorization, status, challenge) => {
    for (const answer of await answers(authorization)) expect(answer).toMatchObject({ status, challenge })
  })

  it('with a good token passes, in any spelling of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      for (const answer of await answers(`${scheme} good`)) expect(answer).toMatchObject({ status: 200, body: { passed: 'pr-reviewer' } })
    }
  })

  it('with a token for too little is told all that it needs', async () => {
    for (const answer of await answers('Bearer good', { requiredScopes: ['github:pulls:read', 'github:pulls:write'] })) {
      expect(answer).toMatchObject({ status: 403, challenge: expect.stringMatching(/^Bearer error="insufficient_scope", .*scope="github:pulls:read github:pulls:write"$/) })
    }
  })

  it('after a link for more is asked once for a newer token', async () => {
    const renewals = new RenewalNotes()
    const gate = createTokenGate(options({ renewals }))
    const request = (method: string): Request => new Request(RESOURCE, { method, headers: { authorization: 'Bearer good' } })
    renewals.put('good', ['github:pulls:write'])
    expect(await gate(request('GET'))).toMatchObject({ clientId: 'pr-reviewer' })
    const asked = await gate(request('POST'))
    expect(asked).toMatchObject({ status: 401 })
    expect(asked instanceof Response && asked.headers.get('www-authenticate')).toContain('scope="github:pulls:read github:pulls:write"')
    expect(await gate(request('POST'))).toMatchObject({ clientId: 'pr-reviewer' })
  })

  it('cannot bring an identity of its own, nor hide a second field', async () => {
    const middleware = requireToken(options())
    const url = await listen((request: AuthorizedRequest, response) => {
      request.auth = { clientId: 'forged' } as never
      middleware(request, response, () => response.end('passed'))
      if (request.auth !== undefined) response.destroy()
    })
    expect((await fetch(url)).status).toBe(401)
  })

  it('tells of what broke, and not its client', async () => {
    const told: unknown[] = []
    const [answer] = await answers('Bearer down', { onError: (error) => told.push(error) })
    expect(JSON.stringify(answer?.body)).not.toContain('network_error')
    expect(told).toMatchObject([{ code: 'network_error' }, { code: 'network_error' }])
  })
})

describe('the metadata of an MCP server', () => {
  it.each([
    [RESOURCE, METADATA], ['https://mcp.acme.com', 'https://mcp.acme.com/.well-known/oauth-protected-resource'],
    ['http://127.0.0.1:8090/a/b', 'http://127.0.0.1:8090/.well-known/oauth-protected-resource/a/b'],
  ])('of %s is at %s', (resource, url) => { expect(resourceMetadataUrl(resource)).toBe(url) })

  it.each(['http://mcp.acme.com/mcp', 'https://mcp.acme.com/mcp/', 'https://MCP.acme.com/mcp', 'https://mcp.acme.com/a/../mcp', 'https://mcp.acme.com/mcp?x=1', 'https://mcp.acme.com/mcp#x',
    'https://u@mcp.acme.com/mcp', 'https://mcp.acme.com:443/mcp', 'mcp', ''])('is of no address such as %s', (resource) => {
    expect(() => resourceMetadata({ resource, authorityUrl: 'https://postern.acme.com' })).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })

  it('says where tokens come from and what to ask for, to GET alone', async () => {
    const document = { resource: RESOURCE, authorization_servers: ['https://postern.acme.com'], bearer_methods_supported: ['header'], scopes_supported: SCOPES, resource_name: 'Review tools' }
    const about = { resource: RESOURCE, authorityUrl: 'https://postern.acme.com/', scopes: SCOPES, name: 'Review tools' }
    const middleware = protectedResourceMetadata(about)
    const url = new URL(await listen((request, response) => middleware(request, response, () => response.writeHead(204).end())))
    const web = metadataResponder(about)
    for (const ask of [(path: string, method: string) => fetch(new URL(path, url), { method }), (path: string, method: string) => web(new Request(new URL(path, RESOURCE), { method })) ?? new Response(null, { status: 204 })]) {
      const path = new URL(METADATA).pathname
      const answer = await ask(path, 'GET')
      expect([answer.status, answer.headers.get('access-control-allow-origin'), await answer.json()]).toEqual([200, '*', document])
      expect((await ask(path, 'POST')).status).toBe(405)
      expect((await ask('/mcp', 'GET')).status).toBe(204)
    }
  })
})
