import { randomBytes } from 'node:crypto'

const CLOSE_OPCODE = 0x88
const MASK_BIT = 0x80
const CODE_BYTES = 2

/** Why we end a WebSocket ourselves (RFC 6455 section 7.4.1). */
export const CLOSE_CODES = { goingAway: 1001, protocolError: 1002, policyViolation: 1008, tooBig: 1009 } as const

export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES]

/** A close frame as a server sends it. */
export function closeFrame(code: CloseCode): Buffer {
  const frame = Buffer.allocUnsafe(2 + CODE_BYTES)
  frame[0] = CLOSE_OPCODE
  frame[1] = CODE_BYTES
  frame.writeUInt16BE(code, 2)
  return frame
}

/** A close frame as a client sends it: masked. */
export function maskedCloseFrame(code: CloseCode): Buffer {
  const mask = randomBytes(4)
  const frame = Buffer.allocUnsafe(6 + CODE_BYTES)
  frame[0] = CLOSE_OPCODE
  frame[1] = MASK_BIT | CODE_BYTES
  mask.copy(frame, 2)
  frame.writeUInt16BE(code ^ mask.readUInt16BE(0), 6)
  return frame
}
