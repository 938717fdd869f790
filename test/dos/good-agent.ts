import { connect } from 'node:net'

/** How an agent that asks for little was served. */
export interface Served {
  readonly requests: number
  readonly failures: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Whom the agent asks, through whom. */
export interface Asked {
  readonly port: number
  readonly token: string
  /** `hungry`, where it is left out. */
  readonly integration?: string
}

/** Asks so many times a second, each time on a connection of its own, until it is stopped. */
export function beginGoodAgent(target: Asked, perSecond: number): { stop(): Promise<Served> } {
  const times: number[] = []
  const open = new Set<Promise<void>>()
  let failures = 0
  const ask = async (): Promise<void> => {
    const began = performance.now()
    if (!(await served(target))) failures += 1
    times.push(performance.now() - began)
  }
  const timer = setInterval(() => {
    const asking = ask()
    open.add(asking)
    void asking.finally(() => open.delete(asking))
  }, 1_000 / perSecond)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open)
      const sorted = times.toSorted((a, b) => a - b)
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
      return { requests: times.length, failures, p50Ms: at(0.5), p99Ms: at(0.99) }
    },
  }
}

function served({ port, token, integration = 'hungry' }: Asked): Promise<boolean> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1')
    const patience = setTimeout(() => socket.destroy(), 20_000)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
    })
    socket.once('close', () => {
      clearTimeout(patience)
      resolve(text.startsWith('HTTP/1.1 200 ') && text.endsWith('{"ok":true}'))
    })
    socket.write(`GET /${integration}/v1/ok HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  })
}
