import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { takeExclusiveLock } from '../../lib/exclusive-lock.ts'
import { EXIT_CONFIG, EXIT_UNAVAILABLE } from '../process-text.ts'
import { CommandFailure } from './command-failure.ts'

/** One authority that somebody is signed in at. */
export interface Login {
  /** `user:alice@acme.com`. */
  readonly person: string
  readonly accessToken: string
  /** Wall clock. */
  readonly expiresAtMs: number
  readonly refreshToken: string | undefined
}

/** All logins of this user on this machine. */
export interface Logins {
  /** The authority that commands ask where they name none: the one that was signed in at last. */
  readonly current: string | undefined
  readonly byUrl: Readonly<Record<string, Login>>
}

const NONE: Logins = { current: undefined, byUrl: {} }
const OTHERS = 0o077
const LOCK_WAIT_MS = 15_000

/** @throws CommandFailure where the file is not one, or others than its owner may read it */
export function readLogins(file: string): Logins {
  if (!existsSync(file)) return NONE
  if ((statSync(file).mode & OTHERS) !== 0) {
    throw new CommandFailure(EXIT_CONFIG, `others may read ${file}, which holds your tokens: chmod 600 it, then "postern logout" and sign in again`)
  }
  const logins = parse(readFileSync(file, 'utf8'))
  if (logins === undefined) throw new CommandFailure(EXIT_CONFIG, `${file} holds no logins: remove it, then "postern login"`)
  return logins
}

/** Changes the file as a whole; of several commands at once each sees what the one before left. */
export async function changeLogins<T>(file: string, work: (logins: Logins) => Promise<readonly [Logins, T]>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const lock = takeExclusiveLock(`${file}.lock`, LOCK_WAIT_MS)
  if (lock === undefined) throw new CommandFailure(EXIT_UNAVAILABLE, `another postern command holds ${file}: end it, then try again`)
  try {
    const before = readLogins(file)
    const [after, result] = await work(before)
    if (after !== before) write(file, after)
    return result
  } finally {
    lock.release()
  }
}

/** With one login more, or another in its place; it becomes the current one. */
export function withLogin({ byUrl }: Logins, url: string, login: Login): Logins {
  return { current: url, byUrl: { ...byUrl, [url]: login } }
}

/** Without this one. */
export function withoutLogin({ current, byUrl }: Logins, url: string): Logins {
  const left = Object.fromEntries(Object.entries(byUrl).filter(([other]) => other !== url))
  return { current: current === url ? Object.keys(left)[0] : current, byUrl: left }
}

function write(file: string, { current, byUrl }: Logins): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  try {
    writeFileSync(draft, `${JSON.stringify({ v: 1, current, logins: byUrl }, undefined, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
    renameSync(draft, file)
  } finally {
    rmSync(draft, { force: true })
  }
}

function parse(text: string): Logins | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value) || value['v'] !== 1 || !isObject(value['logins'])) return undefined
  const { current, logins } = value
  if (!Object.values(logins).every(isLogin)) return undefined
  return { current: typeof current === 'string' ? current : undefined, byUrl: logins as Record<string, Login> }
}

function isLogin(value: unknown): value is Login {
  if (!isObject(value)) return false
  const { person, accessToken, expiresAtMs, refreshToken } = value
  return typeof person === 'string' && typeof accessToken === 'string' && typeof expiresAtMs === 'number' &&
    (refreshToken === undefined || typeof refreshToken === 'string')
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
