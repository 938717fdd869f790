import { UrlElicitationRequiredError } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvedRun, startAuthorityWorld, type AuthorityWorld } from '../support/authority-world.ts'
import { startMcpWorldIn, type McpWorld } from './mcp-world.ts'

let mcp: McpWorld<AuthorityWorld>
beforeAll(async () => {
  mcp = await startMcpWorldIn((options) => startAuthorityWorld({ personAuthority: false, ...options }))
}, 60_000)
afterAll(() => mcp.close())

const REVIEW = { name: 'review_pr', arguments: { repo: 'acme/backend', pr: 42 } }

describe('a tool that the person has not approved', () => {
  it('comes to the client as a link, by the protocol’s own error; once that is approved the same call works', async () => {
    const alice = await mcp.world.signedIn('alice')
    const run = await approvedRun(mcp.world, alice, 'pr-reviewer', [{ integration: 'mcp-v1', scopes: ['tools:read'], targets: ['search_*'] }])
    const { client } = await mcp.v1('mcp-v1', run.access)
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['search_code', 'search_slowly'])
    const refused: unknown = await client.callTool(REVIEW).then(() => undefined, (error: unknown) => error)
    if (!(refused instanceof UrlElicitationRequiredError)) throw new Error(`not a link: ${String(refused)}`)
    const [question] = refused.elicitations
    expect(question).toMatchObject({ mode: 'url', url: expect.stringMatching(new RegExp(`^${mcp.world.url}/more\\?session=ses_`)) })
    // Alice opens it, sees what is missing, and approves it.
    await alice.get(question !== undefined && 'url' in question ? question.url : '')
    expect(alice.title()).toBe('Let PR Reviewer do more for you?')
    expect(alice.text()).toContain('review_pr')
    await alice.submit({ answer: 'approve' })
    const { body } = await run.agent.token({ grant_type: 'refresh_token', refresh_token: run.refresh })
    const renewed = String(body['access_token'])
    const { client: again } = await mcp.v1('mcp-v1', renewed)
    expect((await again.listTools()).tools.map(({ name }) => name).toSorted()).toEqual(['review_pr', 'search_code', 'search_slowly'])
    expect((await again.callTool(REVIEW)).content).toMatchObject([{ type: 'text', text: expect.stringContaining('acme/backend') }])
    expect(await mcp.world.recorded(({ event, operation, outcome }) => event === 'api.call' && operation === 'tools/call review_pr' && outcome === 'ok'))
      .toMatchObject({ agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, target: 'review_pr', integration: 'mcp-v1' })
  })
})
