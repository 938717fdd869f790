import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../house/source-tree.ts'

/** The product as a process of its own, from a configuration file. */
export interface ProductProcess {
  readonly port: number
  /** SIGKILL, and its end awaited. */
  kill(): Promise<void>
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>
}

/** Starts `postern start` and waits until it says that it is ready. @throws Error with what it wrote where it ends before */
export async function startProduct(configFile: string): Promise<ProductProcess> {
  const child = spawn(process.execPath, [join(root, 'src', 'bin.ts'), 'start', '--config', configFile], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  const port = await readyPort(child)
  return {
    port,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = (await ended) as [number | null]
      return code
    },
  }
}

function readyPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    if (child.stderr === null) throw new TypeError('stderr is piped')
    const lines = createInterface({ input: child.stderr })
    lines.on('line', (line) => {
      said.push(line)
      const port = /"address":"127\.0\.0\.1:(\d+)".*"postern is ready"/.exec(line)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('exit', (code) => reject(new Error(`the product ended with ${code}: ${said.join('\n')}`)))
  })
}
