import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTickets, type Tickets } from '../../src/demo/tickets/start-tickets.ts'
import { fetchTrusting, type TrustingFetch } from '../support/standins.ts'

describe('the internal API of the demo', () => {
  let tickets: Tickets
  let http: TrustingFetch

  beforeAll(async () => {
    tickets = await startTickets()
    http = fetchTrusting(tickets.caPem)
  })
  afterAll(async () => {
    await http.close()
    await tickets.close()
  })

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => http.fetch(tickets.origin + path, { headers })
  const bearer = (): Record<string, string> => ({ authorization: `Bearer ${key()}` })
  const key = (): string => tickets.key
  const basic = (password: string): string => `Basic ${Buffer.from(`agent:${password}`).toString('base64')}`

  it.each([
    ['bearer', () => get('/v1/tickets', { authorization: `Bearer ${key()}` })],
    ['token', () => get('/v1/tickets', { authorization: `token ${key()}` })],
    ['basic', () => get('/v1/tickets', { authorization: basic(key()) })],
    ['x-api-key', () => get('/v1/tickets', { 'x-api-key': key() })],
    ['query', () => get(`/v1/tickets?api_key=${key()}`)],
    ['path', () => get(`/bot${key()}/v1/tickets`)],
  ])('takes its key as %s, and says so in the log', async (place, send: () => Promise<Response>) => {
    const response = await send()
    const body = (await response.json()) as { tickets: object[] }
    expect([response.status, body.tickets.length]).toEqual([200, 3])
    expect(tickets.log.last).toMatchObject({ operation: 'GET /v1/tickets', authenticatedAs: 'key', grants: { places: [place] } })
  })

  it.each([
    ['no key', () => get('/v1/tickets')],
    ['a wrong key', () => get('/v1/tickets', { authorization: 'Bearer x' })],
    ['a wrong key beside a right one', () => get(`/v1/tickets?api_key=${key()}`, { 'x-api-key': 'x' })],
    ['two in the query, one of them wrong', () => get(`/v1/tickets?api_key=${key()}&api_key=x`)],
    ['a wrong key in the path', () => get('/botx/v1/tickets')],
  ])('refuses %s', async (_name, send: () => Promise<Response>) => {
    const response = await send()
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="tickets"'])
    expect(tickets.log.last).toMatchObject({ authenticatedAs: undefined, grants: undefined })
  })

  it.each([
    ['GET', '/v1/tickets/T-9', undefined, 404],
    ['GET', '/v2/tickets', undefined, 404],
    ['DELETE', '/v1/tickets/T-1', undefined, 405],
    ['POST', '/v1/tickets/T-1/comments', '{}', 422],
    ['POST', '/v1/tickets/T-1/comments', '{"text":', 422],
    ['POST', '/v1/tickets/T-1/comments', '{"text":"Done."}', 201],
    ['GET', '/v1/tickets/T-1', undefined, 200],
  ])('answers %s %s with %s by %i', async (method, path, body, status) => {
    const response = await http.fetch(tickets.origin + path, { method, headers: bearer(), ...(body === undefined ? {} : { body }) })
    expect(response.status).toBe(status)
  })

  it('keeps the comments', async () => {
    await http.fetch(`${tickets.origin}/v1/tickets/T-2/comments`, { method: 'POST', body: '{"text":"Seen."}', headers: bearer() })
    expect(await (await get('/v1/tickets/T-2', bearer())).json()).toMatchObject({ comments: [{ id: 'T-2-1', text: 'Seen.' }] })
  })

  it('sends events until the reader leaves', async () => {
    const leave = new AbortController()
    const response = await http.fetch(`${tickets.origin}/v1/tickets/T-1/events`, { headers: bearer(), signal: leave.signal })
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('id: 3')) text += (await reader?.read())?.value ?? 'id: 3'
    leave.abort()
    expect(text).toMatch(/^id: 1\ndata: \{"ticket":"T-1","event":1,/)
    expect(await tickets.log.ended((entry) => entry.path.endsWith('/events'))).toMatchObject({ status: 200, ended: 'abandoned' })
    expect(tickets.problems).toEqual([])
  })

  it('never gives its key back', async () => {
    for (const path of [`/v1/tickets?api_key=${key()}`, `/bot${key()}/v1/tickets/T-1`, `/v1/tickets/${key()}?api_key=${key()}`]) {
      const response = await get(path)
      expect(JSON.stringify([...response.headers]) + (await response.text())).not.toContain(key())
    }
    expect(tickets.canaries()).toEqual([key(), tickets.oauth.clientSecret])
  })
})
