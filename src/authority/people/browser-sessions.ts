import { randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { parsePersonId, type PersonId } from '../../model/ids.ts'
import type { People, Person } from '../../store/ports/people.ts'
import type { NewRecord, ShortLived } from '../../store/ports/short-lived.ts'
import type { BrowserSessions, Roles } from './contract.ts'
import { forgetCookie, readCookie, SESSION_COOKIE, setCookie } from './cookies.ts'
import { signInEnded } from './sign-outs.ts'

export interface BrowserSessionsDependencies {
  readonly shortLived: ShortLived
  readonly people: Pick<People, 'get'>
  readonly roles: Roles
  readonly clock: Clock
  /** From signing in to signing in anew, whatever happens between. */
  readonly lifetimeMs: () => number
  /** Where the identity provider wants the person to sign out; undefined where it has no such place. Never throws. */
  readonly signOutUrl: (idToken: string) => Promise<string | undefined>
}

/** Nobody clicked for so long: whoever comes back signs in anew. */
const IDLE_MS = 2 * 3_600_000
/** How often the store is told that a session is in use. */
const TOUCH_EVERY_MS = 60_000
const KIND = 'browser_session'

interface Session {
  readonly person: PersonId
  readonly issuer: string
  readonly subject: string
  readonly csrf: string
  readonly signedInAtMs: number
  readonly usedAtMs: number
  readonly idToken: string | undefined
}

/** The browsers' sessions in the store: any of several processes knows them, and the end of one is its end everywhere. */
export function createBrowserSessions(deps: BrowserSessionsDependencies): BrowserSessions {
  const { shortLived, people, roles, clock } = deps
  return {
    async current(cookieHeader, isUnattended = false) {
      const found = await find(cookieHeader)
      if (found === undefined) return undefined
      const { person: id, signedInAtMs: beganAtMs } = found.session
      const [person, ended] = await Promise.all([people.get(id), signInEnded(shortLived, id, beganAtMs)])
      if (ended || person === undefined || !isSame(person, found.session)) return undefined
      if (!isUnattended) await touch(found.id, found.session)
      const { csrf, signedInAtMs } = found.session
      return { person, ...await roles.of(person), signedInAtMs, csrf }
    },

    async start(person, idToken) {
      const nowMs = clock.nowMs()
      const session: Session = {
        person: person.id, issuer: person.issuer, subject: person.subject, csrf: newSecret(), signedInAtMs: nowMs, usedAtMs: nowMs, idToken,
      }
      const id = newSecret()
      await shortLived.put(recordOf(id, session))
      return setCookie(SESSION_COOKIE, id, undefined)
    },

    async end(cookieHeader) {
      const found = await find(cookieHeader)
      // Consumed and not removed: a request that is under way just now would put it back.
      if (found !== undefined) await shortLived.consume(KIND, found.id, 'signed out')
      const idToken = found?.session.idToken
      return { setCookie: forgetCookie(SESSION_COOKIE), signOutAt: idToken === undefined ? undefined : await deps.signOutUrl(idToken) }
    },
  }

  async function find(cookieHeader: string | undefined): Promise<{ readonly id: string; readonly session: Session } | undefined> {
    const id = readCookie(cookieHeader, SESSION_COOKIE)
    const record = id === undefined ? undefined : await shortLived.find(KIND, id)
    if (id === undefined || record === undefined || record.consumedAtMs !== undefined) return undefined
    const session = readSession(record.payload)
    return session === undefined || endOf(session) <= clock.nowMs() ? undefined : { id, session }
  }

  async function touch(id: string, session: Session): Promise<void> {
    const nowMs = clock.nowMs()
    if (nowMs - session.usedAtMs >= TOUCH_EVERY_MS) await shortLived.put(recordOf(id, { ...session, usedAtMs: nowMs }))
  }

  function recordOf(id: string, session: Session): NewRecord {
    return { kind: KIND, id, payload: { ...session }, expiresAtMs: endOf(session) }
  }

  function endOf({ signedInAtMs, usedAtMs }: Session): number {
    return Math.min(signedInAtMs + deps.lifetimeMs(), usedAtMs + IDLE_MS)
  }
}

/** An address that was given to somebody else in the meantime is not the one who signed in. */
function isSame(person: Person, session: Session): boolean {
  return person.issuer === session.issuer && person.subject === session.subject
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** @returns undefined where an older program wrote something else: whoever it was signs in anew */
function readSession(payload: Readonly<Record<string, unknown>>): Session | undefined {
  const { person, issuer, subject, csrf, signedInAtMs, usedAtMs, idToken } = payload
  const id = typeof person === 'string' ? parsePersonId(person) : undefined
  if (id === undefined || typeof issuer !== 'string' || typeof subject !== 'string' || typeof csrf !== 'string') return undefined
  if (typeof signedInAtMs !== 'number' || typeof usedAtMs !== 'number') return undefined
  return { person: id, issuer, subject, csrf, signedInAtMs, usedAtMs, idToken: typeof idToken === 'string' ? idToken : undefined }
}
