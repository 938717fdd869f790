import { describe, expect, it } from 'vitest'
import { deny, Fault } from '../../src/model/denial.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { PersonLinks } from '../../src/sync/contract.ts'
import { NOBODY } from '../support/nobody.ts'
import { principal } from '../issuance/fixture.ts'
import { allowed, credentialOf, stageWorld } from './fixture.ts'

const LINKS: PersonLinks = { ...NOBODY.links, connect: (who, integration) => `https://p/connect/${integration}?for=${who.delegation?.person ?? 'nobody'}` }

describe('a refusal that only a person can mend', () => {
  it.each(['connection_required', 'connection_reauth_required'] as const)('%s links to where they connect', async (code) => {
    const { stage, source } = stageWorld({ links: LINKS })
    source.give = async () => deny(code, 'gone')
    expect(await stage.run(allowed())).toEqual({ denial: code, detail: 'gone', link: 'https://p/connect/github?for=user:alice@acme.com' })
  })

  it('has this principal’s own link, before one that was made for several; that one where there is no other', async () => {
    const { stage, source } = stageWorld({ links: LINKS })
    source.give = async () => deny('connection_required', 'gone', { link: 'https://p/other' })
    expect(await stage.run(allowed())).toMatchObject({ link: 'https://p/connect/github?for=user:alice@acme.com' })
    const none = stageWorld({})
    none.source.give = async () => deny('connection_required', 'gone', { link: 'https://p/other' })
    expect(await none.stage.run(allowed())).toMatchObject({ link: 'https://p/other' })
  })

  it('has none where no page serves people, and no other refusal has one', async () => {
    const { stage, source } = stageWorld()
    source.give = async () => deny('connection_required', 'gone')
    expect(await stage.run(allowed())).not.toHaveProperty('link')
    const linked = stageWorld({ links: LINKS })
    linked.source.give = async () => deny('credential_refused', 'no')
    expect(await linked.stage.run(allowed())).not.toHaveProperty('link')
  })
})

describe('an authority that cannot tell what is revoked', () => {
  const stale = () => { throw new Fault('authority_unavailable', 'nothing was heard for too long') }

  it('refuses at once, also where a copy is at hand', async () => {
    const { stage, source, revocations } = stageWorld()
    await stage.run(allowed())
    revocations.refusal = stale
    expect(() => stage.run(allowed())).toThrow(expect.objectContaining({ code: 'authority_unavailable' }))
    expect(source.orders).toHaveLength(1)
  })

  it('refuses what was issued meanwhile', async () => {
    const { stage, source, revocations } = stageWorld()
    source.give = async () => {
      revocations.refusal = stale
      return credentialOf()
    }
    await expect(stage.run(allowed())).rejects.toMatchObject({ code: 'authority_unavailable' })
  })
})

it('a copy is never used for another connection', async () => {
  const { stage, source } = stageWorld()
  const by = (connection: string): Principal => {
    const who = principal()
    return { ...who, delegation: who.delegation && { ...who.delegation, standing: { consent: [], groups: [], connections: { github: connection as never } } } }
  }
  await stage.run(allowed({ principal: by('con_1') }))
  await stage.run(allowed({ principal: by('con_1') }))
  await stage.run(allowed({ principal: by('con_2') }))
  expect(source.orders).toHaveLength(2)
})
