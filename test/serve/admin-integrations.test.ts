import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adminIntegrations } from '../../src/cli/serve/admin-integrations.ts'
import { describeIntegrations } from '../../src/cli/serve/describe-integrations.ts'
import { pageIntegrations } from '../../src/cli/serve/scope-words.ts'
import type { GithubConfig, IntegrationConfig, McpConfig, RoutesConfig, SlackConfig } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { Secret } from '../../src/lib/secret.ts'

const EXAMPLE = join(import.meta.dirname, '..', '..', 'config', 'postern.example.yaml')
const { config } = await loadConfig({ file: EXAMPLE, references: 'ignore' })

function configured<T extends IntegrationConfig['type']>(type: T): Extract<IntegrationConfig, { type: T }> {
  const found = config.integrations.find((each): each is Extract<IntegrationConfig, { type: T }> => each.type === type)
  if (found === undefined) throw new Error(`the example has no ${type}`)
  return found
}

const github: GithubConfig = configured('github')
const slack: SlackConfig = configured('slack')
const tickets: RoutesConfig = configured('routes')
const placement = { kind: 'bearer' } as unknown as Extract<RoutesConfig['credential'], { secret: unknown }>['placement']
const secret = { secret: new Secret('x'), placement } as const
const oauth = (scopes: readonly string[]): RoutesConfig['credential'] => ({ oauth: { scopes }, placement } as unknown as RoutesConfig['credential'])
const mcp: McpConfig = { ...tickets, type: 'mcp', tools: [], credential: oauth(['mcp']) }

/** What is told of one, were it all there is. */
function told(one: IntegrationConfig, scopes?: readonly string[]) {
  const words = pageIntegrations([one], describeIntegrations([one]))
  const connectable = new Map(scopes === undefined ? [] : [[one.name, { scopes }]])
  return adminIntegrations([one], words, connectable).get(one.name)
}

describe('what the API tells of an integration', () => {
  it.each<[string, IntegrationConfig, string, RegExp | undefined]>([
    ['GitHub by the App alone', { ...github, oauth: undefined }, 'organisation', /no scopes of their own/],
    ['GitHub with people’s accounts', { ...github, oauth: github.oauth ?? ({} as GithubConfig['oauth']) }, 'both', /no scopes of their own/],
    ['Slack by the bot alone', { ...slack, userScopes: undefined }, 'organisation', undefined],
    ['Slack with people’s accounts', { ...slack, userScopes: ['chat:write'] }, 'both', undefined],
    ['an API without a credential', { ...tickets, credential: 'none' }, 'none', /takes no credential/],
    ['an API with one secret', { ...tickets, credential: secret }, 'organisation', /one credential serves here/],
    ['an API with accounts and scopes of its own', { ...tickets, credential: oauth(['read']) }, 'person', undefined],
    ['an API with accounts that is asked for no scopes', { ...tickets, credential: oauth([]) }, 'person', /asked for no scopes/],
    ['an MCP server with accounts', mcp, 'person', /grants no scopes in the words of policy/],
    ['an MCP server with one secret', { ...mcp, credential: secret }, 'organisation', /one credential serves here/],
  ])('%s', (_what, one, authority, note) => {
    const { scopesNote, ...facts } = told(one) ?? {}
    expect(facts).toMatchObject({ name: one.name, type: one.type, authority, connectable: false, wanted: [] })
    if (note === undefined) expect(scopesNote).toBeUndefined()
    else expect(scopesNote).toMatch(note)
  })

  it('says what people are asked for where they can connect, and how the upstream calls a scope there', () => {
    const one = told({ ...slack, userScopes: ['chat:write'] }, ['chat:write'])
    expect(one).toMatchObject({ title: 'Slack', connectable: true, wanted: ['chat:write'] })
    expect([one?.grantedAs('channels:manage'), one?.grantedAs('chat:write')]).toEqual(['channels:write', 'chat:write'])
  })
})
