import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeJwt } from 'jose'
import { codeFor, detail, redeem, refresh, tokensFor, tokensOf } from './support/client.ts'
import type { Tokens } from './support/client.ts'
import { openOauthWorld } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeEach(async () => { world = await openOauthWorld() })
afterEach(() => world.close())

const WINDOW_MS = 20_000

function session(tokens: Tokens): string {
  return String(decodeJwt(tokens.access)['sid'])
}

function ended(tokens: Tokens): boolean {
  return !world.desk.all.some((granted) => granted.session.id === session(tokens))
}

async function expectRefused(token: string, parameters: Readonly<Record<string, string>> = {}, error = 'invalid_grant'): Promise<void> {
  const { status, body } = await refresh(world, token, parameters)
  expect({ status, error: body['error'] }).toEqual({ status: 400, error })
}

describe('a refresh', () => {
  it('gives a successor and a fresh token of the same session', async () => {
    const first = await tokensFor(world)
    const second = tokensOf(await refresh(world, first.refresh))
    expect(second.refresh).not.toBe(first.refresh)
    expect(session(second)).toBe(session(first))
    expect(decodeJwt(second.access).jti).not.toBe(decodeJwt(first.access).jti)
    const third = tokensOf(await refresh(world, second.refresh))
    expect(third.refresh).not.toBe(second.refresh)
  })

  it('narrows to a scope that the approval covers, also by another word, and only for that token', async () => {
    const first = await tokensFor(world, { scope: 'github:pulls:write slack:chat:write' })
    const answered = await refresh(world, first.refresh, { scope: 'github:pull_requests:read' })
    const narrow = tokensOf(answered)
    expect(answered.body['scope']).toBe('github:pull_requests:read')
    expect(decodeJwt(narrow.access)).toMatchObject({ authorization_details: [detail('github', ['pull_requests:read'], ['**'])] })
    const wide = tokensOf(await refresh(world, narrow.refresh))
    expect(decodeJwt(wide.access)['scope']).toBe('github:pulls:write slack:chat:write')
  })

  it('narrows to targets by authorization_details', async () => {
    const details = [detail('github', ['pulls:write'], ['acme-corp/*'])]
    const first = await tokensFor(world, { scope: undefined, authorization_details: JSON.stringify(details) })
    const wanted = JSON.stringify([detail('github', ['pulls:read'], ['acme-corp/backend'])])
    const narrow = tokensOf(await refresh(world, first.refresh, { authorization_details: wanted }))
    expect(decodeJwt(narrow.access)).toMatchObject({ authorization_details: [detail('github', ['pulls:read'], ['acme-corp/backend'])] })
    const beyond = JSON.stringify([detail('github', ['pulls:read'], ['other/backend'])])
    await expectRefused(narrow.refresh, { authorization_details: beyond }, 'invalid_authorization_details')
  })

  it('gives no more than was approved, and uses nothing up where it is refused', async () => {
    const first = await tokensFor(world)
    for (const scope of ['github:pulls:write', 'slack:chat:write', 'gitlab:x', 'github:pulls:read slack:chat:write']) await expectRefused(first.refresh, { scope }, 'invalid_scope')
    await expectRefused(first.refresh, { resource: 'https://tickets.acme.com' }, 'invalid_target')
    await expectRefused(first.refresh, { client_id: 'issue-triage' })
    tokensOf(await refresh(world, first.refresh))
  })

  it('tells what the delegation stands at now', async () => {
    const first = await tokensFor(world, { scope: 'github:pulls:write slack:chat:write' })
    const granted = world.desk.all.at(-1)
    world.desk.narrow(granted?.session.id ?? ('' as never), [{ integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/web'], connection: undefined }])
    const second = tokensOf(await refresh(world, first.refresh))
    expect(decodeJwt(second.access)).toMatchObject({ scope: 'github:pulls:read', authorization_details: [detail('github', ['pulls:read'], ['acme-corp/web'])] })
    await expectRefused(second.refresh, { scope: 'slack:chat:write' }, 'invalid_scope')
  })

  it('ends with the agent, the session and its time', async () => {
    const first = await tokensFor(world)
    const reviewer = world.agents.get('agent:pr-reviewer')
    if (reviewer === undefined) throw new Error('no agent')
    world.agents.set(reviewer.id, { ...reviewer, status: 'revoked' })
    const revoked = await refresh(world, first.refresh)
    expect({ status: revoked.status, error: revoked.body['error'] }).toEqual({ status: 401, error: 'invalid_client' })
    world.agents.set(reviewer.id, reviewer)
    const second = tokensOf(await refresh(world, first.refresh))
    world.clock.moveBy(3_600_000)
    await expectRefused(second.refresh)
    world.clock.moveBy(-3_600_000)
    world.desk.end(session(second) as never)
    await expectRefused(second.refresh)
  })

  it('ends with the session’s tokens', async () => {
    const first = await tokensFor(world)
    await world.oauth.issuedTokens.endSession(session(first) as never)
    await expectRefused(first.refresh)
    expect(world.shortLived.ofKind('oauth:RefreshToken')).toHaveLength(0)
  })
})

describe('a refresh token that was just used', () => {
  it('is answered with the same successor and a fresh token, since the answer may be lost', async () => {
    const first = await tokensFor(world)
    const second = tokensOf(await refresh(world, first.refresh))
    const again = tokensOf(await refresh(world, first.refresh))
    expect(again.refresh).toBe(second.refresh)
    expect(decodeJwt(again.access).jti).not.toBe(decodeJwt(second.access).jti)
    expect(ended(first)).toBe(false)
    tokensOf(await refresh(world, second.refresh))
  })

  it('is a replay once its successor was used: the session is ended, on record', async () => {
    const first = await tokensFor(world)
    const second = tokensOf(await refresh(world, first.refresh))
    const third = tokensOf(await refresh(world, second.refresh))
    await expectRefused(first.refresh)
    expect(ended(first)).toBe(true)
    await expectRefused(third.refresh)
    expect(world.audit.of('delegation.replayed')).toEqual([expect.objectContaining({
      agent: { id: 'agent:pr-reviewer', name: 'PR-REVIEWER' }, session: session(first), outcome: 'revoked',
      reason: 'A refresh token was shown again after its use; the session is ended.',
    })])
  })

  it('is a replay after the window', async () => {
    const first = await tokensFor(world)
    const second = tokensOf(await refresh(world, first.refresh))
    world.clock.moveBy(WINDOW_MS + 1_000)
    await expectRefused(first.refresh)
    expect(ended(first)).toBe(true)
    await expectRefused(second.refresh)
  })

  it('is no replay of another client’s, nor of nobody’s: the session goes on', async () => {
    const first = await tokensFor(world)
    const second = tokensOf(await refresh(world, first.refresh))
    world.clock.moveBy(WINDOW_MS + 1_000)
    await expectRefused(first.refresh, { client_id: 'issue-triage' })
    await expectRefused(`${first.refresh.slice(0, -1)}_`)
    tokensOf(await refresh(world, second.refresh))
  })

  it('leaves nothing in the store from which the successor could be read', async () => {
    const first = await tokensFor(world)
    const second = tokensOf(await refresh(world, first.refresh))
    const kept = JSON.stringify(world.shortLived.ofKind('oauth:RefreshToken').map(({ payload }) => payload))
    const record = await world.shortLived.find('oauth:RefreshToken', first.refresh)
    expect(record?.successor).toMatch(/^[\w-]{80,}$/)
    for (const text of [kept, record?.successor ?? '']) {
      expect(text).not.toContain(second.refresh)
      expect(Buffer.from(text, 'base64url').includes(second.refresh)).toBe(false)
    }
    expect(kept).not.toContain(first.refresh)
  })
})

describe('many refreshes at once with one token', () => {
  it('make one successor, which all of them are told', async () => {
    const first = await tokensFor(world)
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(world, first.refresh)))
    const successors = new Set(answers.map((answered) => tokensOf(answered).refresh))
    expect(successors.size).toBe(1)
    expect(world.shortLived.ofKind('oauth:RefreshToken')).toHaveLength(2)
    const [successor = ''] = successors
    tokensOf(await refresh(world, successor))
    expect(world.audit.of('delegation.replayed')).toEqual([])
  })
})

describe('an attempt that dies between using a token up and storing its successor', () => {
  it('does not lose the session: after its lease the retry takes over', async () => {
    const first = await tokensFor(world)
    world.shortLived.beforeSuccessor = () => { throw new Error('the process was killed here') }
    expect((await refresh(world, first.refresh)).status).toBe(500)
    world.errors.length = 0
    world.shortLived.beforeSuccessor = () => undefined
    world.clock.moveBy(10_001)
    const second = tokensOf(await refresh(world, first.refresh))
    expect(session(second)).toBe(session(first))
    tokensOf(await refresh(world, second.refresh))
  })

  it('leaves the retry its whole window, however late it comes: its answer can be lost, too', async () => {
    const first = await tokensFor(world)
    world.shortLived.beforeSuccessor = () => { throw new Error('the process was killed here') }
    await refresh(world, first.refresh)
    world.shortLived.beforeSuccessor = () => undefined
    world.clock.moveBy(600_000)
    const second = tokensOf(await refresh(world, first.refresh))
    world.clock.moveBy(WINDOW_MS - 1_000)
    expect(tokensOf(await refresh(world, first.refresh)).refresh).toBe(second.refresh)
  })

  it('makes no second successor where it comes back to life after another took over', async () => {
    const first = await tokensFor(world)
    world.shortLived.beforeSuccessor = () => {
      world.shortLived.beforeSuccessor = () => undefined
      // While this attempt is at it its lease passes, and another takes over.
      world.clock.moveBy(10_001)
      void world.shortLived.consume('oauth:RefreshToken', first.refresh, 'another attempt', 10_000)
    }
    const slow = await refresh(world, first.refresh)
    expect(slow.status).toBe(400)
    expect(slow.body['error']).toBe('temporarily_unavailable')
    world.clock.moveBy(10_001)
    tokensOf(await refresh(world, first.refresh))
    expect(world.shortLived.ofKind('oauth:RefreshToken')).toHaveLength(2)
  })
})

describe('the first refresh token', () => {
  it('comes with the code, and lives no longer than the session', async () => {
    const tokens = tokensOf(await redeem(world, await codeFor(world)))
    const record = await world.shortLived.find('oauth:RefreshToken', tokens.refresh)
    expect((record?.expiresAtMs ?? Infinity) - world.clock.nowMs()).toBeLessThanOrEqual(3_600_000)
  })
})
