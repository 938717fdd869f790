import * as fc from 'fast-check'
import { UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { inputRequired } from '@modelcontextprotocol/server'
import { describe, expect, it } from 'vitest'
import { errorFrom } from '../../src/sdk/errors/error-from.ts'
import type { Postern } from '../../src/sdk/postern.ts'
import { createTools, type ToolsOptions } from '../../src/sdk/mcp/create-tools.ts'
import { leaks } from '../../src/sdk/mcp/leaks.ts'

const TOKEN = `eyJhbGciOiJFUzI1NiJ9.${'QW'.repeat(60)}.${'s1gnature-'.repeat(8)}`
const LINK = 'https://postern.acme.com/more?session=ses_1&integration=github&scope=pulls%3Awrite'
const CAPABLE = { mcpReq: { envelope: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } } } } }

/** An authority that gives a credential, or refuses. */
function postern(refusal?: Parameters<typeof errorFrom>[0]): Postern {
  return {
    authorityUrl: 'https://postern.acme.com',
    require: (integration) => refusal !== undefined ? Promise.reject(errorFrom(refusal)) : Promise.resolve({
      accessToken: TOKEN, tokenType: 'Bearer', authorization: `Bearer ${TOKEN}`, expiresIn: 300, expiresAt: new Date(), scope: 'github:pulls:read', targets: [], integration,
      baseUrl: 'http://127.0.0.1:8080/github', delivery: 'proxied',
    } as never),
  }
}

/** A tool that asks for GitHub and answers what `work` makes of the credential. */
function toolOf(work: (token: string) => object, options: Partial<ToolsOptions> = {}): (context?: object) => Promise<Readonly<Record<string, unknown>>> {
  const tools = createTools({ postern: postern(), ...options })
  const tool = tools.tool(async (_context?: object) => work((await tools.require('github', 'the-callers-token')).accessToken))
  return async (context) => await tool(context) as Readonly<Record<string, unknown>>
}

const text = (value: string): object => ({ content: [{ type: 'text', text: value }] })

describe('a credential that a tool was given', () => {
  const shown: readonly [string, (token: string) => object][] = [
    ['in its text', (token) => text(`I used ${token} for it`)],
    ['wrapped into lines', (token) => text(token.replaceAll(/.{60}/g, '$&\n'))],
    ['as its signature alone', (token) => text(token.split('.')[2] ?? '')],
    ['in base64', (token) => text(Buffer.from(`Authorization: Bearer ${token}\n`).toString('base64'))],
    ['in base64, from another offset', (token) => text(Buffer.from(`x: ${token}`).toString('base64url'))],
    ['in hex', (token) => text(Buffer.from(token).toString('hex'))],
    ['percent-encoded', (token) => text([...Buffer.from(token)].map((byte) => `%${byte.toString(16)}`).join(''))],
    ['as the data of a picture', (token) => ({ content: [{ type: 'image', mimeType: 'image/png', data: Buffer.from(token).toString('base64') }] })],
    ['in structured content', (token) => ({ content: [], structuredContent: { deep: [{ er: { token } }] } })],
    ['as the name of a member', (token) => ({ content: [], structuredContent: { [token]: true } })],
    ['in the metadata', (token) => ({ content: [], _meta: { authorization: `Bearer ${token}` } })],
    ['in a URL', (token) => ({ content: [], structuredContent: { next: new URL(`https://api.internal/next?access_token=${token}`) } })],
    ['in what an object makes of itself', (token) => ({ content: [], structuredContent: { toJSON: () => ({ shown: token }) } })],
    ['in an error result', (token) => ({ isError: true, content: [{ type: 'text', text: `failed with ${token}` }] })],
  ]
  it.each(shown)('never leaves %s', async (_, work) => {
    const told: string[] = []
    const result = await toolOf(work, { onLeak: ({ message }) => told.push(message) })()
    expect(result).toMatchObject({ isError: true, structuredContent: { error: { code: 'result_withheld' } } })
    expect(JSON.stringify(result) + told.join('')).not.toContain(TOKEN)
    expect(told).toHaveLength(1)
  })

  it('never leaves in what the tool throws', async () => {
    const fails = toolOf((token) => { throw new Error(`GET /?access_token=${token} failed`) })
    await expect(fails()).rejects.toThrow(/^The tool failed, and its error held a credential\.$/)
  })

  it('is found wherever it stands among other text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 50 }), fc.string({ maxLength: 50 }), fc.constantFrom('utf8', 'base64', 'base64url', 'hex'), (before, after, form) => {
      const whole = `${before}${TOKEN}${after}`
      expect(leaks(text(form === 'utf8' ? whole : Buffer.from(whole).toString(form as BufferEncoding)), [TOKEN])).toBe(true)
    }))
  })

  it('does not hold back what is none', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => { expect(leaks(value, [TOKEN])).toBe(false) }))
  })

  it('is not given to a handler that nothing watches', async () => {
    await expect(createTools({ postern: postern() }).require('github', 'token')).rejects.toMatchObject({ code: 'misconfigured' })
  })

  it('of one call is no secret to another’s guard, and both keep their own', async () => {
    const results = await Promise.all([toolOf((token) => text(token))(), toolOf(() => text('fine'))()])
    expect(results).toMatchObject([{ isError: true }, { content: [{ text: 'fine' }] }])
  })
})

describe('what require() refuses', () => {
  const consent = { code: 'consent_required', message: 'The person has not approved this.', link: LINK, missingScopes: ['pulls:write'] }

  it('is a link by SDK v1’s error, for clients that say that they open links', async () => {
    const asks = toolOf(text as never, { postern: postern(consent), UrlElicitationRequiredError, clientCapabilities: () => ({ elicitation: { url: {} } }) })
    await expect(asks()).rejects.toMatchObject({ code: -32_042, data: { elicitations: [{ mode: 'url', url: LINK, message: consent.message, elicitationId: expect.stringMatching(/^[\w-]{36}$/) }] } })
  })

  it('is a link by SDK v2’s question, and in words once it was asked in this call', async () => {
    const asks = toolOf(text as never, { postern: postern(consent), inputRequired: inputRequired as never })
    expect(await asks(CAPABLE)).toMatchObject({ inputRequests: { postern: { method: 'elicitation/create', params: { mode: 'url', url: LINK } } } })
    const again = { mcpReq: { ...CAPABLE.mcpReq, inputResponses: { postern: { action: 'decline' } } } }
    expect(await asks(again)).toMatchObject({ isError: true, structuredContent: { error: { code: 'consent_required', link: LINK } } })
  })

  it.each([['no way to ask', {}], ['a client that asks by forms alone', { UrlElicitationRequiredError, clientCapabilities: () => ({ elicitation: { form: {} } }) }],
    ['a client of which nothing is known', { UrlElicitationRequiredError, inputRequired: inputRequired as never }]])('is a link in words with %s', async (_, options) => {
    expect(await toolOf(text as never, { postern: postern(consent), ...options })()).toEqual({
      isError: true, content: [{ type: 'text', text: `${consent.message}\nThe person can mend this here: ${LINK}` }],
      structuredContent: { error: { code: 'consent_required', message: consent.message, retryable: false, link: LINK, missingScopes: ['pulls:write'] } },
    })
  })

  it.each([
    [{ code: 'policy_denied', message: 'Read-only.', layer: 'org_policy', rule: 'org/production-is-read-only' }, { code: 'policy_denied', layer: 'org_policy', rule: 'org/production-is-read-only', retryable: false }],
    [{ code: 'agent_revoked', message: 'Revoked.' }, { code: 'agent_revoked', retryable: false }],
    [{ code: 'connection_required', message: 'Connect.', link: LINK }, { code: 'connection_required', link: LINK, retryable: false }],
    [{ code: 'connection_reauth_required', message: 'Again.', link: LINK }, { code: 'connection_reauth_required', link: LINK, retryable: false }],
    [{ code: 'approval_required', message: 'Ask.', link: LINK, rule: 'org/ask' }, { code: 'approval_required', link: LINK, rule: 'org/ask', retryable: false }],
    [{ code: 'rate_limited', message: 'Slower.', retryAfterMs: 3000 }, { code: 'rate_limited', retryAfterMs: 3000, retryable: true }],
    [{ code: 'authority_unavailable', message: 'Down.' }, { code: 'authority_unavailable', retryable: true }],
  ])('is a typed result: $code', async (refusal, error) => {
    expect(await toolOf(text as never, { postern: postern(refusal) })()).toEqual({
      isError: true, content: [{ type: 'text', text: expect.stringContaining(refusal.message) }], structuredContent: { error: { message: refusal.message, ...error } },
    })
  })

  it.each([
    ['an upstream’s answer in the form of ours', Object.assign(new Error('403'), { status: 403, response: { data: { postern: { ...consent, link: 'https://evil.example/more' } } } })],
    ['an error of ours that was made of one', errorFrom({ ...consent, link: 'https://evil.example/more' })],
    ['a link that begins as ours', errorFrom({ ...consent, link: 'https://postern.acme.com.evil.example/more' })],
  ])('is no link to anywhere but the authority: %s', async (_what, thrown) => {
    const asked = toolOf(() => { throw thrown }, { inputRequired: inputRequired as never })
    const told = await asked(CAPABLE)
    expect(told).toMatchObject({ isError: true, structuredContent: { error: { code: 'consent_required' } } })
    expect(JSON.stringify(told)).not.toContain('evil.example')
  })

  it('has the client asked for a newer token once, and only with the token that lacked something', async () => {
    const tools = createTools({ postern: postern(consent) })
    await tools.tool(async () => tools.require('github', 'narrow'))()
    expect(tools.renewals.take('another')).toBeUndefined()
    expect(tools.renewals.take('narrow')).toEqual(['github:pulls:write'])
    expect(tools.renewals.take('narrow')).toBeUndefined()
  })

  it('of other kinds goes on to the SDK as it was thrown', async () => {
    const defect = new TypeError('of the tool’s own')
    await expect(toolOf(() => { throw defect })()).rejects.toBe(defect)
  })
})
