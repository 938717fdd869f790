import { connect, type Socket } from 'node:net'

/** Whose streams these are, and of what. */
export interface StreamOrder {
  readonly port: number
  readonly token: string
  readonly ticket: string
}

/** One open stream of server-sent events, with the times of its end: milliseconds of `performance.now()` of this process. */
export class EventStream {
  events = 0
  lastByteMs = NaN
  endedMs: number | undefined
  readonly ended: Promise<void>
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    this.ended = new Promise((resolve) => {
      const ended = (): void => {
        this.endedMs ??= performance.now()
        resolve()
      }
      socket.once('end', ended).once('close', ended)
    })
  }

  /** Resolves with the first event. @throws Error where the answer is another */
  static open({ port, token, ticket }: StreamOrder): Promise<EventStream> {
    const socket = connect(port, '127.0.0.1')
    const stream = new EventStream(socket)
    socket.write(`GET /tickets/v1/tickets/${ticket}/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`)
    return new Promise((resolve, reject) => {
      let head = ''
      socket.on('data', (chunk: Buffer) => {
        stream.lastByteMs = performance.now()
        if (stream.events > 0) return void (stream.events += 1)
        head += chunk.toString('latin1')
        if (!/\r\n\r\n[^]*data: /.test(head)) return
        if (!head.startsWith('HTTP/1.1 200 ')) return reject(new Error(`no stream: ${head.slice(0, 400)}`))
        stream.events = 1
        resolve(stream)
      })
      // How a cut arrives, by FIN or by reset, is all the same here.
      socket.on('error', () => undefined)
      void stream.ended.then(() => reject(new Error(`no stream: ${head.slice(0, 400)}`)))
    })
  }

  get open(): boolean {
    return this.endedMs === undefined
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** How many are being opened at once: the load is to be there, not to come in one burst. */
const AT_ONCE = 16

/** Opens so many streams, and waits until each had its first event. */
export async function openStreams(order: StreamOrder, count: number): Promise<readonly EventStream[]> {
  const streams: EventStream[] = []
  while (streams.length < count) {
    const batch = Math.min(AT_ONCE, count - streams.length)
    streams.push(...await Promise.all(Array.from({ length: batch }, () => EventStream.open(order))))
  }
  return streams
}

/** Which of them get no further event within the time. */
export async function silent(streams: readonly EventStream[], withinMs: number): Promise<readonly EventStream[]> {
  const before = streams.map(({ events }) => events)
  const untilMs = performance.now() + withinMs
  const left = (): readonly EventStream[] => streams.filter((stream, index) => stream.events <= (before[index] ?? 0))
  while (left().length > 0 && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20))
  return left()
}
