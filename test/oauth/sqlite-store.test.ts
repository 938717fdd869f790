import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { temporaryStore } from '../store/temporary-store.ts'
import { assertion, codeFor, post, redeem, refresh, tokensFor, tokensOf } from './support/client.ts'
import { openOauthWorld } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

/** An authority whose codes, tokens and keys lie in a file of its own. */
async function onSqlite(): Promise<{ readonly one: OauthWorld, readonly stolen: () => Promise<Buffer> }> {
  const { store, stolen } = await temporaryStore({ clock: systemClock })
  const { shortLived, keyring, changes } = store
  const one = await openOauthWorld({ overrides: { shortLived, keyring, changes } })
  onTestFinished(() => one.close())
  return { one, stolen }
}

describe('on the embedded store', () => {
  it('a race of refreshes has one successor, a code is good once, and an assertion, too', async () => {
    const { one } = await onSqlite()
    const first = await tokensFor(one)
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(one, first.refresh)))
    const successors = new Set(answers.map((answered) => tokensOf(answered).refresh))
    expect(successors.size).toBe(1)
    tokensOf(await refresh(one, [...successors].join('')))
    const once = await assertion(one)
    const proofs = await Promise.all([1, 2, 3, 4].map(() => post(one, '/oauth2/token', { grant_type: 'client_credentials', ...once })))
    expect(proofs.filter(({ status }) => status === 200)).toHaveLength(1)
    const code = await codeFor(one)
    const redeemed = await Promise.all([1, 2, 3, 4].map(() => redeem(one, code)))
    expect(redeemed.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
  })

  it('a stolen file shows no token, no code and no key', async () => {
    const { one, stolen } = await onSqlite()
    const first = await tokensFor(one)
    const second = tokensOf(await refresh(one, first.refresh))
    const code = await codeFor(one)
    const bytes = await stolen()
    expect(bytes.length).toBeGreaterThan(4_096)
    const [key] = one.oauth.verification.jwks().keys
    for (const secret of [first.refresh, second.refresh, code, key?.x ?? '', 'agent:pr-reviewer']) expect(bytes.includes(secret)).toBe(false)
  })
})
