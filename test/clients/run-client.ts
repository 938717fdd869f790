import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from '../house/source-tree.ts'
import type { PosternWorld } from '../support/postern-world.ts'

export interface ClientRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const program = (name: string): string => join(root, 'test', 'clients', 'programs', name)

/** Runs an unmodified client as a process of its own, with nothing of this one's environment but the path. */
export function runClient(command: string, args: readonly string[], env: Readonly<Record<string, string>>, timeoutMs = 60_000): Promise<ClientRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The variables that `postern run` and the chart set: the proxy with the agent's token, and the trust bundle. */
export function proxyEnv(world: PosternWorld, token: string): Record<string, string> {
  const proxy = world.proxyUrl(token)
  return {
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NODE_USE_ENV_PROXY: '1',
    NODE_EXTRA_CA_CERTS: world.bundle,
    SSL_CERT_FILE: world.bundle,
    CURL_CA_BUNDLE: world.bundle,
    REQUESTS_CA_BUNDLE: world.bundle,
  }
}

/** The last line that the client printed, as JSON. */
export function printed(run: ClientRun): unknown {
  const line = run.stdout.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(line)
  } catch {
    throw new Error(`the client printed no JSON (exit ${run.code}): ${run.stdout}\n${run.stderr}`)
  }
}
