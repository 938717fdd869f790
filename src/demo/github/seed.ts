import { commitSha, fileBytes } from './content.ts'
import type { Account, Branch, Issue, Label, Pull, PullFile, Repository, StoredFile } from './model.ts'

const DAY_MS = 86_400_000
const LARGE_FILE_BYTES = 8 * 1024 * 1024
const LIVE_INTERVAL_MS = 100

const acme: Account = { id: 9001, login: 'acme-corp', type: 'Organization' }
const other: Account = { id: 9002, login: 'other-org', type: 'Organization' }
const alice: Account = { id: 9101, login: 'alice-chen', type: 'User' }
const bob: Account = { id: 9102, login: 'bob-diaz', type: 'User' }

/** Who is here; `alice` and `bob` are people. */
export const accounts = { acme, other, alice, bob } as const

/** The repositories as they are at start; new objects each time. */
export function seedRepositories(nowMs: number): readonly Repository[] {
  return [
    backend(nowMs),
    {
      ...plainRepository(1002, acme, 'frontend', 'The web client.', nowMs),
      ...withPulls(1002, nowMs, [[7, 'Lazy-load the dashboard', false]]),
    },
    {
      ...plainRepository(1003, acme, 'prod-payments', 'Live payments. Handle with care.', nowMs),
      ...withPulls(1003, nowMs, [[3, 'Raise the retry limit', false]]),
    },
    plainRepository(1004, acme, 'handbook', 'How we work.', nowMs),
    plainRepository(2001, other, 'secret', "Another company's code.", nowMs),
    plainRepository(3001, alice, 'dotfiles', 'My shell.', nowMs),
  ]
}

function backend(nowMs: number): Repository {
  const repository: Repository = {
    ...plainRepository(1001, acme, 'backend', 'The API server.', nowMs),
    ...withPulls(1001, nowMs, [
      [40, 'Bump the base image', true],
      [42, 'Check the signature before parsing the webhook', false],
      [43, 'Document the retry policy', false],
      [44, 'Draft: split the worker', false],
    ]),
    formerNames: ['legacy-backend'],
  }
  const main = repository.branches.get('main')
  main?.files.set('src/webhook.ts', fileBytes(Buffer.from('export function receive(body: Buffer): void {\n  parse(body)\n}\n')))
  main?.files.set('docs/100% done/über uns.md', fileBytes(Buffer.from('# Names that need encoding\n')))
  main?.files.set('fixtures/large.bin', { kind: 'generated', sha: commitSha('large'), sizeBytes: LARGE_FILE_BYTES })
  main?.files.set('logs/live.log', { kind: 'live', sha: commitSha('live'), intervalMs: LIVE_INTERVAL_MS })
  for (let number = 1; number <= 35; number += 1) {
    repository.issues.set(number, issueOf(1001, number, `Flaky test no. ${number}`, nowMs, false))
  }
  repository.issues.get(1)?.comments.push({ id: 700_001, author: bob, body: 'Seen again today.', createdAtMs: nowMs - DAY_MS })
  return repository
}

function plainRepository(id: number, owner: Account, name: string, description: string, nowMs: number): Repository {
  const files = new Map<string, StoredFile>([
    ['README.md', fileBytes(Buffer.from(`# ${name}\n\n${description}\n`))],
    ['src/index.ts', fileBytes(Buffer.from(`export const name = '${name}'\n`))],
    ['.github/workflows/ci.yml', fileBytes(Buffer.from('on: push\njobs: {}\n'))],
  ])
  return {
    id,
    owner,
    name,
    formerNames: [],
    description,
    defaultBranch: 'main',
    createdAtMs: nowMs - 400 * DAY_MS,
    branches: new Map([branchOf(name, 'main', files), branchOf(name, 'feature/next', new Map(files))]),
    labels: new Map(labels(id).map((label) => [label.name, label])),
    issues: new Map(),
    pulls: new Map(),
  }
}

function branchOf(repository: string, name: string, files: Map<string, StoredFile>): [string, Branch] {
  return [name, { name, commitSha: commitSha(`${repository} ${name}`), files }]
}

function labels(repositoryId: number): readonly Label[] {
  return [
    { id: repositoryId * 100 + 1, name: 'bug', color: 'd73a4a', description: 'Something is not working' },
    { id: repositoryId * 100 + 2, name: 'help wanted', color: '008672', description: '' },
    { id: repositoryId * 100 + 3, name: '100% sure', color: 'cccccc', description: 'A name that needs encoding' },
  ]
}

type PullSeed = readonly [number: number, title: string, merged: boolean]

function withPulls(repositoryId: number, nowMs: number, seeds: readonly PullSeed[]): Pick<Repository, 'issues' | 'pulls'> {
  const issues = seeds.map(([number, title, merged]): Issue => {
    return { ...issueOf(repositoryId, number, title, nowMs, true), state: merged ? 'closed' : 'open' }
  })
  return {
    issues: new Map(issues.map((issue) => [issue.number, issue])),
    pulls: new Map(seeds.map((seed) => [seed[0], pullOf(repositoryId, seed, nowMs)])),
  }
}

function issueOf(repositoryId: number, number: number, title: string, nowMs: number, isPull: boolean): Issue {
  return {
    id: repositoryId * 10_000 + number,
    number,
    author: number % 2 === 0 ? alice : bob,
    isPull,
    createdAtMs: nowMs - (50 - (number % 50)) * DAY_MS,
    title,
    body: `${title}.`,
    state: 'open',
    updatedAtMs: nowMs - DAY_MS,
    labels: number % 3 === 0 ? ['bug'] : [],
    comments: [],
  }
}

function pullOf(repositoryId: number, [number, title, merged]: PullSeed, nowMs: number): Pull {
  const head = commitSha(`${repositoryId} pull ${number}`)
  return {
    number,
    id: repositoryId * 100_000 + number,
    head: { ref: `change-${number}`, sha: head },
    base: { ref: 'main', sha: commitSha(`${repositoryId} base ${number}`) },
    draft: title.startsWith('Draft'),
    mergedAtMs: merged ? nowMs - DAY_MS : undefined,
    files: pullFiles(),
    reviews: [
      {
        id: repositoryId * 1_000 + number,
        author: bob,
        body: 'Looks right to me.',
        state: 'COMMENTED',
        commitSha: head,
        submittedAtMs: nowMs - DAY_MS,
      },
    ],
  }
}

function pullFiles(): readonly PullFile[] {
  const before = ['@@ -1,3 +1,4 @@', ' export function receive(body: Buffer): void {']
  const change = [...before, '-  parse(body)', '+  verify(body)', '+  parse(body)', ' }']
  const addition = ['@@ -0,0 +1 @@', '+Signatures are checked first.']
  return [
    { filename: 'src/webhook.ts', status: 'modified', additions: 2, deletions: 1, patch: change.join('\n') },
    { filename: 'docs/webhooks.md', status: 'added', additions: 1, deletions: 0, patch: addition.join('\n') },
  ]
}
