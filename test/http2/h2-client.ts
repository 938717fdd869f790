import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { openConnect, type Harness } from '../listener/harness.ts'

/** How a stream ended, with everything that came on it. */
export interface H2Answer {
  readonly status: number | undefined
  /** Name, value, name, value … without pseudo-header fields. */
  readonly fields: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
  readonly interim: readonly number[]
  /** The name of the error that the stream was reset with. */
  readonly reset: string | undefined
  /** The answer was its head alone. */
  readonly headOnly: boolean
  readonly aborted: boolean
}

const NAMES = new Map(Object.entries(constants).filter(([name]) => /^NGHTTP2_(NO_ERROR|[A-Z_0-9]+)$/.test(name) && !/FLAG|SETTINGS|HCAT|NV|DEFAULT|ERR_|SESSION/.test(name)).map(([name, code]) => [code, name]))

/** Reads a stream to its end. */
export function settled(stream: ClientHttp2Stream): Promise<H2Answer> {
  return new Promise((resolve) => {
    const answer = { status: undefined as number | undefined, fields: [] as string[], body: '', trailers: [] as readonly string[], interim: [] as number[], headOnly: false, aborted: false }
    stream.on('headers', (headers) => answer.interim.push(Number(headers[':status'])))
    stream.on('response', (headers, flags, fields: readonly string[]) => {
      answer.status = Number(headers[':status'])
      answer.fields = plain(fields)
      answer.headOnly = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    })
    stream.on('trailers', (_headers, _flags, fields: readonly string[]) => { answer.trailers = plain(fields) })
    stream.setEncoding('latin1')
    stream.on('data', (chunk: string) => { answer.body += chunk })
    stream.on('aborted', () => { answer.aborted = true })
    stream.on('error', () => undefined)
    stream.on('close', () => resolve({ ...answer, reset: stream.rstCode === 0 ? undefined : (NAMES.get(stream.rstCode) ?? String(stream.rstCode)) }))
  })
}

function plain(fields: readonly string[]): string[] {
  return fields.slice(fields[0]?.startsWith(':') === true ? 2 : 0)
}

/** One field's values. */
export function valuesOf(fields: readonly string[], name: string): readonly string[] {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === name)
}

/** Asks once. @param fields an object, or names and values in turn as they shall stand on the wire */
export function ask(session: ClientHttp2Session, fields: OutgoingHttpHeaders | readonly string[], body?: string | Buffer): Promise<H2Answer> {
  const stream = session.request(fields, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return settled(stream)
}

/** HTTP/2 on a socket that has agreed on it. */
export async function sessionOn(socket: TLSSocket, host: string): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://${host}`, { createConnection: () => socket })
  session.on('error', () => undefined)
  await new Promise((resolve, reject) => session.once('remoteSettings', resolve).once('error', reject).once('close', () => reject(new Error('closed before its settings'))))
  return session
}

/** TLS through a tunnel of the harness, offering `h2`. */
export async function tlsThroughTunnel(harness: Pick<Harness, 'listener' | 'roots'>, target: string, options: { readonly servername?: string; readonly fields?: string; readonly protocols?: readonly string[] } = {}): Promise<TLSSocket> {
  const { socket, head } = await openConnect(harness.listener.port, target, options.fields)
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(head)
  const host = target.split(':')[0] ?? ''
  return handshake(connectTls({
    socket, ca: harness.roots, servername: options.servername ?? host, ALPNProtocols: [...(options.protocols ?? ['h2'])],
    // The name is that of the tunnel, whatever server name was sent.
    checkServerIdentity: (_, certificate) => (certificate.subjectaltname === `DNS:${host}` ? undefined : new Error(`a certificate for ${certificate.subjectaltname}`)),
  }))
}

export function handshake(socket: TLSSocket): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** HTTP/2 in a tunnel. */
export async function sessionThroughTunnel(harness: Pick<Harness, 'listener' | 'roots'>, target: string, options: { readonly servername?: string; readonly fields?: string } = {}): Promise<ClientHttp2Session> {
  return sessionOn(await tlsThroughTunnel(harness, target, options), target.split(':')[0] ?? '')
}
