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

/** A process that was just started. */
export interface LaunchedProduct extends Pick<ProductProcess, 'kill'> {
  /** @throws Error with what it wrote where it ends before */
  readonly ready: Promise<ProductProcess>
  /** What it has written to its operational log. */
  said(): string
}

/** Starts `postern start` and waits until it says that it is ready. @throws Error with what it wrote where it ends before */
export async function startProduct(configFile: string): Promise<ProductProcess> {
  return launchProduct(configFile).ready
}

/** Starts `postern start`; it can be killed before it is ready. */
export function launchProduct(configFile: string): LaunchedProduct {
  const child = spawn(process.execPath, [join(root, 'src', 'bin.ts'), 'start', '--config', configFile], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  // Nothing of it outlives a run that was broken off.
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const said: string[] = []
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const stop = async (): Promise<number | null> => {
    child.kill('SIGTERM')
    const [code] = (await ended) as [number | null]
    return code
  }
  return { ready: readyPort(child, said).then((port) => ({ port, kill, stop })), kill, said: () => said.join('\n') }
}

function readyPort(child: ChildProcess, said: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
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
