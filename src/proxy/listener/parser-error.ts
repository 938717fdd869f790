import { deny, type Denial } from '../../model/denial.ts'

const TLS_RECORD = 0x16
const LF = 0x0a
const REQUEST_LINE = /^[A-Z][A-Z-]{0,30} [!-~]+ HTTP\/1\.[01]\r\n/

/** An error of Node's HTTP parser or of the connection, as `clientError` gives it. */
export interface ClientError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
  /** How far into the packet the parser came. */
  readonly bytesParsed?: number
}

/**
 * What a parser error means for the client.
 * @returns undefined where there is nobody left to answer: the connection broke
 */
export function denialOfParserError(error: ClientError): Denial | undefined {
  const code = error.code ?? ''
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return deny('request_timeout', 'the request did not arrive in time')
    case 'HPE_HEADER_OVERFLOW':
      return deny('headers_too_large', 'request line and header fields over the bound')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return deny('body_too_large', 'chunk extensions over the bound')
    case 'HPE_INVALID_CONTENT_LENGTH':
    case 'HPE_UNEXPECTED_CONTENT_LENGTH':
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return deny('request_ambiguous', `the framing is ambiguous (${code})`)
    case 'HPE_PAUSED_H2_UPGRADE':
      return deny('tunnel_not_intercepted', 'HTTP/2 without TLS and ALPN')
    case 'HPE_INVALID_METHOD':
      return methodProblem(error.rawPacket ?? Buffer.alloc(0), error.bytesParsed ?? 0)
    default:
      return code.startsWith('HPE_') ? deny('request_malformed', `the parser refused it (${code})`) : undefined
  }
}

function methodProblem(packet: Buffer, parsed: number): Denial {
  if (packet[0] === TLS_RECORD) return deny('request_malformed', 'TLS where plain HTTP is spoken')
  // Requests that came in the same packet and were understood stand before it.
  const start = parsed === 0 ? 0 : packet.lastIndexOf(LF, parsed - 1) + 1
  const known = REQUEST_LINE.test(packet.toString('latin1', start, start + 4_096))
  return known ? deny('method_refused', 'a method that the parser does not know') : deny('request_malformed', 'no request line')
}
