import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../support/redis-server.ts'
import { given } from '../given.ts'
import { KeycloakAdmin } from './keycloak-admin.ts'
import { keycloakHome } from './keycloak-home.ts'
import { newPassword, realm, REALM } from './realm.ts'

/** A real Keycloak, on loopback. */
export interface Keycloak {
  /** By a name, so that for a browser it is another site than ours. */
  readonly issuer: string
  readonly port: number
  readonly clientSecret: string
  /** Of everybody in the realm. */
  readonly password: string
  readonly admin: KeycloakAdmin
  /** Ends it, as `kill -9` does; what it knew stays. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Half a minute for a first start, and more than two where two processors had twenty things to do. */
const STARTED_WITHIN_MS = 300_000
const HEAP = '-Xms64m -Xmx512m'

/** @param origins where our authorities will be found */
export async function startKeycloak(origins: readonly string[]): Promise<Keycloak> {
  const [clientSecret, password, adminPassword] = [newPassword(), newPassword(), newPassword()]
  const home = await keycloakHome(realm({ origins, clientSecret, password }))
  const port = await freePort()
  const url = `http://localhost:${port}`
  let child: ChildProcess | undefined
  const keycloak: Keycloak = {
    issuer: `${url}/realms/${REALM}`,
    port,
    clientSecret,
    password,
    admin: new KeycloakAdmin(url, { name: 'admin', password: adminPassword }),
    stop: async () => {
      if (child !== undefined) await end(child)
    },
    start: async () => {
      child = await begin(home.directory, port, adminPassword)
      try {
        await answering(keycloak.issuer, child, home.directory)
      } catch (error) {
        await end(child)
        throw error
      }
    },
  }
  await keycloak.start()
  await home.started()
  return keycloak
}

/** In a process group of its own, since its script starts others. Whose id that is stands in a file: the script of these tests ends what is left. */
async function begin(home: string, port: number, adminPassword: string): Promise<ChildProcess> {
  const log = openSync(join(home, 'log.txt'), 'a')
  const args = ['start-dev', '--import-realm', '--db=dev-file', '--http-host=127.0.0.1', `--http-port=${port}`]
  const child = spawn(join(home, 'bin', 'kc.sh'), args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env['PATH'] ?? '', HOME: home, JAVA_HOME: process.env['JAVA_HOME'] ?? '', JAVA_OPTS_KC_HEAP: HEAP,
      KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: adminPassword,
    },
  })
  closeSync(log)
  await once(child, 'spawn')
  await writeFile(join(given('RUN'), `${child.pid}.pid`), String(child.pid))
  return child
}

async function answering(issuer: string, child: ChildProcess, home: string): Promise<void> {
  const until = Date.now() + STARTED_WITHIN_MS
  for (;;) {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`).catch(() => undefined)
    if (answer?.ok === true) return
    const problem = child.exitCode !== null ? `ended with ${child.exitCode}` : Date.now() > until ? 'did not answer in time' : undefined
    if (problem !== undefined) throw new Error(`Keycloak ${problem}: ${(await readFile(join(home, 'log.txt'), 'utf8')).slice(-3000)}`)
    await pause(200)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}
