import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RegisteredAgent } from '../../src/authority/registry/registered-agent.ts'
import type { AgentConfig, ListenerLimitsConfig } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { ListenerLimits } from '../../src/proxy/listener/listener-options.ts'
import { DEFAULT_LIMITS } from '../../src/proxy/listener/listener-options.ts'
import { ConfigFolder, problemsInText, SMALL, small } from './fixture.ts'

let folder: ConfigFolder
beforeAll(async () => {
  folder = await ConfigFolder.make()
})
afterAll(() => folder.remove())

describe('a configuration', () => {
  test('that says little gets safe defaults', async () => {
    const { config, warnings } = await folder.load()
    expect(warnings).toEqual([])
    expect(config.listener).toMatchObject({ address: '127.0.0.1:8080', tls: undefined, allowPlaintext: false, unmatched: 'deny', maxInspectedBodyBytes: 1_048_576 })
    expect(config.operations).toBeUndefined()
    expect(config.audit).toMatchObject({ mode: 'strict', stdout: false })
    expect(config.identity.delegationTokens).toMatchObject({ claims: 'postern', maxLifetimeMs: 86_400_000, jwks: { file: `${folder.path}/jwks.json` } })
    expect(config.identity.serviceAccounts).toBeUndefined()
    expect(config.agents[0]).toEqual({ id: 'agent:pr-reviewer', name: 'pr-reviewer', owner: undefined, status: 'active', spiffeId: undefined, subject: undefined, serviceAccount: undefined, redirectUris: [], publicKeyPem: undefined })
    expect(config.store.file).toBe(`${folder.path}/state/postern.db`)
  })

  test('has the listener’s own defaults, and the shapes that listener and registry take', async () => {
    const { config } = await folder.load()
    const limits: ListenerLimits = config.listener.limits satisfies ListenerLimitsConfig
    expect(limits).toMatchObject(DEFAULT_LIMITS)
    // What admission counts by is no matter of the listener's.
    expect(Object.keys(limits).filter((name) => !Object.hasOwn(DEFAULT_LIMITS, name)).toSorted()).toEqual(['maxConnectionsPerAgent', 'maxExchanges', 'maxExchangesPerAgent'])
    const agents: readonly RegisteredAgent[] = config.agents satisfies readonly AgentConfig[]
    expect(agents).toHaveLength(2)
  })

  test('gives durations in milliseconds, sizes in bytes, and proofs in the form they are compared in', async () => {
    const { config } = await folder.load(small('agents:\n  - id: agent:pr-reviewer', `listener: { limits: { request_timeout: 90s, headers: 32KiB, idle_timeout: 250ms } }
agents:
  - { id: agent:pr-reviewer, subject: "CN=pr-reviewer, O=Acme\\\\, Inc,  C=DE", service_account: agents/reviewer, spiffe: spiffe://acme.com/a/b }`))
    expect(config.listener.limits).toMatchObject({ requestTimeoutMs: 90_000, maxHeaderBytes: 32_768, idleTimeoutMs: 250 })
    expect(config.agents[0]).toMatchObject({
      subject: 'CN=pr-reviewer,O=Acme\\, Inc,C=DE', serviceAccount: 'system:serviceaccount:agents:reviewer', spiffeId: 'spiffe://acme.com/a/b',
    })
  })

  test('is frozen all through, its secrets unprintable', async () => {
    const { config, text } = await folder.load()
    expect(Object.isFrozen(config.listener.limits)).toBe(true)
    expect(Object.isFrozen(config.agents[0])).toBe(true)
    expect(Object.isFrozen(text.agents)).toBe(true)
    const printed = inspect(config, { depth: 20 }) + JSON.stringify(config) + inspect(text, { depth: 20 })
    expect(printed).not.toMatch(/tickets-secret|store-secret/)
    expect(config.store.keys[0].reveal()).toBe('store-secret')
  })

  test('with every kind of integration and connection is read whole', async () => {
    await folder.place('key.pem', 'PRIVATE\n')
    await folder.place('ca.pem', 'PUBLIC', 0o644)
    const { config } = await folder.load(small('integrations:', `integrations:
  github:
    type: github
    app: { id: 42, private_key: { file: key.pem }, installation: 7 }
    connect:
      allow_addresses: [10.0.0.0/8, "fd00::/8"]
      address: "[fd00::1]:8443"
      ca: { file: ca.pem }
      client_certificate: { certificate: { file: ca.pem }, key: { file: key.pem } }
      via_proxy: http://parent:3128
      via_proxy_credentials: { env: STORE_KEY }
      timeout: 3s
  slack: { type: slack, client_id: "1.2", client_secret: { env: STORE_KEY }, tokens: { refresh: { env: TICKETS_KEY } } }`)
      .replace('hosts: [', 'hosts: [api.github.com, uploads.github.com, slack.com, files.slack.com, '))
    const [github, slack, tickets] = config.integrations
    expect(github).toMatchObject({
      name: 'github', type: 'github', origin: { scheme: 'https', host: 'api.github.com', port: 443, basePath: '' }, app: { id: '42', installationId: 7 },
      uploadsOrigin: { host: 'uploads.github.com' },
      connect: {
        address: { host: 'fd00::1', port: 8443 }, allowAddresses: ['10.0.0.0/8', 'fd00::/8'], caPem: 'PUBLIC', timeoutMs: 3000,
        viaProxy: { host: 'parent', port: 3128 }, clientCertificate: { certificatePem: 'PUBLIC' },
      },
    })
    expect(slack).toMatchObject({ name: 'slack', uploadsOrigin: { host: 'files.slack.com' }, clientId: '1.2', tokens: { access: undefined } })
    expect(tickets).toMatchObject({ name: 'tickets', credential: { placement: { in: 'header', name: 'Authorization', value: 'Bearer {credential}' } } })
  })
})

describe('what cannot be read is told with place, problem and remedy', () => {
  const wrong: readonly [string, () => string, readonly RegExp[]][] = [
    ['an unknown key', () => small('ca: {', 'ca: { host: x, '), [/^postern\.yaml:2:7: ca\.host: the key `host` is not known here; expected: `hosts`$/]],
    ['an unknown section', () => `${SMALL}\nlisteners: {}\n`, [/listeners: the key `listeners` is not known here; expected: `listener`/]],
    ['a duration without its unit', () => `${SMALL}\nlistener: { limits: { idle_timeout: 30 } }\n`, [/idle_timeout: the value is of the wrong kind; expected: a duration such as `30s`/]],
    ['a size in other units', () => `${SMALL}\nlistener: { limits: { headers: 64KB } }\n`, [/headers: .*; expected: a size such as `64KiB`/]],
    ['a secret that stands in the file', () => small('{ env: STORE_KEY }', 'hunter2'), [/store\.key: .*; expected: `{ env: NAME }`.*never stands in this file/]],
    ['an agent id that is none', () => small('agent:deployer', 'Deployer'), [/agents\[1\]\.id: .*; expected: `agent:` and a name/]],
    ['an address for a host', () => small('https://tickets.acme.com', 'https://127.0.0.1'), [/integrations\.tickets\.origin: .*a DNS name, no address/]],
    ['an integration of no known type', () => small('type: routes', 'type: gitlab'), [/integrations\.tickets\.type: .*`github`, `slack`, `mcp`, `routes`/]],
    ['a range that is none', () => small('credential: { secret', 'connect: { allow_addresses: [10.0.0.0/33] }\n    credential: { secret'), [/allow_addresses\[0\]: .*an address range/]],
    ['a password in a URL', () => small('credential: { secret', 'connect: { via_proxy: "http://u:p@parent:3128" }\n    credential: { secret'), [/via_proxy: .*`via_proxy_credentials`/]],
    ['keys by plain http', () => small('{ file: jwks.json }', '{ url: http://issuer.example/jwks }'), [/jwks.*`https:\/\/`/]],
    ['a duplicate key', () => `${SMALL}\npolicies: other\n`, [/postern\.yaml:\d+:\d+/]],
    ['an anchor', () => small('ca: {', 'ca: &a {'), [/postern\.yaml:2:/]],
    ['no agents', () => small('agents:\n  - id: agent:pr-reviewer\n  - id: agent:deployer', 'agents: []'), [/agents: .*a list of agents/]],
    ['nothing', () => '', [/the file is empty; expected: one document/]],
    ['two documents', () => `${SMALL}\n---\n${SMALL}`, [/several documents/]],
    ['several things at once', () => small('type: routes', 'type: routes\n    colour: red').replace('agent:deployer', 'x'), [/agents\[1\]\.id/, /integrations\.tickets\.colour/]],
  ]
  test.each(wrong)('%s', (_, text, expected) => {
    const problems = problemsInText(text())
    expect(problems.length).toBe(expected.length)
    expected.forEach((pattern) => expect(problems).toContainEqual(expect.stringMatching(pattern)))
  })

  test('a file that is not there', async () => {
    await expect(loadConfig({ file: `${folder.path}/none.yaml`, env: {} })).rejects.toThrow(/none\.yaml:1:1: there is no .*none\.yaml; expected: a file that exists/)
  })

  test('a file of whatever else is wrong, by way of the file', async () => {
    expect(await folder.problems(small('ca: {', 'ca: { host: x, '))).toEqual([expect.stringMatching(/^postern\.yaml:2:7: ca\.host: /)])
  })
})
