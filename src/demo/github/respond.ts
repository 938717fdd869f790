import { randomBytes } from 'node:crypto'
import type { Answer, Call, Reply } from '../server/call.ts'
import { matchPattern } from '../server/route-pattern.ts'
import { authenticate, type Caller } from './authenticate.ts'
import { failure, notFound } from './replies.ts'
import { answerApplication, isApplicationCall } from './applications.ts'
import type { GithubRoute } from './route.ts'
import { fullName, type GithubWorld } from './world.ts'

const SHOWN_LIMIT = 5_000
const HOUR_S = 3_600

/** Answers one API call: user agent, credential, rate limit, then the endpoint's own guards. */
export async function respond(call: Call, routes: readonly GithubRoute[], world: GithubWorld): Promise<Answer> {
  if ((call.headers['user-agent'] ?? '') === '') return noUserAgent()
  if (isApplicationCall(call)) return decorate(answerApplication(call, world), { kind: 'anonymous' }, world)
  const caller = await authenticate(call, world)
  if ('refused' in caller) return decorate(caller.refused, { kind: 'anonymous' }, world)
  const answer = isOverLimit(caller, world) ? overLimit(caller) : await answerRoute(call, routes, world, caller)
  return decorate(answer, caller, world)
}

function answerRoute(call: Call, routes: readonly GithubRoute[], world: GithubWorld, caller: Caller): Answer | Promise<Answer> {
  const method = call.method === 'HEAD' ? 'GET' : call.method
  const path = byName(call.path, world)
  for (const route of routes) {
    if (route.method !== method) continue
    const parameters = matchPattern(route.pattern, path)
    if (parameters === undefined) continue
    call.note({ operation: `${method} ${route.pattern.text}` })
    return route.answer({ call, world, parameters, caller })
  }
  return notFound()
}

/** `/repositories/1001/…` is the same as `/repos/acme-corp/backend/…`. */
function byName(path: string, world: GithubWorld): string {
  const match = /^\/repositories\/([0-9]{1,15})(\/.*)?$/.exec(path)
  const repository = world.repositories.find((one) => String(one.id) === match?.[1])
  return repository === undefined ? path : `/repos/${fullName(repository)}${match?.[2] ?? ''}`
}

function noUserAgent(): Reply {
  return {
    status: 403,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
  }
}

function isOverLimit(caller: Caller, world: GithubWorld): boolean {
  return (caller.kind === 'installation' || caller.kind === 'user') && world.rateLimit !== undefined && caller.token.used > world.rateLimit
}

function overLimit(caller: Caller): Reply {
  if (caller.kind === 'user') return failure(403, `API rate limit exceeded for user ID ${caller.token.account.id}.`)
  const id = caller.kind === 'installation' ? caller.token.installation.id : 0
  return failure(403, `API rate limit exceeded for installation ID ${id}.`)
}

/** What stands on every answer of GitHub's API. */
function decorate(answer: Answer, caller: Caller, world: GithubWorld): Answer {
  if (answer === 'cut') return answer
  const { limit, remaining, used, reset } = rateOf(caller, world)
  return {
    ...answer,
    headers: {
      server: 'github.com',
      vary: 'Accept, Authorization, Cookie, Accept-Encoding',
      'x-github-api-version-selected': '2022-11-28',
      'x-github-media-type': 'github.v3; format=json',
      'x-github-request-id': randomBytes(16).toString('hex').toUpperCase(),
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-resource': 'core',
      'x-ratelimit-used': String(used),
      'x-content-type-options': 'nosniff',
      ...answer.headers,
    },
  }
}

/** The figures of the rate limit; `reset` in epoch seconds. */
export function rateOf(caller: Caller, world: GithubWorld): { limit: number; remaining: number; used: number; reset: number } {
  const limit = world.rateLimit ?? SHOWN_LIMIT
  const used = caller.kind === 'installation' || caller.kind === 'user' ? caller.token.used : 0
  return { limit, used, remaining: Math.max(0, limit - used), reset: Math.floor(world.clock.nowMs() / 1000) + HOUR_S }
}
