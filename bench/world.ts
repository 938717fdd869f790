import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Options } from './options.ts'
import { freePort, start } from './processes.ts'

/** The names under which upstreams are asked for. */
export const PLAIN_HOST = 'plain.example'
export const TLS_HOST = 'things.example'

/** What all contenders share: the upstream, its certificates, the load program, and a directory for files. */
export interface World {
  readonly options: Options
  readonly directory: string
  /** The load program, built. */
  readonly load: string
  readonly plainPort: number
  readonly tlsPort: number
  /** `ca.pem`, `leaf.pem` for all names and 127.0.0.1, each also `-key` and `-both`. */
  readonly certificates: string
  /** A new directory for one contender's files. */
  place(name: string): string
  close(): Promise<void>
}

/** Builds the load program, makes certificates, and starts the upstream on the other core. */
export async function openWorld(options: Options): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'postern-bench-'))
  // Also where the run is broken off.
  process.once('exit', () => {
    if (!options.keep) rmSync(directory, { recursive: true, force: true })
  })
  // Squid gives up its rights before it opens its files.
  run('chmod', ['755', directory])
  const [load, certificates] = [join(directory, 'load'), join(directory, 'certificates')]
  run('go', ['build', '-o', load, '.'], join(import.meta.dirname, 'load'))
  mkdirSync(certificates)
  run(load, ['certificates', certificates, TLS_HOST, 'localhost'])
  const [plainPort, tlsPort] = [await freePort(), await freePort()]
  const addresses = ['-plain', `127.0.0.1:${plainPort}`, '-tls', `127.0.0.1:${tlsPort}`]
  const upstream = await start('other', [load, 'upstream', ...addresses, '-certificates', certificates], tlsPort, { logFile: join(directory, 'upstream.log') })
  let places = 0
  return {
    options, directory, load, plainPort, tlsPort, certificates,
    place: (name) => {
      const own = join(directory, `${(places += 1)}-${name}`)
      mkdirSync(own)
      return own
    },
    close: () => upstream.stop(),
  }
}

/** Runs a program to its end. @throws with what it said, where it failed */
export function run(file: string, args: readonly string[], cwd?: string): void {
  const { status, error, stderr } = spawnSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (status !== 0) throw new Error(`${file} ${args[0] ?? ''} failed: ${error?.message ?? stderr}`)
}
