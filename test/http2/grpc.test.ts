import { Metadata, status, type Client, type ServerDuplexStream, type ServerReadableStream, type ServerUnaryCall, type ServerWritableStream, type ServiceError, type sendUnaryData, type StatusObject } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../../src/model/ids.ts'
import { METHODS, startGrpcWorld, type GrpcWorld } from './grpc-world.ts'

const LARGE = 'x'.repeat(1_000_000)
const seen: { metadata: Metadata | undefined; cancelled: number; deadline: unknown } = { metadata: undefined, cancelled: 0, deadline: undefined }
const { unary, upload, download, chat, forbidden, unknown } = METHODS

let grpc: GrpcWorld
let client: Client

beforeAll(async () => {
  grpc = await startGrpcWorld({
    unary: (call: ServerUnaryCall<string, string>, callback: sendUnaryData<string>) => {
      seen.metadata = call.metadata
      seen.deadline = call.getDeadline()
      call.on('cancelled', () => { seen.cancelled += 1 })
      if (call.request === 'wait') return
      const trailers = new Metadata()
      trailers.set('x-sum', 'abc')
      if (call.request === 'fail') callback({ code: status.NOT_FOUND, details: 'no such thing: 100 %', metadata: trailers })
      else callback(null, `echo ${call.request}`, trailers)
    },
    upload: (call: ServerReadableStream<string, string>, callback: sendUnaryData<string>) => {
      let length = 0
      call.on('data', (text: string) => { length += text.length })
      call.on('end', () => callback(null, String(length)))
    },
    download: (call: ServerWritableStream<string, string>) => {
      call.on('cancelled', () => { seen.cancelled += 1 })
      const [count = '0', text = ''] = call.request.split(' ')
      for (let at = 0; at < Number(count); at += 1) call.write(`${at} ${text}!`)
      if (text !== 'open') call.end()
    },
    chat: (call: ServerDuplexStream<string, string>) => {
      call.on('cancelled', () => { seen.cancelled += 1 })
      call.on('data', (text: string) => {
        if (text === 'bye') call.end()
        else call.write(`you said ${text}`)
      })
      call.on('end', () => call.end())
    },
    forbidden: (_call: unknown, callback: sendUnaryData<string>) => callback(null, 'reached'),
    unknown: (_call: unknown, callback: sendUnaryData<string>) => callback(null, 'reached'),
  })
  client = await grpc.client()
})
afterAll(() => grpc.close())
beforeEach(() => { seen.cancelled = 0 })

interface UnaryEnd {
  readonly answer: string | undefined
  readonly error: ServiceError | null
  readonly status: StatusObject
}

function callUnary(one: Client, which: typeof unary, text: string, options: { readonly deadlineMs?: number } = {}): Promise<UnaryEnd> {
  return new Promise((resolve) => {
    const ended: { answer?: string | undefined; error?: ServiceError | null } = {}
    const given = options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs }
    const call = one.makeUnaryRequest(which.path, which.requestSerialize, which.responseDeserialize, text, new Metadata(), given, (error, answer) => Object.assign(ended, { answer, error }))
    call.on('status', (told: StatusObject) => setImmediate(() => resolve({ answer: ended.answer, error: ended.error ?? null, status: told })))
  })
}

describe('gRPC through an intercepted tunnel', () => {
  it('answers a call, its trailers too, with the credential that was put on', async () => {
    const { answer, status: told } = await callUnary(client, unary, 'hello')
    expect([answer, told.code, told.metadata.get('x-sum')]).toEqual(['echo hello', status.OK, ['abc']])
    expect(seen.metadata?.get('authorization')).toEqual(['Bearer grpc-secret'])
    expect(await grpc.world.recorded(({ operation, event }) => event === 'api.call' && operation === 'POST /acme.v1.Echo/Unary')).toMatchObject({ event: 'api.call', rule: 'pr-reviewer/echo-calls', http: { status: 200 }, outcome: 'ok' })
  })

  it('passes a status of the server’s own, with its words and trailers', async () => {
    const { error, status: told } = await callUnary(client, unary, 'fail')
    expect([error?.code, error?.details, told.metadata.get('x-sum')]).toEqual([status.NOT_FOUND, 'no such thing: 100 %', ['abc']])
  })

  it('passes messages larger than any window, both ways', async () => {
    expect((await callUnary(client, unary, LARGE)).answer?.length).toBe(LARGE.length + 5)
  })

  it('streams from the client', async () => {
    const answer = await new Promise<string | undefined>((resolve, reject) => {
      const call = client.makeClientStreamRequest(upload.path, upload.requestSerialize, upload.responseDeserialize, (error, text) => (error === null ? resolve(text) : reject(error)))
      for (let at = 0; at < 20; at += 1) call.write('y'.repeat(100_000))
      call.end()
    })
    expect(answer).toBe('2000000')
  })

  it('streams from the server', async () => {
    const texts: string[] = []
    const call = client.makeServerStreamRequest(download.path, download.requestSerialize, download.responseDeserialize, `50 ${'z'.repeat(20_000)}`)
    const told = await new Promise<StatusObject>((resolve) => {
      call.on('data', (text: string) => texts.push(text))
      call.on('error', () => undefined)
      call.on('status', resolve)
    })
    expect([told.code, texts.length, texts.at(-1)?.slice(0, 4)]).toEqual([status.OK, 50, '49 z'])
  })

  it('streams both ways, each message answered before the next, and either side may end it', async () => {
    for (const end of ['client', 'server'] as const) {
      const call = client.makeBidiStreamRequest(chat.path, chat.requestSerialize, chat.responseDeserialize)
      const told = new Promise<StatusObject>((resolve) => call.on('status', resolve))
      call.on('error', () => undefined)
      const next = (): Promise<string> => new Promise((resolve) => call.once('data', resolve))
      for (const text of ['one', 'two', 'three']) {
        const answer = next()
        call.write(text)
        expect(await answer).toBe(`you said ${text}`)
      }
      call.on('data', () => undefined)
      if (end === 'client') call.end()
      else call.write('bye')
      expect((await told).code).toBe(status.OK)
    }
  })

  it('streams both ways whatever byte a message ends in, the first ones of a credential too', async () => {
    const call = client.makeBidiStreamRequest(chat.path, chat.requestSerialize, chat.responseDeserialize)
    const told = new Promise((resolve) => call.on('status', resolve))
    for (const text of [...Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)), 'gr', 'grpc', '%67', 'Z3J', '6772']) {
      const answer = new Promise((resolve) => call.once('data', resolve))
      call.write(text)
      // Nothing else is on its way: this comes now, or the test ends here.
      expect(await answer).toBe(`you said ${text}`)
    }
    call.end()
    call.resume()
    expect(await told).toMatchObject({ code: status.OK })
  })

  it('tells the server of the deadline, and of a call that is given up', async () => {
    await callUnary(client, unary, 'connected')
    const late = await callUnary(client, unary, 'wait', { deadlineMs: 400 })
    expect(late.error?.code).toBe(status.DEADLINE_EXCEEDED)
    expect(Number(seen.deadline)).toBeLessThan(Date.now() + 1_000)
    const call = client.makeServerStreamRequest(download.path, download.requestSerialize, download.responseDeserialize, '1 open')
    call.on('error', () => undefined)
    await new Promise((resolve) => call.once('data', resolve))
    call.cancel()
    await vi.waitFor(() => expect(seen.cancelled).toBe(2))
  })
})

describe('a call of gRPC that is refused', () => {
  it('by policy is PERMISSION_DENIED, in words, and reaches nobody', async () => {
    const before = seen.metadata
    const { error } = await callUnary(client, forbidden, 'x')
    expect([error?.code, error?.details]).toEqual([status.PERMISSION_DENIED, expect.stringContaining('Policy does not allow this request.')])
    expect(error?.metadata.get('proxy-status')[0]).toMatch(/^postern; error=http_request_denied; details="policy_denied /)
    expect(seen.metadata).toBe(before)
    expect(await grpc.world.recorded(({ operation, event }) => event === 'api.denied' && operation === 'POST /acme.v1.Echo/Forbidden')).toMatchObject({ code: 'policy_denied', outcome: 'denied' })
  })

  it('as no known operation is PERMISSION_DENIED too', async () => {
    expect((await callUnary(client, unknown, 'x')).error).toMatchObject({ code: status.PERMISSION_DENIED, details: expect.stringContaining('no operation that is known') as string })
  })

  it('since its session was revoked is told so on the connection that is open: what was under way is cut, other sessions’ calls go on', async () => {
    const [session, consent] = [newId('ses'), [{ integration: 'echo', scopes: ['echo:read', 'echo:write'], targets: ['**'] }]]
    const revoked = await grpc.client({ token: await grpc.world.token({ session, consent }) })
    const stream = (of: Client): { readonly told: Promise<StatusObject>; readonly begun: Promise<unknown>; cancel(): void } => {
      const call = of.makeServerStreamRequest(download.path, download.requestSerialize, download.responseDeserialize, '1 open')
      call.on('error', () => undefined)
      return { told: new Promise((resolve) => call.on('status', resolve)), begun: new Promise((resolve) => call.once('data', resolve)), cancel: () => call.cancel() }
    }
    const [cut, kept] = [stream(revoked), stream(client)]
    await Promise.all([cut.begun, kept.begun])
    await grpc.world.editConfig((text) => `${text}revoked: { sessions: [${session}] }\n`)
    expect((await cut.told).code).toBe(status.INTERNAL)
    expect((await callUnary(revoked, unary, 'x')).error).toMatchObject({ code: status.PERMISSION_DENIED, details: 'The delegation has been revoked.' })
    expect((await callUnary(client, unary, 'x')).answer).toBe('echo x')
    kept.cancel()
    expect((await kept.told).code).toBe(status.CANCELLED)
    expect(await grpc.world.recorded(({ outcome, event }) => event === 'api.call' && outcome === 'revoked')).toMatchObject({ event: 'api.call', operation: 'POST /acme.v1.Echo/Download' })
  })
})
