import { describe, expect, it } from 'vitest'
import { startStage } from '../support/stage.ts'

// Elsewhere a client's placeholder that was not replaced went upstream as it was.
describe('a placeholder', () => {
  it('that clients have to send (gh, Octokit, the Slack SDK) is replaced by the credential, in every spelling of the scheme', async () => {
    const stage = await startStage()
    for (const value of ['token placeholder', 'Bearer placeholder', 'bearer  placeholder', `Basic ${Buffer.from('x-access-token:placeholder').toString('base64')}`, 'placeholder', 'Digest username="placeholder"']) {
      expect((await stage.agent.call('GET', 'https://recorder.internal/v1/a', { fields: [`Authorization: ${value}`] })).status).toBe(200)
    }
    const sent = stage.recorder.requests.map(({ lines }) => lines.filter((line) => /^authorization:/i.test(line)))
    await stage.close()
    expect(sent).toEqual(Array.from({ length: 6 }, () => [`Authorization: Bearer ${stage.recorder.secret}`]))
  })

  it('of the configuration is filled with the secret as it is, whatever a replacement text would make of it', async () => {
    const secret = 'a$&b$1c$$d{credential}e'
    const stage = await startStage({ recorder: { secret, placement: '{ in: header, name: X-Key, value: "v {credential}" }' } })
    const { status } = await stage.agent.reverse('GET', '/recorder/v1/a')
    const sent = stage.recorder.requests[0]?.lines.filter((line) => line.startsWith('X-Key'))
    await stage.close()
    expect([status, sent]).toEqual([200, [`X-Key: v ${secret}`]])
  })

  it('in the path or query is encoded, so that no secret becomes another path', async () => {
    const secret = 'a/../b?c#d%2e&e=f'
    const stage = await startStage({ recorder: { secret, placement: '{ in: path, prefix: "/bot{credential}" }' } })
    const { status } = await stage.agent.reverse('GET', '/recorder/v1/a')
    const sent = stage.recorder.requests[0]?.target
    await stage.close()
    expect(status).toBe(200)
    expect(sent).toBe('/bota%2F..%2Fb%3Fc%23d%252e%26e%3Df/v1/a')
  })

  it('whose secret cannot stand in a header is no call at all', async () => {
    const stage = await startStage({ recorder: { secret: 'a\u00e9\u0001b' } })
    const answer = await stage.agent.reverse('GET', '/recorder/v1/a')
    const [sent, audit] = [stage.recorder.requests.length, await stage.world.auditText()]
    await stage.close()
    expect(answer).toMatchObject({ status: 503, code: 'credential_unavailable' })
    expect(sent).toBe(0)
    expect(audit).not.toContain('\\u0001b')
  }, 30_000)
})
