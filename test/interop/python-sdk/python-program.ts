import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../../house/source-tree.ts'
import { given } from '../given.ts'

/** The package as it lies in the repository. */
export const PACKAGE = join(root, 'sdk', 'python')

export interface PythonRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const ENDS_WITHIN_MS = 55_000

/**
 * Runs Python with the package in its path, and with nothing of this environment but the path.
 * @param heard is told each line that it prints, at once
 */
export function runPython(
  args: readonly string[], env: Readonly<Record<string, string>> = {}, heard: (line: string) => Promise<void> = () => Promise.resolve(), cwd = given('RUN'),
): Promise<PythonRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(given('PYTHON'), args, {
      cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: ENDS_WITHIN_MS, killSignal: 'SIGKILL',
      env: { PATH: process.env['PATH'] ?? '', PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: join(PACKAGE, 'src'), ...env },
    })
    let stdout = ''
    let stderr = ''
    let told = 0
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      const lines = stdout.split('\n')
      // The last one is not whole yet.
      for (const line of lines.slice(told, -1)) void heard(line).catch((error: unknown) => { child.kill('SIGKILL'); reject(error as Error) })
      told = lines.length - 1
    })
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}
