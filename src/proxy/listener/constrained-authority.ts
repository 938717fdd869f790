import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, type Stats } from 'node:fs'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { exportPrivateKey, makeIntermediate, makeRootCa, readCertifiedKey, splitPem, type CertifiedKey } from '../../lib/certificates.ts'
import { newId } from '../../model/ids.ts'
import { writeAtomically } from './write-atomically.ts'

const DAY_MS = 86_400_000
/** Long enough that agents' copies of the bundle stay good; the constraint, not the time, is what confines it. */
const LIFETIME_MS = 365 * DAY_MS
const BACKDATED_MS = DAY_MS
const FILE = /^authority-[A-Za-z0-9_-]+\.pem$/
const HOSTS_LINE = /^# hosts: ([a-z0-9.\- ]+)$/m
const PRIVATE = 0o600
const OTHERS = 0o007

/** One name-constrained intermediate with the root that vouches for it; the root's own key no longer exists. */
export interface ConstrainedAuthority {
  readonly file: string
  readonly rootPem: string
  readonly intermediate: CertifiedKey
  readonly hosts: ReadonlySet<string>
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/**
 * Makes an authority for just these hosts and keeps it in one file of mode 0600. The root's key is never written, and gone
 * when this returns.
 */
export async function makeAuthority(directory: string, hosts: readonly string[], nowMs: number): Promise<ConstrainedAuthority> {
  const id = newId('con').slice('con_'.length)
  const validity = { notBeforeMs: nowMs - BACKDATED_MS, notAfterMs: nowMs + LIFETIME_MS }
  const root = await makeRootCa({ commonName: `Postern root ${id}`, ...validity })
  const intermediate = await makeIntermediate({ commonName: `Postern interception ${id}`, issuer: root, permittedDnsNames: hosts, ...validity })
  const file = join(directory, `authority-${id}.pem`)
  const content = `# hosts: ${hosts.join(' ')}\n${intermediate.certificatePem}${root.certificatePem}${exportPrivateKey(intermediate.privateKey)}`
  writeAtomically(file, content, PRIVATE)
  return { file, rootPem: root.certificatePem, intermediate, hosts: new Set(hosts), ...validity }
}

/**
 * Reads every authority that is kept in the directory, and makes the directory where there is none.
 * @throws Error with one sentence where a file is not ours, is readable by others, or does not hold together
 */
export function readAuthorities(directory: string): readonly ConstrainedAuthority[] {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return readdirSync(directory).filter((name) => FILE.test(name)).map((name) => readAuthority(join(directory, name)))
}

/** The key is gone with the file: nothing this authority vouches for can be made any more. */
export function destroyAuthority(authority: ConstrainedAuthority): void {
  rmSync(authority.file, { force: true })
}

function readAuthority(file: string): ConstrainedAuthority {
  try {
    const { mode, uid } = requirePlain(file)
    if (process.getuid !== undefined && uid !== process.getuid()) throw new Error('it belongs to another user')
    if ((mode & OTHERS) !== 0) throw new Error('everybody on this machine may read or write it: remove it to have a new one made')
    // The group's rights are given by Kubernetes at each mount.
    chmodSync(file, PRIVATE)
    return parsed(file, readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`The interception authority in ${file} cannot be used: ${error instanceof Error ? error.message : 'unreadable'}.`, { cause: error })
  }
}

function requirePlain(file: string): Stats {
  const facts = lstatSync(file)
  if (!facts.isFile()) throw new Error('it is no plain file')
  return facts
}

function parsed(file: string, content: string): ConstrainedAuthority {
  const [intermediatePem, rootPem] = splitPem(content)
  const hosts = HOSTS_LINE.exec(content)?.[1]
  const key = /-----BEGIN PRIVATE KEY-----[\s\S]+-----END PRIVATE KEY-----/.exec(content)?.[0]
  if (intermediatePem === undefined || rootPem === undefined || hosts === undefined || key === undefined) throw new Error('it is not complete')
  const intermediate = readCertifiedKey(`${intermediatePem}\n`, key)
  const certificate = new X509Certificate(intermediatePem)
  if (!certificate.verify(createPublicKey(rootPem))) throw new Error('its root did not sign it')
  return {
    file,
    rootPem: `${rootPem}\n`,
    intermediate,
    hosts: new Set(hosts.split(' ')),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  }
}
