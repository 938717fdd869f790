import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Empties and takes the demo's directory: nothing of an earlier demo is of use, since its stand-ins are gone.
 * @returns the function that gives it up again; what lies in it stays, to be looked at
 * @throws Error where another demo runs in it
 */
export async function takeDemoDirectory(directory: string): Promise<() => Promise<void>> {
  const lock = join(directory, 'demo.pid')
  const holder = Number(await readFile(lock, 'utf8').catch(() => ''))
  if (holder > 0 && isAlive(holder)) throw new Error(`a demo runs here already (process ${holder}): end it first, or start this one in another directory`)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const handle = await open(lock, 'wx', 0o600)
  await handle.writeFile(String(process.pid))
  await handle.close()
  return () => rm(lock, { force: true })
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
