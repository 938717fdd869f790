import { createServer, type Server, type Socket } from 'node:net'
import { canonicalHost } from '../../http/host.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import { newId } from '../../model/ids.ts'
import type { BoundAgent, Proofs } from '../exchange.ts'
import { heldBy, openTunnel, tunnelBound, type ConnectContext } from './connect.ts'
import type { Connection } from './connection.ts'
import { refuse } from './refuse.ts'
import { SOCKS_CONNECT, SOCKS_METHODS, SOCKS_VERSION, SocksReader, type SocksMessage, type SocksPhase } from './socks-reader.ts'
import { refuseSocks, SOCKS_REPLIES, SOCKS_SPEECH, socksReply, type SocksReply } from './socks-speech.ts'

/** What the SOCKS door needs of the listener around it. */
export interface SocksContext extends ConnectContext {
  readonly bound: BoundAgent | undefined
  /** What comes crosses a network: SOCKS5 has no TLS. */
  readonly exposed: boolean
  /** Takes a connection: bounded and drained as any other. @returns undefined where there is no room for it */
  adopt(socket: Socket): Connection | undefined
}

const PASSWORD_VERSION = 1
const PASSWORD_TAKEN = Buffer.from([PASSWORD_VERSION, 0])
const PASSWORD_REFUSED = Buffer.from([PASSWORD_VERSION, 1])
const TOKEN = /^[\x21-\x7e]{1,255}$/

/**
 * SOCKS5 as one more way to ask for what a CONNECT asks for, for tools that know no other: a name and a port, and the agent's proof as
 * the password. From there on it is a CONNECT.
 * @see RFC 1928, RFC 1929
 */
export function socksServer(context: SocksContext): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = context.adopt(socket)
    if (connection !== undefined) new SocksConversation(context, connection, socket).begin()
  })
  server.on('drop', () => context.deps.sink.dropped())
  return server
}

/** One client until it has said where it wants to go. */
class SocksConversation {
  readonly #context: SocksContext
  readonly #connection: Connection
  readonly #socket: Socket
  readonly #reader = new SocksReader()
  readonly #times: { readonly receivedAtMs: number; readonly startedMonotonicMs: number }
  #phase: SocksPhase = 'greeting'
  #token: string | undefined
  #cancel: () => void = () => undefined

  constructor(context: SocksContext, connection: Connection, socket: Socket) {
    this.#context = context
    this.#connection = connection
    this.#socket = socket
    const { clock } = context.deps
    this.#times = { receivedAtMs: clock.nowMs(), startedMonotonicMs: clock.monotonicMs() }
  }

  begin(): void {
    const { limits, deps } = this.#context
    this.#cancel = deps.timers.after(limits.headerTimeoutMs, () => this.#late())
    this.#socket.on('data', this.#onData).once('end', this.#onEnd).once('close', this.#leave)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#reader.push(chunk)
    for (;;) {
      const message = this.#reader.next(this.#phase)
      if (message === undefined || !this.#take(message)) return
    }
  }

  readonly #onEnd = (): void => void this.#socket.destroy()

  readonly #leave = (): void => {
    this.#cancel()
    this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#leave)
  }

  /** @returns whether the client may say more */
  #take(message: SocksMessage): boolean {
    switch (message.kind) {
      case 'malformed':
        this.#refuse(deny('request_malformed', `SOCKS5: ${message.problem}`), undefined)
        return false
      case 'greeting':
        return this.#greet(message.methods)
      case 'password':
        return this.#takeToken(message.password)
      case 'request':
        this.#leave()
        this.#socket.pause()
        this.#open(message)
        return false
    }
  }

  /** A client that names the password's exchange has a proof to show. One without is let in where the listener itself says who it is. */
  #greet(methods: readonly number[]): boolean {
    const method = methods.includes(SOCKS_METHODS.password)
      ? SOCKS_METHODS.password
      : this.#context.bound !== undefined && methods.includes(SOCKS_METHODS.none) ? SOCKS_METHODS.none : SOCKS_METHODS.noneAcceptable
    const answer = Buffer.from([SOCKS_VERSION, method])
    if (method === SOCKS_METHODS.noneAcceptable) {
      this.#refuse(deny('identity_required', 'SOCKS5: the client offers no password'), answer)
      return false
    }
    this.#phase = method === SOCKS_METHODS.password ? 'password' : 'request'
    this.#socket.write(answer)
    return true
  }

  /** Only its form: whose it is, is judged with the request, as for a CONNECT. */
  #takeToken(password: string): boolean {
    if (!TOKEN.test(password)) {
      this.#refuse(deny('token_invalid', 'SOCKS5: the password is no token'), PASSWORD_REFUSED)
      return false
    }
    this.#token = password
    this.#phase = 'request'
    this.#socket.write(PASSWORD_TAKEN)
    return true
  }

  #open({ command, host: name, port }: Extract<SocksMessage, { readonly kind: 'request' }>): void {
    const context = this.#context
    const unsupported = command !== SOCKS_CONNECT
      ? this.#reply(deny('method_refused', 'SOCKS5: a command other than CONNECT'), SOCKS_REPLIES.commandNotSupported)
      : name === undefined
        ? this.#reply(deny('host_refused', 'SOCKS5: an address where a name is needed; the client resolves names itself (socks5h, --socks5-hostname)'), SOCKS_REPLIES.addressNotSupported)
        : undefined
    if (unsupported !== undefined || name === undefined) return
    const denial = tunnelBound(context) ?? hostProblem(name, port)
    if (isDenial(denial)) return this.#reply(denial, SOCKS_REPLIES.failure, `${name}:${port}`)
    openTunnel({
      context,
      socket: this.#socket,
      head: this.#reader.rest,
      speech: SOCKS_SPEECH,
      connect: { id: newId('dec'), host: denial.host, port, proofs: this.#proofs(), connection: heldBy(this.#socket, this.#connection), ...this.#times },
    })
  }

  #proofs(): Proofs {
    const { bound, exposed } = this.#context
    return { token: this.#token, delegationToken: undefined, certificate: undefined, bound, exposed: exposed || undefined }
  }

  #reply(denial: Denial, reply: SocksReply, host?: string): void {
    this.#refuse(denial, socksReply(reply), host)
  }

  #refuse(denial: Denial, last: Buffer | undefined, host?: string): void {
    const { deps } = this.#context
    this.#leave()
    refuse(deps, denial, { door: 'connect', method: 'CONNECT', host, ...this.#times })
    if (last === undefined) this.#socket.destroy()
    else refuseSocks(this.#socket, last, deps.timers)
  }

  /** Who never said a word is not worth a record, as in HTTP. */
  #late(): void {
    if (this.#socket.bytesRead > 0) return this.#refuse(deny('request_timeout', 'SOCKS5: the request did not arrive in time'), undefined)
    this.#leave()
    this.#socket.destroy()
  }
}

function hostProblem(name: string, port: number): { readonly host: string } | Denial {
  const host = canonicalHost(name)
  if (host === undefined) return deny('host_refused', 'SOCKS5: the name in the request is no plain DNS name')
  return port === 0 ? deny('host_refused', 'SOCKS5: port 0') : { host }
}
