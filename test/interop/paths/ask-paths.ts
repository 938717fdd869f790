import { connect } from 'node:net'

/** Asks a server for many paths on one connection. @returns the bodies, or the statuses of what was refused */
export function askPaths(port: number, paths: readonly string[]): Promise<readonly (string | number)[]> {
  return new Promise((resolve, reject) => {
    const answers: (string | number)[] = []
    let text = ''
    const socket = connect(port, '127.0.0.1', () => ask())
    const ask = (): void => {
      const path = paths[answers.length]
      if (path === undefined) {
        socket.destroy()
        resolve(answers)
      } else socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 'latin1')
    }
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = end === -1 ? Number.NaN : Number(/\r\ncontent-length: *([0-9]+)/i.exec(text.slice(0, end))?.[1] ?? 0)
      if (!(text.length >= end + 4 + length)) return
      const status = Number(text.slice(9, 12))
      answers.push(status === 200 ? text.slice(end + 4, end + 4 + length) : status)
      const closes = /\r\nconnection: *close/i.test(text.slice(0, end))
      text = text.slice(end + 4 + length)
      if (!closes) return ask()
      socket.destroy()
      // It ends the connection with what it refuses: the rest is asked on another.
      askPaths(port, paths.slice(answers.length)).then((rest) => resolve([...answers, ...rest]), reject)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`port ${port} closed the connection after ${answers.length} paths`)))
  })
}
