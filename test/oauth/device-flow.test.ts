import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeJwt } from 'jose'
import * as openid from 'openid-client'
import { detail, post, refresh, tokensOf } from './support/client.ts'
import type { Answered } from './support/client.ts'
import { ALICE, approveAll, BOB, openOauthWorld } from './support/oauth-world.ts'
import type { OauthWorld } from './support/oauth-world.ts'

let world: OauthWorld
beforeEach(async () => { world = await openOauthWorld() })
afterEach(() => world.close())

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const response = {} as ServerResponse

async function start(parameters: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const { status, body } = await post(world, '/oauth2/device', { client_id: 'pr-reviewer', scope: 'github:pulls:read', ...parameters })
  expect({ status, error: body['error_description'] }).toEqual({ status: 200, error: undefined })
  return body as Record<string, string>
}

function poll(deviceCode: string | undefined, parameters: Readonly<Record<string, string>> = {}): Promise<Answered> {
  return post(world, '/oauth2/token', { grant_type: GRANT, client_id: 'pr-reviewer', device_code: deviceCode, ...parameters })
}

function requestWith(cookie: string | undefined, url = '/device'): IncomingMessage {
  return { url, headers: { cookie } } as unknown as IncomingMessage
}

/** The person types the code in, is asked, and answers. */
async function answer(userCode: string | undefined, person = ALICE, decide = approveAll): Promise<string | undefined> {
  const submitted = await world.oauth.devices.submit(requestWith(undefined), person, userCode ?? '')
  if (submitted.kind !== 'found') return submitted.kind
  const request = requestWith(submitted.setCookie?.split(';')[0], submitted.location)
  const asked = await world.oauth.interactions.current(request, response)
  if (asked === undefined) return undefined
  expect(asked).toMatchObject({ userCode, answerTo: undefined, agent: { id: 'agent:pr-reviewer' } })
  return world.oauth.interactions.answer(request, response, person, decide(asked).answer)
}

describe('the device flow', () => {
  it('passes with openid-client', async () => {
    const config = await openid.discovery(new URL(world.issuer), 'pr-reviewer', undefined, openid.None(), { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' })
    const started = await openid.initiateDeviceAuthorization(config, { scope: 'github:pulls:read' })
    expect(started).toMatchObject({ verification_uri: `${world.issuer}/device`, verification_uri_complete: `${world.issuer}/device?user_code=${started.user_code}`, expires_in: 600, interval: 1 })
    expect(started.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    expect(await answer(started.user_code)).toBe('/device?answered=approved')
    const tokens = await openid.pollDeviceAuthorizationGrant(config, started)
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: 'agent:pr-reviewer', act: { sub: ALICE }, sid: world.desk.all.at(-1)?.session.id })
    tokensOf(await refresh(world, tokens.refresh_token ?? ''))
  })

  it('takes authorization_details', async () => {
    const details = [detail('github', ['pulls:write'], ['acme-corp/backend'])]
    const started = await start({ authorization_details: JSON.stringify(details) })
    await answer(started['user_code'])
    const { body } = await poll(started['device_code'])
    expect(body['authorization_details']).toEqual([detail('github', ['pulls:read'], ['**']), ...details])
  })

  it('waits for the person, and slows down who asks too often', async () => {
    const started = await start()
    expect((await poll(started['device_code'])).body['error']).toBe('authorization_pending')
    expect((await poll(started['device_code'])).body['error']).toBe('slow_down')
    world.clock.moveBy(2_000)
    // The interval is longer by five seconds from then on.
    expect((await poll(started['device_code'])).body['error']).toBe('slow_down')
    world.clock.moveBy(11_000)
    expect((await poll(started['device_code'])).body['error']).toBe('authorization_pending')
    await answer(started['user_code'])
    tokensOf(await poll(started['device_code']))
    expect(world.audit.of('token.denied')).toEqual([])
  })

  it('tells the device of a no', async () => {
    const started = await start()
    expect(await answer(started['user_code'], ALICE, () => ({ person: ALICE, answer: { kind: 'denied' } }))).toBe('/device?answered=denied')
    expect((await poll(started['device_code'])).body['error']).toBe('access_denied')
    expect(world.desk.all).toEqual([])
  })

  it('gives tokens once, and ends the session of a code that is shown again', async () => {
    const started = await start()
    await answer(started['user_code'])
    const tokens = tokensOf(await poll(started['device_code']))
    expect((await poll(started['device_code'])).body['error']).toBe('invalid_grant')
    expect((await refresh(world, tokens.refresh)).body['error']).toBe('invalid_grant')
  })

  it('gives another client nothing', async () => {
    const started = await start()
    await answer(started['user_code'])
    expect((await poll(started['device_code'], { client_id: 'issue-triage' })).body['error']).toBe('invalid_grant')
  })

  it('is answered by one person, also where two typed the same code in', async () => {
    const started = await start()
    const submissions = await Promise.all([ALICE, BOB].map((person) => world.oauth.devices.submit(requestWith(undefined), person, started['user_code'] ?? '')))
    const answers = await Promise.all(submissions.map(async (submitted, at) => {
      if (submitted.kind !== 'found') throw new Error(submitted.kind)
      const request = requestWith(submitted.setCookie?.split(';')[0], submitted.location)
      const asked = await world.oauth.interactions.current(request, response)
      if (asked === undefined) return undefined
      return world.oauth.interactions.answer(request, response, at === 0 ? ALICE : BOB, approveAll(asked).answer)
    }))
    expect(answers.filter((next) => next !== undefined)).toHaveLength(1)
    expect(world.desk.all).toHaveLength(1)
    expect(await answer(started['user_code'])).toBe('unknown')
  })

  it('refuses what the authorization endpoint refuses, and the codes of others', async () => {
    expect((await post(world, '/oauth2/device', { client_id: 'pr-reviewer', scope: 'github:admin' })).body['error']).toBe('invalid_scope')
    expect((await post(world, '/oauth2/device', { client_id: 'nobody', scope: 'github:pulls:read' })).body['error']).toBe('invalid_client')
    expect((await post(world, '/oauth2/device', { client_id: 'release-notes', scope: 'github:pulls:read' })).status).toBe(401)
  })
})

describe('a user code', () => {
  it('is read in any case, with or without its hyphen', async () => {
    const code = (await start())['user_code'] ?? ''
    for (const typed of [code.toLowerCase(), code.replace('-', ''), ` ${code.replace('-', ' ')} `]) {
      expect((await world.oauth.devices.submit(requestWith(undefined), ALICE, typed)).kind).toBe('found')
    }
  })

  it('cannot be guessed: after ten failures a person has to wait, also with the right one', async () => {
    const code = (await start())['user_code'] ?? ''
    for (let attempt = 0; attempt < 10; attempt++) expect((await world.oauth.devices.submit(requestWith(undefined), BOB, 'BBBB-BBBB')).kind).toBe('unknown')
    expect(await world.oauth.devices.submit(requestWith(undefined), BOB, code)).toEqual({ kind: 'too_often', retryAfterMs: 900_000 })
    expect((await world.oauth.devices.submit(requestWith(undefined), ALICE, code)).kind).toBe('found')
    world.clock.moveBy(900_001)
    expect((await world.oauth.devices.submit(requestWith(undefined), BOB, 'BBBB-BBBB')).kind).toBe('unknown')
  })

  it('is over with its time', async () => {
    const code = (await start())['user_code'] ?? ''
    world.clock.moveBy(601_000)
    expect((await world.oauth.devices.submit(requestWith(undefined), ALICE, code)).kind).toBe('unknown')
  })
})
