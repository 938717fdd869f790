import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { policyCommand } from '../../src/cli/policy.ts'
import type { Integration } from '../../src/integrations/integration.ts'
import { githubCatalogue } from '../../src/integrations/github/catalogue.ts'
import { githubDenialAnswer } from '../../src/integrations/github/denial-answer.ts'
import { githubVocabulary } from '../../src/integrations/github/vocabulary.ts'
import { routesIntegration } from '../../src/integrations/routes/routes-integration.ts'
import { SlackCatalogue } from '../../src/integrations/slack/catalogue.ts'
import { slackDenialAnswer } from '../../src/integrations/slack/denial-answer.ts'
import { SLACK_ORIGINS } from '../../src/integrations/slack/slack-integration.ts'
import { slackVocabulary } from '../../src/integrations/slack/vocabulary.ts'
import { policyJsonSchemaText } from '../../src/policy/json-schema.ts'

const POLICIES = join(import.meta.dirname, '..', '..', 'policies')

const github: Integration = {
  name: 'github', origins: [{ scheme: 'https', host: 'api.github.com', port: 443, basePath: '' }],
  catalogue: githubCatalogue({ integration: 'github', apiPrefix: '', uploads: undefined }), vocabulary: githubVocabulary,
  denialAnswer: githubDenialAnswer, credentialFields: [],
}
const slack: Integration = {
  name: 'slack', origins: [SLACK_ORIGINS.api], catalogue: new SlackCatalogue('slack', SLACK_ORIGINS), vocabulary: slackVocabulary,
  denialAnswer: slackDenialAnswer, credentialFields: [],
}
const tickets = routesIntegration({
  name: 'tickets', origins: [{ scheme: 'https', host: 'tickets.internal.acme.com', port: 8443, basePath: '' }],
  routes: [{ route: 'POST /v1/tickets/{id}/comments', access: 'write', scopes: ['comments:create'], targets: ['{id}'], opaque: [] }],
  credential: 'none', credentialFields: undefined, exactScopes: false, foldTargetCase: false,
})
const integrations = new Map([['github', github], ['slack', slack], ['tickets', tickets]])

interface Run { readonly code: number | undefined, readonly out: readonly string[], readonly errors: readonly string[] }

async function postern(...args: readonly string[]): Promise<Run> {
  const [out, errors]: [string[], string[]] = [[], []]
  let code: number | undefined
  const command = policyCommand({
    setup: () => Promise.resolve({ integrations, policies: POLICIES, staticIntegrations: new Set(['tickets']) }),
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    print: (line) => out.push(line),
    printError: (line) => errors.push(line),
    setExitCode: (given) => { code = given },
  })
  await command.parseAsync(['node', 'policy', ...args])
  return { code, out, errors }
}

let directory = ''
beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'policy-command-')) })
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('the policies of the product', () => {
  it('pass all their tests against the real catalogues', async () => {
    const { code, out, errors } = await postern('test')
    expect(errors).toEqual([])
    expect(out.filter((line) => line.startsWith('FAIL'))).toEqual([])
    expect(out.at(-1)).toMatch(/^23 passed, 0 failed, 4 policies, sha256:[0-9a-f]{64}$/)
    expect(code).toBe(0)
  })

  it('are told by lint only for the static credential', async () => {
    const { code, out } = await postern('lint', POLICIES)
    expect(out.slice(0, -1)).toEqual([expect.stringContaining('`tickets` uses a static credential')])
    expect(code).toBe(1)
  })

  it('name a schema that is up to date', async () => {
    expect(await readFile(join(POLICIES, 'policy.schema.json'), 'utf8')).toBe(policyJsonSchemaText())
    for (const name of ['org', 'pr-reviewer', 'issue-triage', 'release-notes']) {
      expect(await readFile(join(POLICIES, `${name}.yaml`), 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.\/policy\.schema\.json\n/)
    }
    expect((await postern('schema')).out.join('\n')).toContain('"$schema": "http://json-schema.org/draft-07/schema#"')
  })
})

describe('postern policy', () => {
  const FAILING = `policy: org
default: allow
tests:
  - request: GET https://api.github.com/repos/acme-corp/backend/pulls/42
    agent: agent:nobody
    expect: allow
  - request: GET https://elsewhere.example/
    agent: agent:nobody
    expect: deny
  - request: GET https://api.github.com/no/such/thing
    agent: agent:nobody
    expect: deny by agent
`

  it('ends with 1 and tells place, expectation and reason of each test that fails', async () => {
    await writeFile(join(directory, 'org.yaml'), FAILING)
    const { code, out } = await postern('test', directory)
    expect(code).toBe(1)
    expect(out[0]).toBe(`FAIL  ${directory}/org.yaml:4:5 GET https://api.github.com/repos/acme-corp/backend/pulls/42: expected allow, got deny by agent: `
      + 'No policy file is for agent:nobody; an agent has only what its own policy allows.')
    expect(out[1]).toMatch(/^ok {4}.*elsewhere\.example\/: deny$/)
    expect(out[2]).toMatch(/^FAIL .* expected deny by agent, got deny: operation_unknown/)
    expect(out[3]).toContain('1 passed, 2 failed')
  })

  it('ends with 78 and file:line:column where policies cannot be loaded', async () => {
    await writeFile(join(directory, 'org.yaml'), 'policy: org\ndefault: alow\n')
    const { code, out, errors } = await postern('test', directory)
    expect([code, out]).toEqual([78, []])
    expect(errors).toEqual([`${directory}/org.yaml:2:10: default: the value is not one of those accepted; expected: \`allow\` or \`deny\`; an org policy says which`])
  })

  it('ends with 78 where the directory is not there', async () => {
    const { code, errors } = await postern('lint', join(directory, 'gone'))
    expect(code).toBe(78)
    expect(errors[0]).toContain('the directory cannot be read (ENOENT)')
  })
})
