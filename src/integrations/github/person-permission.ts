import { BoundedCache } from '../../lib/bounded-cache.ts'
import type { Clock } from '../../lib/clock.ts'
import { type Denial, deny, Fault } from '../../model/denial.ts'
import type { Access } from '../../model/operation.ts'
import type { UserAccess } from '../user-access.ts'
import { asObject, jsonObject, type GithubApi } from './api.ts'
import type { CredentialPlan } from './credential-plan.ts'

/** A person's role in a repository, as GitHub tells it of who asks. */
type Role = 'pull' | 'push' | 'admin'

/** How long what was seen may stand: a person who loses access loses it here within a minute. */
const REMEMBERED_MS = 60_000
const MAX_REMEMBERED = 10_000
/** Each is a call. */
const MAX_REPOSITORIES = 10

/** Permissions that GitHub gives by the plain roles; every other takes an administrator here, which is never less than GitHub asks for. */
const BY_ROLE: ReadonlySet<string> = new Set([
  'metadata', 'contents', 'issues', 'pull_requests', 'actions', 'checks', 'statuses', 'deployments', 'discussions', 'pages', 'packages', 'workflows',
])

/** Asks GitHub, with the person's own token, what the person may do in a repository. */
export class PersonPermission {
  readonly #api: GithubApi
  readonly #clock: Clock
  readonly #seen = new BoundedCache<{ readonly roles: ReadonlySet<Role>; readonly untilMs: number }>(MAX_REMEMBERED)

  constructor(api: GithubApi, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /**
   * Whether the person may do in every repository of the plan what the plan's permissions may.
   * @returns undefined where they may, else the denial
   * @throws Fault `credential_unavailable`
   */
  async refusal(access: UserAccess, plan: CredentialPlan, signal: AbortSignal): Promise<Denial | undefined> {
    const { owner, repositories } = plan
    if (owner === undefined || repositories.length === 0 || repositories.length > MAX_REPOSITORIES) {
      return deny('credential_refused', 'the person’s access to this cannot be verified repository by repository', {
        hint: 'Name the repository; what concerns a whole account can only be lent by an organisation rule.',
      })
    }
    const needed = [...new Set([...plan.permissions].map(([name, level]) => roleFor(name, level)))]
    for (const name of repositories) {
      const roles = await this.#roles(access, `${owner}/${name}`, signal)
      if (!needed.every((role) => roles.has(role))) return tooLittle(needed)
    }
    return undefined
  }

  async #roles(access: UserAccess, repository: string, signal: AbortSignal): Promise<ReadonlySet<Role>> {
    const key = `${access.connection} ${access.generation} ${repository}`
    const known = this.#seen.get(key)
    if (known !== undefined && this.#clock.monotonicMs() < known.untilMs) return known.roles
    const askedAtMs = this.#clock.monotonicMs()
    const answer = await this.#api.send('GET', `/repos/${repository}`, access.secret.reveal(), signal)
    // Private repositories do not exist for those who may not see them; renamed ones are asked for by their new name.
    if ([301, 302, 307, 308, 403, 404].includes(answer.status)) return new Set()
    if (answer.status !== 200) throw new Fault('credential_unavailable', `GitHub answered ${answer.status} when asked what the person may do`)
    const permissions = asObject(jsonObject(answer.body)['permissions'])
    const roles = new Set((['pull', 'push', 'admin'] as const).filter((role) => permissions[role] === true))
    this.#seen.set(key, { roles, untilMs: askedAtMs + REMEMBERED_MS })
    return roles
  }
}

function roleFor(permission: string, level: Access): Role {
  if (!BY_ROLE.has(permission) || level === 'admin') return 'admin'
  return level === 'write' ? 'push' : 'pull'
}

function tooLittle(needed: readonly Role[]): Denial {
  return deny('credential_refused', `the person has not the role ${needed.join(' and ')} in the repository, or does not see it`, {
    hint: 'The person has no such access to this repository at GitHub, and nobody can lend more than they have.',
  })
}
