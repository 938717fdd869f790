import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../../house/source-tree.ts'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld } from '../../support/authority-world.ts'
import { BrowserApi } from '../../authority/support/calls.ts'
import { given } from '../given.ts'
import { runPython, type PythonRun } from './python-program.ts'

const AGENT = join(root, 'docs', 'examples', 'python-agent', 'agent.py')
const SUMMARY = `acme-corp/backend has 3 open pull requests.
#44 Draft: split the worker (by alice-chen, into main)
#43 Document the retry policy (by bob-diaz, into main)
#42 Check the signature before parsing the webhook (by alice-chen, into main)
`

let world: AuthorityWorld
let home: string
beforeAll(async () => {
  world = await startAuthorityWorld()
  home = await mkdtemp(join(given('RUN'), 'python-agent-'))
})
afterAll(() => world.close())

const agent = (env: Readonly<Record<string, string>>, heard?: (line: string) => Promise<void>, repository = 'acme-corp/backend'): Promise<PythonRun> =>
  runPython([AGENT, repository], { POSTERN_URL: world.url, POSTERN_CLIENT_ID: 'pr-reviewer', SESSION_FILE: join(home, 'session.json'), ...env }, heard)

const linkIn = ({ stdout }: PythonRun): URL => new URL(/https?:\/\/\S+$/.exec(stdout.trim())?.[0] ?? '')

/** A token that says what stands now. */
async function refreshed(run: AgentRun): Promise<string> {
  return String((await run.agent.refresh(run.refresh)).body['access_token'])
}

describe('the agent in Python', () => {
  it('prints the link where consent is missing, and the summary once the person has approved there', async () => {
    const alice = await (await world.signedIn('alice')).connectGithub('alice-chen')
    const run = await approvedRun(world, alice, 'pr-reviewer', [{ integration: 'github', scopes: ['metadata:read'], targets: ['acme-corp/*'] }])
    const refused = await agent({ DELEGATION_TOKEN: run.access })
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([3, expect.stringContaining('You have not approved pull_requests:read at acme-corp/backend yet.'), ''])
    const link = linkIn(refused)
    expect([link.origin, link.pathname]).toEqual([world.url, '/more'])
    await alice.get(link.href)
    await alice.submit({ answer: 'approve' })
    const told = await agent({ DELEGATION_TOKEN: await refreshed(run) })
    expect([told.code, told.stdout]).toEqual([0, SUMMARY])
  })

  it('prints the link where the person’s account is not connected', async () => {
    const bob = await (await world.signedIn('bob')).connectGithub('bob-diaz')
    const run = await approvedRun(world, bob, 'pr-reviewer', [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }])
    const api = await BrowserApi.of(bob)
    for (const { id } of (await api.get('/v1/connections')).body['items'] as readonly { id: string }[]) await api.post(`/v1/connections/${id}/revoke`)
    const refused = await agent({ DELEGATION_TOKEN: run.access })
    expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining('Your GitHub account is not connected.')])
    expect(linkIn(refused).href).toMatch(`${world.url}/connect/github`)
  })

  it('signs its person in once, keeps the session where nobody else can read it, and asks again when that was taken back', async () => {
    const alice = await world.signedIn('alice')
    let asked = 0
    let answer: 'approve' | 'deny' = 'approve'
    const browse = async (line: string): Promise<void> => {
      const url = /open (http\S+)$/.exec(line)?.[1]
      if (url === undefined) return
      asked += 1
      await alice.get(url)
      expect(alice.title()).toBe('Let PR Reviewer act for you?')
      await alice.submit({ answer })
      const onward = alice.onward()
      if (onward === undefined) throw new Error(`the answer was not taken: ${alice.status} ${alice.text()}`)
      await alice.get(new URL(onward, world.url).href)
    }
    const first = await agent({}, browse)
    expect([first.code, first.stderr, asked]).toEqual([0, '', 1])
    expect(first.stdout.split('\n').slice(1).join('\n')).toBe(SUMMARY)
    expect((await stat(join(home, 'session.json'))).mode & 0o777).toBe(0o600)
    const second = await agent({}, browse)
    expect([second.code, second.stdout, asked]).toEqual([0, SUMMARY, 1])

    const { refresh_token: token } = JSON.parse(await readFile(join(home, 'session.json'), 'utf8')) as { refresh_token: string }
    await fetch(`${world.url}/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ client_id: 'pr-reviewer', token }) })
    // Taken back, it asks anew; a no is a no.
    answer = 'deny'
    const third = await agent({}, browse)
    expect([third.code, third.stderr, asked]).toEqual([1, expect.stringMatching(/^Refused: .*\(access_denied\)/), 2])
  })
})
