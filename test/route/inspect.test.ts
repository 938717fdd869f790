import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../../src/http/request.ts'
import type { Denial } from '../../src/model/denial.ts'
import type { AgentId } from '../../src/model/ids.ts'
import type { Inspection } from '../../src/proxy/exchange.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import { Http1Client } from '../../src/proxy/listener/http1-client.ts'
import { stageResult } from '../support/stage-result.ts'
import { inspectStage } from '../../src/proxy/route/inspect.ts'
import { ManualTime } from '../issuance/manual-time.ts'
import { TestClient } from '../support/test-client.ts'
import { request, routed, snapshot } from './fixture.ts'

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

function world(over: { maxBodyBytes?: number; maxTotalBytes?: number } = {}) {
  const time = new ManualTime()
  return { time, stage: inspectStage({ timers: time, maxBodyBytes: 1_000, timeoutMs: 30_000, maxTotalBytes: 10_000, ...over }) }
}

/** A request whose body the catalogue has to look at. */
function creates(body: string, over: Partial<CanonicalRequest> = {}, client = new TestClient(new PassThrough().end(body))) {
  const creation = request({ method: 'POST', path: '/api/v1/tickets', contentType: JSON_TYPE, framing: { kind: 'length', bytes: body.length }, ...over })
  return routed({ request: creation, client })
}

describe('where nobody looks at the body', () => {
  it('is synchronous and leaves the body unread', () => {
    const { stage } = world()
    const incoming = new PassThrough()
    const client = new TestClient(incoming)
    const exchange = routed({ request: request({ method: 'POST', path: '/api/v1/search', contentType: JSON_TYPE, framing: { kind: 'chunked' } }), client })
    expect(stage.run(exchange)).toMatchObject({ operation: { name: 'POST /api/v1/search' }, body: undefined })
    expect(incoming.listenerCount('data')).toBe(0)
    expect(client.continued).toBe(0)
  })

  it('is synchronous where there is no body to read', () => {
    const { stage } = world()
    expect(stage.run(creates('', { framing: { kind: 'none' } }))).toMatchObject({
      operation: { targets: { kind: 'unresolved', reason: 'the body has no project' } }, body: { format: 'empty' },
    })
  })
})

describe('where the catalogue looks at the body', () => {
  it('gives the whole operation and the very bytes, after the client was told to go on', async () => {
    const { stage } = world()
    const body = '{ "project": "acme-corp/backend" }'
    const client = new TestClient(new PassThrough().end(body))
    const inspection = await stage.run(creates(body, {}, client)) as Inspection
    expect(inspection.operation.targets).toEqual({ kind: 'named', names: ['acme-corp/backend'] })
    expect(inspection.body?.bytes.toString()).toBe(body)
    expect(client.continued).toBe(1)
  })

  it.each([
    ['a name given twice', '{"project":"a","project":"b"}', {}, 'body_refused'],
    ['no JSON', '{', {}, 'body_refused'],
    ['another content type', 'project=a', { contentType: 'text/plain' }, 'body_refused'],
    ['a content coding', '{"project":"a"}', { headers: ['Content-Type', JSON_TYPE, 'Content-Encoding', 'gzip'] }, 'body_refused'],
    ['a credential field', '{"project":"a","Access_Token":"x"}', {}, 'client_credential_refused'],
    ['an escaped credential field', '{"project":"a","api\\u005fkey":"x"}', {}, 'client_credential_refused'],
    ['another method in its JSON', '{"project":"a","_method":"DELETE"}', {}, 'request_ambiguous'],
    ['another method in its form', 'project=a&%5fmethod=DELETE', { contentType: FORM_TYPE }, 'request_ambiguous'],
    ['a form with an encoded credential field', 'project=a&api%5fkey=x', { contentType: FORM_TYPE }, 'client_credential_refused'],
  ] as const)('refuses a body with %s', async (_, body, over, code) => {
    const { stage } = world()
    expect(await stage.run(creates(body, over))).toMatchObject({ denial: code })
  })

  it('refuses a declared length beyond the bound without reading', () => {
    const { stage } = world()
    const client = new TestClient(new PassThrough().end('{}'))
    const exchange = creates('{}', { framing: { kind: 'length', bytes: 1_001 } }, client)
    expect(stage.run(exchange)).toMatchObject({ denial: 'body_too_large' })
    expect(client.continued).toBe(0)
  })

  it('stops reading a chunked body at the bound', async () => {
    const { stage } = world()
    const exchange = creates('x'.repeat(1_001), { framing: { kind: 'chunked' } })
    expect(await stage.run(exchange)).toMatchObject({ denial: 'body_too_large' })
    expect(exchange.client.body.isPaused()).toBe(true)
  })

  it('does not wait for ever', async () => {
    const { stage, time } = world()
    const incoming = new PassThrough()
    incoming.write('{"project":')
    const exchange = { ...creates('', { framing: { kind: 'length', bytes: 20 } }), client: new TestClient(incoming) }
    const waiting = stage.run(exchange)
    await time.advance(30_000)
    expect(await waiting).toMatchObject({ denial: 'request_timeout' })
    expect(time.pending).toBe(0)
  })

  it('notices a body that ends without its end', async () => {
    const { stage } = world()
    const incoming = new PassThrough()
    incoming.write('{"project":')
    const waiting = stage.run({ ...creates('', { framing: { kind: 'length', bytes: 20 } }), client: new TestClient(incoming) })
    incoming.destroy()
    expect(await waiting).toMatchObject({ denial: 'request_malformed', detail: 'the client broke off before the end of the body' })
  })

  it('does not begin with a client that has left', () => {
    const { stage } = world()
    const client = new TestClient()
    client.leave()
    const exchange = creates('{}', {}, client)
    expect(stage.run(exchange)).toMatchObject({ denial: 'request_malformed' })
  })

  it('bounds what all bodies take together, until the exchanges are over', async () => {
    const { stage } = world({ maxTotalBytes: 30 })
    const client = new TestClient(new PassThrough().end('{"project":"first"}'))
    const first = creates('', { framing: { kind: 'length', bytes: 19 } }, client)
    expect(await stage.run(first)).toMatchObject({ operation: {} })
    expect(stage.run(creates('{"project":"second"}'))).toMatchObject({ denial: 'overloaded', retryAfterMs: 1_000 })
    client.close()
    expect(await stage.run(creates('{"project":"second"}'))).toMatchObject({ operation: {} })
  })

  it('lets no agent take the room of others by sending slowly', () => {
    const { stage } = world({ maxBodyBytes: 100, maxTotalBytes: 400 })
    const slow = () => ({ ...creates('', { framing: { kind: 'chunked' } }), client: new TestClient(new PassThrough()) })
    expect(stage.run(slow())).toBeInstanceOf(Promise)
    expect(stage.run(slow())).toMatchObject({ denial: 'overloaded' })
    const other = { ...slow(), principal: { ...slow().principal, agent: 'agent:other' as AgentId } }
    expect(stage.run(other)).toBeInstanceOf(Promise)
  })

  it('gives back what a chunked body did not need', async () => {
    const { stage } = world({ maxBodyBytes: 100, maxTotalBytes: 480 })
    const chunked = () => creates('{"a":1}', { framing: { kind: 'chunked' } })
    for (let call = 0; call < 3; call += 1) expect(await stage.run(chunked())).toMatchObject({ operation: {} })
    expect(stage.run(chunked())).toMatchObject({ denial: 'overloaded' })
  })

  it('judges a body up to the configured bound', async () => {
    const { stage } = world({ maxBodyBytes: 3_000_000, maxTotalBytes: 9_000_000 })
    const project = 'a'.repeat(200)
    expect(await stage.run(creates(`{"project":"${project}"${' '.repeat(2_000_000)}}`))).toMatchObject({ operation: { targets: { names: [project] } } })
  })
})

describe('where a rule looks at the body', () => {
  it('reads it, though the catalogue need not', async () => {
    const { stage } = world()
    const exchange = { ...creates('{"text":"hi"}', { path: '/api/v1/search' }), snapshot: snapshot({ needsBody: () => true }) }
    expect(await stage.run(exchange)).toMatchObject({ operation: { name: 'POST /api/v1/search' }, body: { format: 'json', value: { text: 'hi' } } })
  })
})

describe('a form that nobody judges', () => {
  const form = (body: string, over: Partial<CanonicalRequest> = {}) => creates(body, { path: '/api/v1/search', contentType: FORM_TYPE, ...over })

  it('may have a name twice, and goes on as the same bytes', async () => {
    const { stage } = world()
    const inspection = await stage.run(form('MediaUrl=a&MediaUrl=b')) as Inspection
    expect(inspection.body?.bytes.toString()).toBe('MediaUrl=a&MediaUrl=b')
  })

  it.each(['access_token=x', 'a=b&Access%5Ftoken=x', 'a=b;api_key=x', '{"a":"b","access_token":"x"}', ' {"access\\u005ftoken":"x"}', '\ufeff{"api_key":1,"api_key":2}'])('may not carry a credential: %s', async (body) => {
    const { stage } = world()
    expect(await stage.run(form(body))).toMatchObject({ denial: 'client_credential_refused' })
  })

  it('may be JSON, as curl sends it', async () => {
    const { stage } = world()
    const inspection = await stage.run(form('{"q":"a b"}')) as Inspection
    expect(inspection.body?.bytes.toString()).toBe('{"q":"a b"}')
  })

  it('may not hide its names in a content coding', async () => {
    const { stage } = world()
    expect(await stage.run(form('xx', { headers: ['Content-Type', FORM_TYPE, 'Content-Encoding', 'gzip'] }))).toMatchObject({ denial: 'body_refused' })
  })
})

describe('on real sockets', () => {
  /** Serves one request through the stage. */
  async function serve(use: (port: number, arrived: Promise<void>) => Promise<void>): Promise<Inspection | Denial> {
    const { stage } = world()
    const outcome = Promise.withResolvers<Inspection | Denial>()
    const arrived = Promise.withResolvers<void>()
    const server = createServer((incoming, response) => run(incoming, response))
    server.on('checkContinue', (incoming: IncomingMessage, response: ServerResponse) => run(incoming, response, true))
    function run(incoming: IncomingMessage, response: ServerResponse, expectsContinue = false): void {
      const creation = request({ method: 'POST', path: '/api/v1/tickets', contentType: JSON_TYPE, framing: { kind: 'chunked' } })
      const client = new Http1Client(incoming, response, { expectsContinue, acceptsTrailers: false, hasBody: true }, systemTimers)
      const exchange = routed({ request: creation, client })
      stageResult(stage.run(exchange)).then(outcome.resolve, outcome.reject).finally(() => response.end())
      arrived.resolve()
    }
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      await use((server.address() as AddressInfo).port, arrived.promise)
      return await outcome.promise
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  it('sends 100 Continue before it reads', async () => {
    const inspection = await serve(async (port) => {
      const client = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers: { expect: '100-continue', 'content-type': JSON_TYPE } })
      client.on('error', () => undefined)
      client.flushHeaders()
      await once(client, 'continue')
      client.end('{"project":"acme-corp/backend"}')
    })
    expect(inspection).toMatchObject({ operation: { targets: { kind: 'named', names: ['acme-corp/backend'] } } })
  })

  it('notices a client that breaks off', async () => {
    const denial = await serve(async (port, arrived) => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write('POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"pro\r\n')
      await arrived
      socket.resetAndDestroy()
    })
    expect(denial).toMatchObject({ denial: 'request_malformed' })
  })
})
