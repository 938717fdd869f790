import type { Access } from '../../model/operation.ts'
import { Secret } from '../../lib/secret.ts'
import { asObject, jsonObject } from './api.ts'
import type { CredentialPlan } from './credential-plan.ts'
import { includesAccess } from './vocabulary.ts'

/** A token as GitHub gave it, still to be checked against what was asked. */
export interface TokenAnswer {
  readonly token: Secret
  /** By GitHub's clock; NaN where it told none. */
  readonly expiresAtMs: number
  readonly permissions: Readonly<Record<string, unknown>>
  /** `owner/name`, lower case; undefined where GitHub listed none. */
  readonly repositories: readonly string[] | undefined
  readonly selection: unknown
}

/** @returns undefined where the answer holds no token */
export function readTokenAnswer(body: string): TokenAnswer | undefined {
  const answer = jsonObject(body)
  const { token, expires_at: expiresAt, repositories } = answer
  if (typeof token !== 'string' || token === '') return undefined
  return {
    token: new Secret(token),
    expiresAtMs: typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN,
    permissions: asObject(answer['permissions']),
    repositories: Array.isArray(repositories) ? repositories.map(fullName) : undefined,
    selection: answer['repository_selection'],
  }
}

/** How a token differs from what was asked; undefined where it is just that. */
export type Mismatch =
  /** It can more than it must. */
  | 'wider'
  /** It belongs to repositories of the same names with another owner. */
  | 'elsewhere'
  /** It can less: the call could only fail. */
  | 'narrower'

/** Compares a token with what was asked. `metadata: read` comes with every token. */
export function mismatchOf(answer: TokenAnswer, plan: CredentialPlan): Mismatch | undefined {
  const wider = Object.entries(answer.permissions).some(([name, access]) => !isWithin(name, access, plan.permissions))
  if (wider) return 'wider'
  const repositories = repositoriesMismatch(answer, plan)
  if (repositories !== undefined) return repositories
  return [...plan.permissions].every(([name, access]) => grants(answer.permissions[name], access)) ? undefined : 'narrower'
}

function repositoriesMismatch(answer: TokenAnswer, plan: CredentialPlan): Mismatch | undefined {
  if (plan.repositories.length === 0) return undefined
  if (answer.selection !== 'selected' || answer.repositories === undefined) return 'wider'
  const asked = new Set(plan.repositories.map((name) => `${plan.owner ?? ''}/${name}`))
  const given = new Set(answer.repositories)
  if ([...given].some((name) => !asked.has(name))) return given.size > asked.size ? 'wider' : 'elsewhere'
  return given.size < asked.size ? 'narrower' : undefined
}

function isWithin(name: string, access: unknown, asked: ReadonlyMap<string, Access>): boolean {
  if (!isAccess(access)) return false
  if (name === 'metadata' && access === 'read') return true
  const limit = asked.get(name)
  return limit !== undefined && includesAccess(limit, access)
}

function grants(given: unknown, needed: Access): boolean {
  return isAccess(given) && includesAccess(given, needed)
}

/** Whether a value is one of GitHub's access levels. */
export function isAccess(value: unknown): value is Access {
  return value === 'read' || value === 'write' || value === 'admin'
}

function fullName(repository: unknown): string {
  const { full_name: name } = asObject(repository)
  return typeof name === 'string' ? name.toLowerCase() : ''
}
