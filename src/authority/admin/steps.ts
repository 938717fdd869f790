import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { authenticate } from './access/authenticate.ts'
import type { Caller } from './access/caller.ts'
import { crossSite } from './access/cross-site.ts'
import { PersonLimiter } from './access/person-limiter.ts'
import type { AdminDeps } from './admin-deps.ts'
import type { AdminEnv } from './admin-env.ts'
import { DeniedRecords } from './records/denied-records.ts'
import { refuse } from './refuse.ts'

type Step = MiddlewareHandler<AdminEnv>

const MAX_BODY_BYTES = 64 * 1024
const BURST = 200
const PER_SECOND = 20
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PATCH'])
/** Refusals that somebody may have tried their luck with. */
const RECORDED: ReadonlySet<number> = new Set([401, 403, 404, 429])

/** What every answer says, whatever it is. */
export const answerHeaders: Step = async (c, next) => {
  await next()
  c.res.headers.set('Cache-Control', 'no-store')
  c.res.headers.set('X-Content-Type-Options', 'nosniff')
}

/** Every refusal goes on record, whichever step or handler it is of. */
export function recordRefusals(deps: AdminDeps): Step {
  const records = new DeniedRecords({ ...deps, post: (event) => deps.audit.post(event) })
  return async (c, next) => {
    await next()
    const refused = c.get('refused')
    if (refused === undefined || !RECORDED.has(c.res.status)) return
    const { code, detail: reason } = refused
    records.post({ event: 'admin.denied', ...userOf(c.get('caller')), outcome: 'denied', code, reason, http: httpFacts(c.req, deps, c.res.status) })
  }
}

/** HEAD would begin what only a reader ends, and OPTIONS is asked by other sites alone. */
export const knownMethods: Step = async (c, next) => {
  if (!METHODS.has(c.req.method)) return refuse(c, 'method_refused', `the method ${c.req.method.slice(0, 20)}`)
  return next()
}

/** Before anybody's body is read. */
export const boundedBody: Step = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c) => refuse(c, 'body_too_large', `over ${MAX_BODY_BYTES} bytes`, { hint: 'A body has at most 64 KiB.' }),
})

/** Who it is; a cookie counts only for requests of our own pages. */
export function whoAsks(deps: AdminDeps): Step {
  return async (c, next) => {
    const header = (name: string): string | undefined => c.req.header(name)
    const caller = await authenticate({ authorization: header('authorization'), cookie: header('cookie'), isUnattended: header('postern-unattended') === '1' }, deps)
    if (caller === undefined) return refuse(c, 'sign_in_required', 'no session or token that is good')
    c.set('caller', caller)
    if (caller.csrf === undefined) return next()
    const shown = { method: c.req.method, origin: header('origin'), secFetchSite: header('sec-fetch-site'), csrf: header('postern-csrf') }
    const problem = crossSite(shown, deps.origin, caller.csrf)
    return problem === undefined ? next() : refuse(c, 'cross_site_refused', problem)
  }
}

/** One person cannot keep the others waiting. */
export function withinRate({ clock }: AdminDeps): Step {
  const limiter = new PersonLimiter(clock, BURST, PER_SECOND)
  return async (c, next) => {
    const retryAfterMs = limiter.take(c.get('caller').id)
    return retryAfterMs === 0 ? next() : refuse(c, 'too_many_requests', 'over the rate of one person', { retryAfterMs })
  }
}

/** Each use of a lent role is on disk before anything is done or shown. */
export function breakGlassOnRecord(deps: AdminDeps): Step {
  return async (c, next) => {
    const caller = c.get('caller')
    if (caller.signedIn.breakGlass) {
      await deps.audit.commit({ event: 'admin.break_glass_used', ...userOf(caller), outcome: 'ok', http: httpFacts(c.req, deps) })
    }
    return next()
  }
}

function userOf(caller: Caller | undefined): { user?: { id: string; name: string | undefined } } {
  return caller === undefined ? {} : { user: { id: caller.id, name: caller.signedIn.person.name } }
}

function httpFacts({ method, path }: { readonly method: string; readonly path: string }, { origin }: AdminDeps, status?: number) {
  return { method, host: new URL(origin).host, path, status }
}
