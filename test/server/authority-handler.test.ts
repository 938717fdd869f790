import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { expect, onTestFinished, test } from 'vitest'
import { authorityHandler } from '../../src/authority/server/authority-handler.ts'
import { ManualTime } from '../issuance/manual-time.ts'

interface Served {
  readonly time: ManualTime
  ask(path: string, headers?: Record<string, string>): Promise<{ readonly status: number | undefined; readonly body: string; readonly headers: IncomingMessage['headers'] }>
}

async function served(behindProxy: boolean): Promise<Served> {
  const time = new ManualTime()
  const app = new Hono()
  app.get('*', (c) => c.text('page'))
  app.post('*', (c) => c.text('ours'))
  const server = createServer(authorityHandler({
    url: 'https://postern.acme.com', behindProxy, clock: time, app, ownOauthPaths: new Set(['/oauth2/revoke']),
    oauth: (_request, response) => void response.end('oauth'),
  }))
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => new Promise<void>((resolve) => { server.close(() => resolve()); server.closeAllConnections() }))
  const { port } = server.address() as AddressInfo
  const ask: Served['ask'] = (path, headers = {}) => new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method: path.includes('revoke') ? 'POST' : 'GET', headers: { host: 'postern.acme.com', ...headers } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk }).on('end', () => resolve({ status: response.statusCode, body, headers: response.headers }))
    })
    sent.on('error', reject).end()
  })
  return { time, ask }
}

test('each path goes to the one who answers it', async () => {
  const { ask } = await served(false)
  const bodies = await Promise.all(['/', '/oauth2/token', '/oauth2/revoke', '/.well-known/oauth-authorization-server', '/oauth2x'].map(async (path) => (await ask(path)).body))
  expect(bodies).toEqual(['page', 'oauth', 'ours', 'oauth', 'page'])
})

test.each([
  ['another host', { host: 'evil.example' }, false, 421],
  ['our host in other letters', { host: 'POSTERN.acme.com' }, false, 200],
  ['a forwarded host without a load balancer', { host: 'evil.example', 'x-forwarded-host': 'postern.acme.com' }, false, 421],
  ['a load balancer’s forwarded host', { host: '10.0.0.1', 'x-forwarded-host': 'postern.acme.com' }, true, 200],
  ['another forwarded host', { host: 'postern.acme.com', 'x-forwarded-host': 'evil.example' }, true, 421],
])('%s: %j', async (_, headers, behindProxy, status) => {
  const { ask } = await served(behindProxy)
  expect((await ask('/', headers)).status).toBe(status)
})

test('one address begins so many requests a minute; others, tokens and what was begun are not held up', async () => {
  const { ask, time } = await served(true)
  const from = (address: string) => ({ 'x-forwarded-host': 'postern.acme.com', 'x-forwarded-for': `1.2.3.4, ${address}` })
  for (let n = 0; n < 600; n += 1) expect((await ask('/oauth2/par', from('10.0.0.1'))).status).toBe(200)
  const refused = await ask('/oauth2/authorize?x=1', from('10.0.0.1'))
  expect([refused.status, refused.headers['retry-after'], JSON.parse(refused.body)]).toEqual([429, '60', expect.objectContaining({ error: 'temporarily_unavailable' })])
  expect((await ask('/oauth2/authorize?x=1', from('10.0.0.2'))).status).toBe(200)
  expect((await ask('/oauth2/token', from('10.0.0.1'))).status).toBe(200)
  expect((await ask('/oauth2/authorize/uid', from('10.0.0.1'))).status).toBe(200)
  await time.advance(60_000)
  expect((await ask('/oauth2/device', from('10.0.0.1'))).status).toBe(200)
})
