import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import * as tls from 'node:tls'
import { systemClock } from '../../lib/clock.ts'
import { EXIT_CONFIG } from '../process-text.ts'
import type { ApiDeps } from './api-deps.ts'
import { CommandFailure } from './command-failure.ts'
import { openBrowser } from './open-browser.ts'

/** What the commands that ask the authority need of the process. */
export function apiDependencies(): ApiDeps {
  const ending = new AbortController()
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock,
    loginsFile: join(configHome(process.env), 'postern', 'logins.json'),
    trust: trustToo,
    openBrowser: (url) => openBrowser(url, process.env),
    // Only while something is waited for: any other command ends by the signal itself.
    get signal() {
      process.once('SIGINT', () => ending.abort())
      process.once('SIGTERM', () => ending.abort())
      return ending.signal
    },
  }
}

/** As the XDG base directory specification says: a relative one does not count. */
function configHome({ XDG_CONFIG_HOME: given }: NodeJS.ProcessEnv): string {
  return given !== undefined && isAbsolute(given) ? given : join(homedir(), '.config')
}

function trustToo(pem: string): void {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new CommandFailure(EXIT_CONFIG, '--ca names a file without a certificate in PEM')
  // Node before 24.5 has no such function; to import it by name would end every command there.
  if (typeof tls.setDefaultCACertificates !== 'function') throw new CommandFailure(EXIT_CONFIG, '--ca needs Node 24.5 or later: set NODE_EXTRA_CA_CERTS instead')
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), pem])
}
