import { beforeEach, describe, expect, it } from 'vitest'
import { ALICE, BOB, connectWorld, pathOf, textOf, type ConnectWorld } from './connect-world.ts'

describe('an attack on connecting', () => {
  let world: ConnectWorld
  beforeEach(async () => { world = await connectWorld() })

  const nothingConnected = async (): Promise<void> => {
    expect([...await world.desk.of(ALICE), ...await world.desk.of(BOB)]).toEqual([])
    expect(world.of('connection.created')).toEqual([])
  }

  it('fails with a state that was used', async () => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    expect((await browser.open(pathOf(back))).status).toBe(303)
    const [before] = await world.desk.of(ALICE)
    expect((await browser.open(pathOf(back))).status).toBe(400)
    expect(await world.desk.of(ALICE)).toEqual([before])
    expect(world.of('connection.denied')).toMatchObject([{ reason: 'the answer belongs to no attempt, or to one that is over' }])
  })

  it('connects once where the same answer is brought twice at the same time', async () => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    const answers = await Promise.all([browser.open(pathOf(back)), browser.open(pathOf(back))])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 400])
    expect(await world.desk.of(ALICE)).toHaveLength(1)
  })

  it('fails where the attacker’s answer is brought by the victim: no account of the attacker’s becomes the victim’s', async () => {
    const [attacker, victim] = [world.browser(BOB), world.browser(ALICE)]
    const back = await attacker.consent(await attacker.leave('/connect/github'), 'bob-diaz')
    await victim.leave('/connect/github')
    const answer = await victim.open(pathOf(back))
    expect(answer.status).toBe(400)
    expect(await textOf(answer)).toContain('not yours')
    await nothingConnected()
    expect(world.of('connection.denied')).toMatchObject([{ user: { id: ALICE }, reason: 'the answer belongs to another person or another browser' }])
    // The attempt is still its owner's.
    expect((await attacker.open(pathOf(back))).status).toBe(303)
  })

  it('fails in another browser of the same person', async () => {
    const [one, other] = [world.browser(ALICE), world.browser(ALICE)]
    const back = await one.consent(await one.leave('/connect/github'), 'alice-chen')
    await other.leave('/connect/github')
    expect((await other.open(pathOf(back))).status).toBe(400)
    one.cookies.delete('__Host-postern-connect')
    expect((await one.open(pathOf(back))).status).toBe(400)
    await nothingConnected()
  })

  it('fails where somebody else has signed in, in the same browser, meanwhile', async () => {
    const [alice, bob] = [world.browser(ALICE), world.browser(BOB)]
    const back = await alice.consent(await alice.leave('/connect/github'), 'alice-chen')
    alice.cookies.set('__Host-postern', bob.session)
    expect((await alice.open(pathOf(back))).status).toBe(400)
    await nothingConnected()
  })

  it('fails without a session, and leaves the attempt as it is', async () => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    browser.cookies.delete('__Host-postern')
    expect((await browser.open(pathOf(back))).status).toBe(401)
    await nothingConnected()
    browser.cookies.set('__Host-postern', browser.session)
    expect((await browser.open(pathOf(back))).status).toBe(303)
  })

  it('fails with an answer that is brought to another integration', async () => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/tickets'), 'alice')
    expect((await browser.open(pathOf(back).replace('/tickets/', '/github/'))).status).toBe(400)
    expect(world.github.log.entries.filter(({ path }) => path.endsWith('access_token'))).toEqual([])
    await nothingConnected()
  })

  it.each<[string, string, string | null]>([
    ['of another server', 'tickets', 'https://evil.example'],
    ['that differs in a slash', 'tickets', 'trailing'],
    ['that is missing where it has to be there', 'tickets', null],
  ])('fails with an iss %s', async (_name, integration, issuer) => {
    world.tickets.oauth.issuer(issuer === 'trailing' ? `${world.tickets.origin}/` : issuer)
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave(`/connect/${integration}`), 'alice')
    const answer = await browser.open(pathOf(back))
    expect([answer.status, await textOf(answer)]).toEqual([400, expect.stringContaining('does not come from there')])
    expect(world.tickets.oauth.liveTokens()).toBe(0)
    await nothingConnected()
  })

  it.each(['https://evil.example', 'nonsense'])('fails with iss %s at an upstream that sends none', async (iss) => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    back.searchParams.set('iss', iss)
    expect((await browser.open(pathOf(back))).status).toBe(400)
    await nothingConnected()
  })

  it('fails with a code of another attempt: PKCE binds it', async () => {
    const [attacker, victim] = [world.browser(BOB), world.browser(ALICE)]
    for (const [integration, theirs, ours] of [['github', 'bob-diaz', 'alice-chen'], ['tickets', 'bob', 'alice']] as const) {
      const stolen = await attacker.consent(await attacker.leave(`/connect/${integration}`), theirs)
      const back = await victim.consent(await victim.leave(`/connect/${integration}`), ours)
      back.searchParams.set('code', stolen.searchParams.get('code') ?? '')
      expect((await victim.open(pathOf(back))).status).toBe(400)
    }
    await nothingConnected()
  })

  it.each<[string, (back: URL) => void]>([
    ['two states', (back) => back.searchParams.append('state', 'x')],
    ['two codes', (back) => back.searchParams.append('code', 'x')],
    ['no code', (back) => back.searchParams.delete('code')],
    ['an empty code', (back) => back.searchParams.set('code', '')],
    ['a code with a line break', (back) => back.searchParams.set('code', 'a\nb')],
    ['a code and an error', (back) => back.searchParams.set('error', 'server_error')],
    ['a state of nobody', (back) => back.searchParams.set('state', 'A'.repeat(43))],
    ['no state', (back) => back.searchParams.delete('state')],
  ])('fails with %s', async (_name, spoil) => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    spoil(back)
    expect((await browser.open(pathOf(back))).status).toBe(400)
    await nothingConnected()
  })

  it('shows nothing of an error that the upstream, or whoever, wrote', async () => {
    const browser = world.browser(ALICE)
    const at = await browser.leave('/connect/github')
    const state = at.searchParams.get('state') ?? ''
    const canary = '<script>canary</script>'
    const answer = await browser.open(`/connect/github/callback?state=${state}&error=${encodeURIComponent(canary)}&error_description=${encodeURIComponent(canary)}`)
    expect(answer.status).toBe(400)
    expect(await answer.text()).not.toContain('canary')
    expect(JSON.stringify(world.events)).not.toContain('canary')
  })

  it('tells who declined, and connects nothing', async () => {
    const browser = world.browser(ALICE)
    for (const [integration, login] of [['github', 'alice-chen'], ['slack', 'alice'], ['tickets', 'alice']] as const) {
      const back = await browser.consent(await browser.leave(`/connect/${integration}`), login, 'cancel')
      expect(await textOf(await browser.open(pathOf(back)))).toContain('Nothing was connected')
    }
    expect(world.of('connection.denied')).toMatchObject(Array.from({ length: 3 }, () => ({ reason: 'the person declined at the upstream', outcome: 'denied' })))
    await nothingConnected()
  })

  it('fails where another site sends the form: nobody leaves for an upstream without our page', async () => {
    const browser = world.browser(ALICE)
    expect((await browser.send('/connect/github', { csrf: 'guessed' })).status).toBe(403)
    expect((await browser.send('/connect/github', {}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await browser.send('/connect/github', {}, { 'content-type': 'text/plain' })).status).toBe(403)
    expect((await browser.open('/connect/github')).headers.get('location')).toBeNull()
  })

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/\t/evil.example', '/%0d%0aSet-Cookie:x'])(
    'never leads back to %j', async (wish) => {
      const browser = world.browser(ALICE)
      for (const path of ['/connect/github', '/connect/github/install']) {
        const page = await (await browser.open(`${path}?return=${encodeURIComponent(wish)}`)).text()
        expect(page).not.toContain('href="https://evil')
        expect(page).not.toMatch(/href="(?:\/[\\/]|javascript:)/)
      }
      const back = await browser.consent(await browser.leave('/connect/github', { return: wish }), 'alice-chen')
      const location = (await browser.open(pathOf(back))).headers.get('location') ?? ''
      expect(location).toMatch(/^\/connect\/github\/done\?/)
      const done = await (await browser.open(location)).text()
      expect(done).not.toMatch(/href="(?:https?:|\/[\\/]|javascript:)/)
    })

  it('forgets an attempt after a quarter of an hour', async () => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    world.clock.advance(15 * 60_000)
    expect((await browser.open(pathOf(back))).status).toBe(400)
    await nothingConnected()
  })

  it('does not show another’s connection', async () => {
    await world.browser(BOB).connect('github', 'bob-diaz')
    const [theirs] = await world.desk.of(BOB)
    expect((await world.browser(ALICE).open(`/connect/github/done?connection=${theirs?.id ?? ''}`)).status).toBe(404)
  })

  it('finds no secret in any page, header, record or address of ours', async () => {
    const browser = world.browser(ALICE)
    const back = await browser.consent(await browser.leave('/connect/github'), 'alice-chen')
    const answer = await browser.open(pathOf(back))
    const done = await browser.open(answer.headers.get('location') ?? '')
    const seen = JSON.stringify([[...answer.headers], await answer.text(), [...done.headers], await done.text(), world.events])
    for (const canary of world.github.canaries()) expect(seen).not.toContain(canary)
    expect(done.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(done.headers.get('cache-control')).toBe('no-store')
  })
})
