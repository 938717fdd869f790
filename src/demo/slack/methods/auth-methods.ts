import type { MethodResult, SlackMethod, TokenVisit } from '../method.ts'
import { memberOf } from '../messages.ts'

/** A token looks at itself and ends itself. */
export const authMethods: readonly SlackMethod[] = [
  { name: 'auth.test', auth: 'token', scopes: [], required: [], answer: testAuth },
  { name: 'auth.revoke', auth: 'token', scopes: [], required: [], answer: revokeAuth },
]

function testAuth({ world, token }: TokenVisit): MethodResult {
  const { team } = world.workspace
  const user = memberOf(world, token)
  return {
    ok: true,
    url: team.url,
    team: team.name,
    team_id: team.id,
    user: user.name,
    user_id: user.id,
    ...(token.kind === 'bot' ? { bot_id: 'B0POSTERN' } : {}),
    is_enterprise_install: false,
  }
}

function revokeAuth({ values, token }: TokenVisit): MethodResult {
  const test = values.get('test')
  const dryRun = test === '1' || test === 'true'
  if (!dryRun) token.revoked = true
  return { ok: true, revoked: !dryRun }
}
