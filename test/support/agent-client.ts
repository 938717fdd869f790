import { connect as connectSocket, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import type { PosternWorld } from './postern-world.ts'
import { Wire, type Answer } from './wire.ts'

/** What a request has beside its method and target. */
export interface RequestParts {
  /** Lines without their ends: `Accept: text/plain`. */
  readonly fields?: readonly string[]
  readonly body?: string | Buffer
  /** `Content-Type` of the body; JSON unless it says otherwise. */
  readonly type?: string
}

/** The bytes of one request. Content-Length is added where there is a body. */
export function requestBytes(method: string, target: string, host: string, { fields = [], body, type = 'application/json' }: RequestParts = {}): Buffer {
  const content = Buffer.from(body ?? '')
  const framing = body === undefined ? [] : [`Content-Type: ${type}`, `Content-Length: ${content.length}`]
  const head = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'User-Agent: test-agent', ...fields, ...framing, '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), content])
}

/** An agent with code execution: it writes what it likes on sockets of its own, and keeps every byte it is ever sent. */
export class TestAgent {
  readonly seen: Buffer[] = []
  readonly #world: Pick<PosternWorld, 'port' | 'bundle'>
  readonly #token: string | undefined
  readonly #open = new Set<Wire>()
  /** The bundle that agents are given. */
  readonly #trust: SecureContext

  /** @param token its delegation token; undefined for an agent that shows none */
  constructor(world: Pick<PosternWorld, 'port' | 'bundle'>, token: string | undefined) {
    this.#world = world
    this.#token = token
    this.#trust = createSecureContext({ ca: readFileSync(world.bundle) })
  }

  /** A connection to the listener, nothing sent. */
  async connect(): Promise<Wire> {
    return this.#wire(await connected(this.#world.port))
  }

  /** A request by base URL, on a connection of its own. */
  async reverse(method: string, path: string, { fields = [], ...parts }: RequestParts = {}): Promise<Answer> {
    return this.raw(requestBytes(method, path, `127.0.0.1:${this.#world.port}`, { ...parts, fields: [...this.#proof('Authorization'), ...fields] }))
  }

  /** A request in absolute form, on a connection of its own. */
  async absolute(method: string, url: string, { fields = [], ...parts }: RequestParts = {}): Promise<Answer> {
    const host = /^https?:\/\/([^/?#]*)/.exec(url)?.[1] ?? ''
    return this.raw(requestBytes(method, url, host, { ...parts, fields: [...this.#proof('Proxy-Authorization'), ...fields] }))
  }

  /** Bytes as they are, on a connection of their own. */
  async raw(bytes: string | Buffer): Promise<Answer> {
    const wire = await this.connect()
    const answer = await wire.ask(bytes)
    wire.close()
    return answer
  }

  /** The answer to a CONNECT, and the connection. */
  async connectTo(authority: string, fields: readonly string[] = this.#proof('Proxy-Authorization')): Promise<{ readonly wire: Wire; readonly head: Answer; readonly socket: Socket }> {
    const socket = await connected(this.#world.port)
    const wire = this.#wire(socket)
    wire.send([`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`, ...fields, '', ''].join('\r\n'))
    const text = await wire.until(/^HTTP\/1\.1 [0-9]{3} [^\r]*\r\n(?:[^\r]+\r\n)*\r\n/).catch(() => '')
    const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(text)?.[1] ?? 0)
    const rest = status === 200 ? '' : await wire.until(/\}\s*$/).catch(() => '')
    return { wire, socket, head: { status, fields: [], body: rest, code: /"code":"([a-z_]+)"/.exec(rest)?.[1], whole: true } }
  }

  /** An intercepted tunnel, verified against the bundle that agents are given. */
  async tunnel(host: string, options: { readonly port?: number; readonly servername?: string; readonly fields?: readonly string[] } = {}): Promise<Wire> {
    const { socket, head } = await this.connectTo(`${host}:${options.port ?? 443}`, options.fields ?? this.#proof('Proxy-Authorization'))
    if (head.status !== 200) throw new Error(`CONNECT was refused: ${head.status} ${head.body}`)
    socket.removeAllListeners('data')
    const tls = connectTls({
      socket,
      secureContext: this.#trust,
      host,
      ...(options.servername === '' ? {} : { servername: options.servername ?? host }),
      ALPNProtocols: ['http/1.1'],
      // The name that counts is the tunnel's, whatever server name was sent.
      checkServerIdentity: (_, { subjectaltname }) => (subjectaltname === `DNS:${host.toLowerCase()}` ? undefined : new Error(`a certificate for ${subjectaltname}`)),
    })
    await new Promise<void>((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject).once('close', () => reject(new Error('the tunnel ended in the handshake'))))
    return this.#wire(tls)
  }

  /** One call through a tunnel of its own, as clients with HTTPS_PROXY make it. */
  async call(method: string, url: string, parts: RequestParts = {}): Promise<Answer> {
    const { hostname, pathname, search } = new URL(url)
    const wire = await this.tunnel(hostname)
    const answer = await wire.ask(requestBytes(method, `${pathname}${search}`, hostname, parts))
    wire.close()
    return answer
  }

  /** Ends every connection that is still open. */
  close(): void {
    for (const wire of this.#open) wire.close()
  }

  #proof(field: string): readonly string[] {
    return this.#token === undefined ? [] : [`${field}: Bearer ${this.#token}`]
  }

  #wire(socket: ConstructorParameters<typeof Wire>[0]): Wire {
    const wire = new Wire(socket, (bytes) => void this.seen.push(bytes))
    this.#open.add(wire)
    void wire.closed.then(() => this.#open.delete(wire))
    return wire
  }
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
