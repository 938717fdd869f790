import { createServer, type Server, type Socket } from 'node:net'

/** Frame types of RFC 9113 section 6. */
export const FRAME = { data: 0, headers: 1, priority: 2, rst: 3, settings: 4, push: 5, ping: 6, goaway: 7, window: 8, continuation: 9 } as const
export const END_STREAM = 1
export const END_HEADERS = 4
export const ACK = 1
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** One frame, as it stands on the wire. */
export function frame(type: number, flags: number, stream: number, payload: Buffer | readonly number[] = []): Buffer {
  const bytes = Buffer.from(payload)
  const head = Buffer.alloc(9)
  head.writeUIntBE(bytes.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, bytes])
}

/** Fields without Huffman, not indexed (RFC 7541 section 6.2.2): any name and value, also those that no library would write. */
export function block(...fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  return Buffer.concat([integer(bytes.length), bytes])
}

/** RFC 7541 section 5.1 with a prefix of seven bits. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value])
  const bytes = [127]
  let left = value - 127
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** Takes the frames off a stream of bytes as they come. */
export class FrameReader {
  #rest = Buffer.alloc(0)

  push(chunk: Buffer): readonly Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < 9 + length) break
      frames.push({ type: this.#rest[3] ?? 0, flags: this.#rest[4] ?? 0, stream: this.#rest.readUInt32BE(5) & 0x7fffffff, payload: this.#rest.subarray(9, 9 + length) })
      this.#rest = this.#rest.subarray(9 + length)
    }
    return frames
  }
}

/** A server of HTTP/2 without TLS that answers each frame with whatever the test writes. */
export async function startFrameServer(onFrame: (frame: Frame, socket: Socket, connection: number) => void, settings: Buffer = Buffer.alloc(0)): Promise<{ readonly port: number; readonly server: Server; close(): void }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    const connection = connections++
    const reader = new FrameReader()
    let begun = false
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.write(frame(FRAME.settings, 0, 0, settings))
    socket.on('data', (chunk: Buffer) => {
      const bytes = begun ? chunk : chunk.subarray(PREFACE.length)
      begun = true
      for (const one of reader.push(bytes)) onFrame(one, socket, connection)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    server,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
