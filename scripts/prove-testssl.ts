import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../test/house/source-tree.ts'
import { makeIdentities, startHarness } from '../test/listener/harness.ts'

/**
 * Runs testssl.sh (Debian's package) against the listener with TLS and writes what it found to docs/proofs/testssl.md; fails where a
 * finding that matters is not explained below. The certificate is one of the tests' own authority.
 */
const COMMAND = 'testssl'

/** Why a finding stands, by its id. Those of the certificate and its chain say something of the test's authority alone. */
const EXPLAINED: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^cert_|^DNS_CAArecord|^OCSP_|^chain_of_trust|^trust|^intermediate_cert|^certificate_transparency/, 'of the test’s own certificate authority, which no client knows; the operator’s certificate stands there'],
  [/^HSTS|^HPKP|^security_headers|^banner_|^cookie|^HTTP_/, 'of web pages: no browser is served here'],
  [/^LUCKY13|^cipherlist_OBSOLETED|^cipher-tls1_2_|^cipherlist_AVERAGE|^cipher_order|^cipherlist_STRONG_NOFS/, 'TLS 1.2 is kept for old clients, with what Node offers; TLS 1.3 is preferred'],
  [/^BREACH/, 'an answer is compressed only by its upstream, and the scrubbed ones are not'],
  [/^overall_grade|^grade_cap|^final_score|^protocol_support|^key_exchange|^cipher_strength/, 'capped by the certificate, see there'],
  [/^scanProblem|^engine_problem|^service/, 'of the scanner: what is scanned speaks HTTP without a page at /'],
  [/^session_resumption|^TLS_session_ticket|^TLS_timestamp|^sessionresumption/, 'sessions are resumed by tickets; not where client certificates are asked for'],
]
const MATTERS: ReadonlySet<string> = new Set(['LOW', 'MEDIUM', 'HIGH', 'CRITICAL', 'WARN', 'FATAL'])

interface Finding {
  readonly id: string
  readonly severity: string
  readonly finding: string
}

const identities = await makeIdentities()
const harness = await startHarness({ tls: { identity: identities.server, clientCaPem: undefined, trustDomain: undefined } })
const directory = mkdtempSync(join(tmpdir(), 'postern-testssl-'))
try {
  report(await scan(harness.listener.port, join(directory, 'findings.json')))
} finally {
  await harness.close()
  rmSync(directory, { recursive: true, force: true })
}

function scan(port: number, file: string): Promise<readonly Finding[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(COMMAND, ['--quiet', '--color', '0', '--warnings', 'batch', '--jsonfile', file, `127.0.0.1:${port}`], { stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('close', () => resolve(JSON.parse(readFileSync(file, 'utf8')) as readonly Finding[]))
  })
}

function report(findings: readonly Finding[]): void {
  const counts = new Map<string, number>()
  for (const { severity } of findings) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  const matter = findings.filter(({ severity }) => MATTERS.has(severity)).map((one) => ({ ...one, why: EXPLAINED.find(([pattern]) => pattern.test(one.id))?.[1] }))
  const told = (pattern: RegExp): string => findings.filter(({ id }) => pattern.test(id)).map(({ id, finding }) => `| ${id} | ${finding.replaceAll('|', '\\|').slice(0, 160)} |`).join('\n')
  const text = `# testssl.sh

Written by \`npm run prove:testssl\`: ${version()} against the listener with TLS; Node ${process.versions.node} with OpenSSL ${process.versions.openssl}.

Findings: ${[...counts].map(([severity, count]) => `${count} ${severity}`).join(', ')}.

## What it does not like, and why it stands

| finding | how grave | testssl.sh | why |
|---|---|---|---|
${matter.map(({ id, severity, finding, why }) => `| ${id} | ${severity} | ${finding.replaceAll('|', '\\|').slice(0, 120)} | ${why ?? '**not explained**'} |`).join('\n')}

## Protocols

| test | finding |
|---|---|
${told(/^(SSLv|TLS1|ALPN|NPN)/)}

## Vulnerabilities

| test | finding |
|---|---|
${told(/^(heartbleed|CCS|ticketbleed|ROBOT|secure_renego|secure_client_renego|CRIME|BREACH|POODLE|fallback_SCSV|SWEET32|FREAK|DROWN|LOGJAM|BEAST|LUCKY13|winshock|RC4)/)}
`
  writeFileSync(join(root, 'docs', 'proofs', 'testssl.md'), text)
  console.log(text)
  const unexplained = matter.filter(({ why }) => why === undefined)
  if (unexplained.length > 0) {
    console.error(`not explained: ${unexplained.map(({ id }) => id).join(', ')}`)
    process.exitCode = 1
  }
}

function version(): string {
  const lines = execFileSync(COMMAND, ['--version', '--color', '0'], { encoding: 'utf8' }).split('\n')
  return /testssl(?:\.sh)?\s+(?:version\s+)?([0-9][^\s]*)/.exec(lines.join(' '))?.[0] ?? COMMAND
}
