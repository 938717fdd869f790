import * as fc from 'fast-check'

/** One frame as a test writes it. */
export interface TestFrame {
  readonly opcode: number
  readonly final: boolean
  readonly payload: Buffer
}

export const CLOSE = 0x8
export const TEXT = 0x1
export const BINARY = 0x2
export const CONTINUATION = 0x0
export const PING = 0x9

/** The bytes of one frame (RFC 6455 section 5.2), masked where a key is given. */
export function frameBytes({ opcode, final, payload }: TestFrame, mask?: Buffer): Buffer {
  const { length } = payload
  const extended = length < 126 ? Buffer.alloc(0) : Buffer.alloc(length < 65_536 ? 2 : 8)
  if (extended.length === 2) extended.writeUInt16BE(length)
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length))
  const short = length < 126 ? length : length < 65_536 ? 126 : 127
  const head = Buffer.from([(final ? 0x80 : 0) | opcode, (mask === undefined ? 0 : 0x80) | short])
  const body = mask === undefined ? payload : Buffer.from(payload.map((byte, at) => byte ^ (mask[at % 4] as number)))
  return Buffer.concat([head, extended, mask ?? Buffer.alloc(0), body])
}

export const text = (payload: string, final = true): TestFrame => ({ opcode: TEXT, final, payload: Buffer.from(payload) })

export function close(code?: number, reason = ''): TestFrame {
  const head = Buffer.alloc(code === undefined ? 0 : 2)
  if (code !== undefined) head.writeUInt16BE(code)
  return { opcode: CLOSE, final: true, payload: Buffer.concat([head, Buffer.from(reason)]) }
}

const payload = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 140 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_530, max: 65_540 }).map((length) => new Uint8Array(length).fill(0x61)) },
).map((bytes) => Buffer.from(bytes))

const control = fc.record({ opcode: fc.constantFrom(PING, 0xa), final: fc.constant(true), payload: fc.uint8Array({ maxLength: 125 }).map((bytes) => Buffer.from(bytes)) })

/** A message in one or more fragments, with control frames between them. */
const message: fc.Arbitrary<readonly TestFrame[]> = fc
  .record({ opcode: fc.constantFrom(TEXT, BINARY), pieces: fc.array(fc.tuple(payload, fc.array(control, { maxLength: 1 })), { minLength: 1, maxLength: 4 }) })
  .map(({ opcode, pieces }) => pieces.flatMap(([body, between], at) => [
    { opcode: at === 0 ? opcode : CONTINUATION, final: at === pieces.length - 1, payload: body }, ...between,
  ]))

/** Frames as a well-behaved end sends them. */
export const wellFormed: fc.Arbitrary<readonly TestFrame[]> = fc.array(fc.oneof(message, control.map((frame) => [frame])), { maxLength: 5 }).map((all) => all.flat())

/** Cuts bytes at the given places, wherever they fall. */
export function cutAt(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((one, other) => one - other)
  const pieces = [0, ...cuts].map((start, at) => Buffer.from(bytes.subarray(start, cuts[at] ?? bytes.length)))
  return pieces.filter(({ length }) => length > 0)
}
