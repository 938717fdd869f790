import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { ConsentDetail } from '../../src/model/principal.ts'
import { agentRules, policiesWith } from '../support/policies.ts'
import { startPosternWorld, type PosternWorld } from '../support/postern-world.ts'

/** Of the product's own agents: `pr-reviewer` reads code, and these two may push, the latter also what runs in CI. */
export const PUSHER = 'agent:issue-triage'
export const RELEASER = 'agent:release-notes'

export const CONSENT: readonly ConsentDetail[] = [{ integration: 'github', scopes: ['contents:write', 'workflows:write', 'pull_requests:write'], targets: ['acme-corp/*', 'other-org/*'] }]

const BRANCHES = 60
export const LARGE_BYTES = 3 * 1_048_576

/** The product before a GitHub whose handbook is large, and has more branches than fit a short request. */
export async function startGitWorld(): Promise<PosternWorld> {
  const world = await startPosternWorld({
    policies: policiesWith({
      'pusher.yaml': agentRules(PUSHER, '{ id: push, allow: { integration: github, scopes: ["contents:write"], target: acme-corp/* } }'),
      'releaser.yaml': agentRules(RELEASER, '{ id: release, allow: { integration: github, scopes: ["contents:write", "workflows:write"], target: acme-corp/* } }'),
    }),
  })
  await fill(await world.upstreams.github.git.folder('acme-corp/handbook'))
  return world
}

async function fill(folder: string): Promise<void> {
  const branches = Array.from({ length: BRANCHES }, (_, index) => `commit refs/heads/note-${index}\ncommitter A <a@acme.test> ${1_700_000_000 + index} +0000\ndata 1\nx\nM 100644 inline note.txt\ndata 2\n${index % 10}\n`)
  const large = [`commit refs/heads/main\ncommitter A <a@acme.test> 1700000000 +0000\ndata 1\nx\nfrom refs/heads/main^0\nM 100644 inline large.bin\ndata ${LARGE_BYTES}\n`, randomBytes(LARGE_BYTES), '\n']
  const running = promisify(execFile)('git', ['fast-import', '--quiet', '--force'], { cwd: folder })
  running.child.stdin?.end(Buffer.concat([...branches, ...large].map((part) => Buffer.from(part as string))))
  await running
}

/** What git says in a folder of the upstream's. */
export async function upstreamGit(world: PosternWorld, repository: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', [...args], { cwd: await world.upstreams.github.git.folder(repository) })
  return stdout.trim()
}
