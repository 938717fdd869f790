import type { Socket } from 'node:net'
import type { BodyCarrier } from '../request-body.ts'

/** A request's body on a connection of HTTP/1.1. @param length undefined for one that goes in chunks (RFC 9112 section 7.1) */
export function socketBody(socket: Socket, length: number | undefined): BodyCarrier {
  if (length !== undefined) return { drains: socket, write: (chunk) => socket.write(chunk), finish: () => undefined }
  return { drains: socket, write: (chunk) => writeChunk(socket, chunk), finish: () => void socket.write('0\r\n\r\n', 'latin1') }
}

function writeChunk(socket: Socket, chunk: Buffer): boolean {
  socket.cork()
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
  socket.write(chunk)
  const taken = socket.write('\r\n', 'latin1')
  socket.uncork()
  return taken
}
