import { startAuthorityWorld, type AuthorityWorld, type AuthorityWorldOptions, type WorldBrowser } from '../../support/authority-world.ts'
import { ApiUser } from '../../cli/support/api-user.ts'
import type { Ended } from '../../cli/support/process.ts'
import { FOUNDING_POLICIES, pipelineKey } from './founding-config.ts'
import { approve, pipelineToken, type Delegate } from './runs.ts'

export const DELEGATES = ['pr-reviewer', 'issue-triage', 'release-notes'] as const satisfies readonly Delegate[]
export type Who = 'alice' | 'bob'
export const LOGINS = { alice: 'alice-chen', bob: 'bob-diaz' } as const

/** The answer to one call. */
export interface Answered {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Three agents at work for two people by their own GitHub accounts, and a pipeline for itself. */
export interface FoundingWorld extends Omit<AuthorityWorld, 'token'> {
  readonly people: Readonly<Record<Who, WorldBrowser>>
  readonly pipeline: string
  /** The token of an agent's run for a person; as approved at last. */
  token(agent: Delegate, who: Who): string
  approve(agent: Delegate, who: Who): Promise<string>
  /** A call through the proxy, by base URL: `github/repos/…`. */
  call(token: string, path: string, body?: object): Promise<Answered>
  /** Olga, who is an operator, at her terminal; signed in. */
  postern(...args: readonly string[]): Promise<Ended>
}

export async function startFoundingWorld(options: Pick<AuthorityWorldOptions, 'clock' | 'timers'> = {}): Promise<FoundingWorld> {
  const key = pipelineKey()
  const world = await startAuthorityWorld({ ...options, policies: () => Promise.resolve(FOUNDING_POLICIES), config: (text) => key.withPipeline(text) })
  const operator = new ApiUser()
  const people = { alice: await world.signedIn('alice'), bob: await world.signedIn('bob') }
  const tokens = new Map<string, string>()
  const approveFor = async (agent: Delegate, who: Who): Promise<string> => {
    const token = await approve(world.url, people[who], agent)
    tokens.set(`${agent} ${who}`, token)
    return token
  }
  for (const who of ['alice', 'bob'] as const) {
    await people[who].connectGithub(LOGINS[who])
    for (const agent of DELEGATES) await approveFor(agent, who)
  }
  await signInAtTerminal(operator, world)
  return {
    ...world,
    people,
    pipeline: await pipelineToken(world.url, key.privateKey),
    token: (agent, who) => tokens.get(`${agent} ${who}`) ?? '',
    approve: approveFor,
    call: async (token, path, body) => {
      const answer = await fetch(`http://127.0.0.1:${world.port}/${path}`, {
        method: body === undefined ? 'GET' : 'POST', body: body === undefined ? null : JSON.stringify(body),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', traceparent: TRACEPARENT },
      })
      return { status: answer.status, body: await answer.json() as Record<string, unknown> }
    },
    postern: (...args) => operator.run(args),
    close: async () => {
      operator.remove()
      await world.close()
    },
  }
}

/** What the agents' own tracing calls their work. */
export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`

async function signInAtTerminal(operator: ApiUser, world: AuthorityWorld): Promise<void> {
  const login = operator.start(['login', '--no-browser', '--url', world.url])
  const [page] = await login.says(/^http\S+\/oauth2\/authorize\S+$/m)
  const browser = await world.signedIn('olga')
  await browser.get(page)
  await browser.submit({ answer: 'approve' })
  const onward = browser.onward()
  if (onward !== undefined) await browser.get(new URL(onward, world.url).href)
  const { code, stdout, stderr } = await login.ended
  if (code !== 0) throw new Error(`nobody signed in at the terminal: ${code} ${stdout}${stderr}${browser.text()}`)
}
