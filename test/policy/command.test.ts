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

describe('postern policy explain', () => {
  const READ = 'GET https://api.github.com/repos/acme-corp/backend/pulls/42'

  it('tells the three layers with their rules, and exits with 0 where all allow', async () => {
    const { code, out } = await postern('explain', POLICIES, '--agent', 'pr-reviewer', '--person', 'alice@acme.com', '--request', READ)
    expect(out).toEqual([
      expect.stringMatching(/^Allowed, since all three layers let it pass: .* It is assumed that user:alice@acme\.com approved all that is asked\.$/),
      'GET /repos/{owner}/{repo}/pulls/{pull_number} of github: read, needs pull_requests:read, on acme-corp/backend',
      expect.stringMatching(/^ {2}org_policy {8}allow {10}.*\[org\/lend-github-app at .*org\.yaml:\d+\]$/),
      expect.stringMatching(/^ {2}user_consent {6}allow {10}It is assumed/),
      expect.stringMatching(/^ {2}agent_permissions allow {10}.*\[pr-reviewer\/review at .*pr-reviewer\.yaml:\d+\]$/),
      expect.stringMatching(/^ {2}credential: pull_requests:read, by the organisation’s authority, for 600 s at most, 60 requests in 60 s by pr-reviewer\/review$/),
      expect.stringMatching(/^sha256:/),
    ])
    expect(code).toBe(0)
  })

  it('exits with 1 where it is refused, by a layer or before any rule is asked', async () => {
    const alone = await postern('explain', '--agent', 'agent:pr-reviewer', '--request', READ)
    expect({ code: alone.code, told: alone.out[0] }).toEqual({ code: 1, told: expect.stringContaining('Refused by the person’s consent') })
    const stray = await postern('explain', '--agent', 'pr-reviewer', '--request', 'GET https://api.example.com/')
    expect(stray).toMatchObject({ code: 1, out: ['refused before any rule is asked: host_not_served: No integration serves this host. (no integration serves https://api.example.com:443)'] })
  })

  it('reads a body from a file, and says what is wrong with it', async () => {
    const file = join(directory, 'body.json')
    const ask = () => postern('explain', '--agent', 'pr-reviewer', '--person', 'alice@acme.com', '--request', 'POST https://slack.com/api/chat.postMessage', '--body', file)
    expect(await ask()).toMatchObject({ code: 66, errors: [`${file}: there is no ${file}`] })
    await writeFile(file, 'no json')
    expect(await ask()).toMatchObject({ code: 66, errors: [`${file}: it is no JSON`] })
    await writeFile(file, '42')
    expect(await ask()).toMatchObject({ code: 66, errors: [`${file}: it is no JSON object, list or text`] })
    await writeFile(file, ' '.repeat(1_048_577))
    expect(await ask()).toMatchObject({ code: 66, errors: [`${file}: a body has at most 1048576 bytes`] })
    await writeFile(file, JSON.stringify({ channel: 'C0GENERAL', text: 'Hello.' }))
    expect(await ask()).toMatchObject({ code: 1, out: expect.arrayContaining(['chat.postMessage of slack: write, needs chat:write, on C0GENERAL']) })
  })

  it('takes no agent, person or content type of another form', async () => {
    const explained = (...more: readonly string[]) => postern('explain', '--agent', 'pr-reviewer', '--request', READ, ...more)
    await expect(explained('--agent', 'No One')).rejects.toThrow('process.exit')
    await expect(explained('--person', 'No One')).rejects.toThrow('process.exit')
    await expect(explained('--content-type', 'text/plain')).rejects.toThrow('process.exit')
  })

  it('exits with 78 where the policies cannot be loaded', async () => {
    await writeFile(join(directory, 'org.yaml'), 'policy: org\n')
    expect(await postern('explain', directory, '--agent', 'pr-reviewer', '--request', READ)).toMatchObject({ code: 78, out: [] })
  })
})
