/** The version in every message but those of the password's exchange. */
export const SOCKS_VERSION = 5
const PASSWORD_VERSION = 1

/** RFC 1928 section 3. */
export const SOCKS_METHODS = { none: 0x00, password: 0x02, noneAcceptable: 0xff } as const

/** RFC 1928 section 4. */
export const SOCKS_CONNECT = 1

/** What a client may say next. */
export type SocksPhase = 'greeting' | 'password' | 'request'

/** One message of a client's. */
export type SocksMessage =
  | { readonly kind: 'greeting'; readonly methods: readonly number[] }
  /** RFC 1929; Latin-1. */
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** `host` is the text of a name, Latin-1 and not judged; undefined where an address was sent. */
  | { readonly kind: 'request'; readonly command: number; readonly host: string | undefined; readonly port: number }
  /** A sentence of ours. */
  | { readonly kind: 'malformed'; readonly problem: string }

const IPV4 = 1
const NAME = 3
const IPV6 = 4
const IPV4_BYTES = 4
const IPV6_BYTES = 16
const NOTHING = Buffer.alloc(0)

/** A message and how many bytes it took; undefined where more have to come. */
type Read = { readonly message: SocksMessage; readonly length: number } | undefined

/**
 * Reads what a SOCKS5 client says, as it comes. No message is longer than 513 bytes.
 * @see RFC 1928, RFC 1929
 */
export class SocksReader {
  #bytes: Buffer = NOTHING

  /** What was pushed and no message has taken. */
  get rest(): Buffer {
    return this.#bytes
  }

  push(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
  }

  /** @returns undefined where the message is not whole yet */
  next(phase: SocksPhase): SocksMessage | undefined {
    const read = phase === 'greeting' ? readGreeting(this.#bytes) : phase === 'password' ? readPassword(this.#bytes) : readAsked(this.#bytes)
    if (read === undefined) return undefined
    this.#bytes = this.#bytes.subarray(read.length)
    return read.message
  }
}

function malformed(problem: string): Read {
  return { message: { kind: 'malformed', problem }, length: 0 }
}

function readGreeting(bytes: Buffer): Read {
  const [version, count] = bytes
  if (version === undefined) return undefined
  if (version !== SOCKS_VERSION) return malformed('it is not SOCKS5')
  if (count === undefined) return undefined
  if (count === 0) return malformed('the greeting names no method')
  const length = 2 + count
  return bytes.length < length ? undefined : { message: { kind: 'greeting', methods: [...bytes.subarray(2, length)] }, length }
}

function readPassword(bytes: Buffer): Read {
  const [version, userBytes] = bytes
  if (version === undefined) return undefined
  if (version !== PASSWORD_VERSION) return malformed('the password’s exchange is of another version')
  if (userBytes === undefined) return undefined
  const passwordAt = 2 + userBytes
  const passwordBytes = bytes[passwordAt]
  if (passwordBytes === undefined) return undefined
  const length = passwordAt + 1 + passwordBytes
  if (bytes.length < length) return undefined
  return { message: { kind: 'password', user: bytes.toString('latin1', 2, passwordAt), password: bytes.toString('latin1', passwordAt + 1, length) }, length }
}

function readAsked(bytes: Buffer): Read {
  const [version, command, reserved, kind, nameBytes] = bytes
  if (version !== undefined && version !== SOCKS_VERSION) return malformed('the request is not SOCKS5')
  if (reserved !== undefined && reserved !== 0) return malformed('the reserved byte of the request is not 0')
  if (command === undefined || kind === undefined || nameBytes === undefined) return undefined
  if (kind === NAME && nameBytes === 0) return malformed('the name in the request is empty')
  const portAt = portPlace(kind, nameBytes)
  if (portAt === undefined) return malformed('the request has an address of no known kind')
  const length = portAt + 2
  if (bytes.length < length) return undefined
  const host = kind === NAME ? bytes.toString('latin1', 5, portAt) : undefined
  return { message: { kind: 'request', command, host, port: bytes.readUInt16BE(portAt) }, length }
}

function portPlace(kind: number, nameBytes: number): number | undefined {
  switch (kind) {
    case IPV4: return 4 + IPV4_BYTES
    case IPV6: return 4 + IPV6_BYTES
    case NAME: return 5 + nameBytes
    default: return undefined
  }
}
