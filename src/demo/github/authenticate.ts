import { readAuthorization } from '../server/authorization.ts'
import type { Answer, Call } from '../server/call.ts'
import { checkAppJwt, type AppJwtProblem } from './app-jwt.ts'
import type { InstallationToken } from './installation-tokens.ts'
import type { UserToken } from './user-tokens.ts'
import { failure } from './replies.ts'
import { grantsOf, userGrants, type GithubWorld } from './world.ts'

/** Who calls. A JWT that is not good is kept with its reason: only app endpoints tell it. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'app' }
  | { readonly kind: 'bad-jwt'; readonly problem: AppJwtProblem }
  | { readonly kind: 'installation'; readonly token: InstallationToken }
  | { readonly kind: 'user'; readonly token: UserToken }

/** @returns the caller, or the refusal where the credential is none of this GitHub's */
export async function authenticate(call: Call, world: GithubWorld): Promise<Caller | { readonly refused: Answer }> {
  const presented = readAuthorization(call.headers.authorization)
  if (presented === undefined) return { kind: 'anonymous' }
  call.note({ credentialPlaces: ['header'] })
  if (presented.scheme === 'unknown') return { refused: badCredentials() }
  // git and many scripts send the token as the password, curl -u as either
  const values = presented.scheme === 'basic' ? [presented.password, presented.user] : [presented.value]
  const token = values.map((value) => world.tokens.find(value)).find((found) => found !== undefined)
  if (token !== undefined) return installationCaller(call, world, token)
  const user = values.map((value) => world.users.find(value)).find((found) => found !== undefined)
  if (user !== undefined) return userCaller(call, world, user)
  if (presented.scheme === 'bearer' && !presented.value.startsWith('gh')) return appCaller(call, world, presented.value)
  return { refused: badCredentials() }
}

function installationCaller(call: Call, world: GithubWorld, token: InstallationToken): Caller | { readonly refused: Answer } {
  call.note({ authenticatedAs: 'installation', grants: grantsOf(world, token) })
  if (token.installation.suspended) return { refused: failure(403, 'This installation has been suspended') }
  token.used += 1
  return { kind: 'installation', token }
}

function userCaller(call: Call, world: GithubWorld, token: UserToken): Caller {
  call.note({ authenticatedAs: 'user', grants: userGrants(world, token) })
  token.used += 1
  return { kind: 'user', token }
}

async function appCaller(call: Call, world: GithubWorld, jwt: string): Promise<Caller> {
  const problem = await checkAppJwt(jwt, world.app, world.clock.nowMs())
  if (problem !== undefined) return { kind: 'bad-jwt', problem }
  world.canaries.add(jwt)
  call.note({ authenticatedAs: 'app' })
  return { kind: 'app' }
}

/** GitHub's answer to every token it does not know, expired and revoked ones included. */
export function badCredentials(): Answer {
  return failure(401, 'Bad credentials')
}
