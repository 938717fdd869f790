import type { Socket } from 'node:net'
import { ANSWERS } from './answers.ts'
import type { AnswerRow } from './answer-case.ts'

const NAMED = /^\/v1\/(r[0-9]+)$/

/** Answers each request by the row that its path names; keeps which connection each came on. */
export class Answering {
  readonly rows: ReadonlyMap<string, AnswerRow>
  /** Row or follow-up to the connection that it came on. */
  readonly connections = new Map<string, Socket>()
  /** In order, by connection. */
  readonly asked = new Map<Socket, string[]>()

  constructor() {
    this.rows = new Map(ANSWERS.flatMap(({ rows }) => rows).map((row, at) => [`r${at}`, row]))
  }

  /** @param target of the request that is whole now */
  respond(socket: Socket, target: string): void {
    const name = target.replace('/v1/', '')
    this.connections.set(name, socket)
    this.asked.set(socket, [...(this.asked.get(socket) ?? []), name])
    const row = this.rows.get(NAMED.exec(target)?.[1] ?? '')
    if (row === undefined) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`)
    else write(socket, row.pieces(name), row.ends)
  }

  /** Resolves once the connection that this came on is closed. */
  async closed(name: string): Promise<void> {
    const socket = this.connections.get(name)
    if (socket !== undefined && !socket.destroyed) await new Promise((resolve) => socket.once('close', resolve))
  }

  /** What was asked on the same connection after this. */
  after(name: string): readonly string[] {
    const socket = this.connections.get(name)
    const asked = socket === undefined ? [] : (this.asked.get(socket) ?? [])
    return asked.slice(asked.indexOf(name) + 1)
  }
}

function write(socket: Socket, pieces: readonly string[], ends: boolean): void {
  const [first, ...rest] = pieces
  if (first !== undefined && socket.writable) socket.write(first, 'latin1')
  if (rest.length > 0) setImmediate(() => write(socket, rest, ends))
  else if (ends) socket.end()
}
