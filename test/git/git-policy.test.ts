import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policyCommand } from '../../src/cli/policy.ts'
import { ENDPOINTS } from '../../src/integrations/github/endpoint.ts'
import { GIT_OPERATIONS } from '../../src/integrations/github/git/git-operations.ts'
import { describeGithub } from '../../src/integrations/github/github.ts'
import type { Origin } from '../../src/integrations/integration.ts'
import { root } from '../house/source-tree.ts'

const at = (host: string): Origin => ({ scheme: 'https', host, port: 443, basePath: '' })
const github = describeGithub({ name: 'github', api: at('api.github.com'), uploads: undefined, git: at('github.com') })

let policies: string
beforeAll(async () => { policies = await mkdtemp(join(tmpdir(), 'postern-git-policies-')) })
afterAll(() => rm(policies, { recursive: true, force: true }))

/** Runs the tests that stand in the files. @returns what failed, and the summary */
async function testsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(policies, name), text)
  const said: string[] = []
  const command = policyCommand({
    setup: () => Promise.resolve({ integrations: new Map([['github', github]]), policies, staticIntegrations: new Set<string>() }),
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    print: (line) => said.push(line),
    printError: (line) => said.push(line),
    setExitCode: () => undefined,
  })
  await command.parseAsync(['node', 'policy', 'test'])
  return said.filter((line) => /FAIL|passed|error|refused/.test(line))
}

const org = (...rules: readonly string[]): string => `policy: org\ndefault: allow\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`
const LEND = '{ id: lend, allow: { integration: github }, authority: organisation }'
const REFS = 'https://github.com/acme-corp'
const tests = (...pairs: readonly (readonly [string, string])[]): string =>
  `tests:\n${pairs.map(([request, expected]) => `  - { request: "${request}", expect: ${expected} }\n`).join('')}`
const agent = (scopes: string, ...pairs: readonly (readonly [string, string])[]): string =>
  `policy: agent\nagent: agent:pr-reviewer\nrules:\n  - { id: all, allow: { integration: github, scopes: [${scopes}], target: acme-corp/* } }\n${tests(...pairs)}`
const clone = (name: string): string => `GET ${REFS}/${name}.git/info/refs?service=git-upload-pack`
const push = (name: string): string => `GET ${REFS}/${name}.git/info/refs?service=git-receive-pack`

describe('rules for git', () => {
  it('are as the documentation has them', async () => {
    const text = await readFile(join(root, 'docs', 'integrations.md'), 'utf8')
    const [, block = ''] = /```yaml\n(policy: agent\nagent: agent:release-notes\n[^]*?)```/.exec(text) ?? []
    expect(await testsOf({ 'org.yaml': org(LEND), 'agent.yaml': block })).toEqual([expect.stringMatching(/^3 passed, 0 failed/)])
  })

  it('that keep a repository read-only stop the push and not the clone, whatever the spelling', async () => {
    const readOnly = '{ id: production, deny: { integration: github, access: [write, admin], target: "acme-corp/prod-*" } }'
    const both = ['"contents:write"', [clone('prod-payments'), 'allow'], [push('prod-payments'), 'deny by org'], [push('PROD-Payments'), 'deny by org'], [push('backend'), 'allow']] as const
    expect(await testsOf({ 'org.yaml': org(LEND, readOnly), 'agent.yaml': agent(...both) })).toEqual([expect.stringMatching(/^4 passed, 0 failed/)])
  })

  it('that refuse an operation of the API by its name are not got around by git, which does the same', async () => {
    const kept = '{ id: kept, deny: { integration: github, operation: "DELETE /repos/{owner}/{repo}/git/refs/{ref}" } }'
    const hidden = '{ id: hidden, deny: { integration: github, operation: "GET /repos/{owner}/{repo}/contents/{path}", target: acme-corp/hidden } }'
    const text = agent('"contents:write"', [push('backend'), 'deny by org'], [clone('backend'), 'allow'], [clone('hidden'), 'deny by org'])
    expect(await testsOf({ 'org.yaml': org(LEND, kept, hidden), 'agent.yaml': text })).toEqual([expect.stringMatching(/^3 passed, 0 failed/)])
    const named = '{ id: named, allow: { integration: github, operation: "GET /repos/{owner}/{repo}/contents/{path}", scopes: ["contents:read"] } }'
    const allowed = `policy: agent\nagent: agent:pr-reviewer\nrules:\n  - ${named}\n${tests([clone('backend'), 'deny by agent'])}`
    expect(await testsOf({ 'org.yaml': org(LEND), 'agent.yaml': allowed })).toEqual([expect.stringMatching(/^1 passed, 0 failed/)])
  })

  it('and every operation that git does as well is one of the API', () => {
    expect(GIT_OPERATIONS.flatMap(({ counterparts }) => counterparts).filter((name) => !ENDPOINTS.has(name))).toEqual([])
  })

  it('that deny what runs in CI stop every push, since any could be one; leaving it out of what is allowed does not', async () => {
    const noWorkflows = '{ id: ci, deny: { integration: github, scopes: ["workflows:write"] } }'
    const denied = agent('"contents:write"', [push('backend'), 'deny by org'], [clone('backend'), 'allow'])
    expect(await testsOf({ 'org.yaml': org(LEND, noWorkflows), 'agent.yaml': denied })).toEqual([expect.stringMatching(/^2 passed, 0 failed/)])
    expect(await testsOf({ 'org.yaml': org(LEND), 'agent.yaml': agent('"contents:write"', [push('backend'), 'allow']) })).toEqual([expect.stringMatching(/^1 passed, 0 failed/)])
  })
})
