import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../src/authority/tokens/sign-delegation-token.ts'
import { writeDemoConfig } from '../src/cli/demo/demo-config.ts'
import { startDemoWorld } from '../src/demo/demo-world.ts'
import { newId, type AgentId, type PersonId } from '../src/model/ids.ts'
import { GitClient } from '../test/git/git-client.ts'

/**
 * Clones and pushes large repositories with the real git through the product, which runs as a process of its own, and writes times and the
 * process's memory to docs/proofs/git.md. Arguments: sizes in megabytes (default 50 200).
 */
const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [50, 200]
const MEGABYTE = 1_048_576
const SAMPLE_MS = 20
const MOST_GROWTH_MB = 64
const run = promisify(execFile)

interface Row {
  readonly what: string
  readonly seconds: number
  readonly peakMb: number
}

const root = join(import.meta.dirname, '..')
const directory = await mkdtemp(join(tmpdir(), 'postern-prove-git-'))
const world = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') })
const keys = await createDevelopmentKeys(join(directory, 'identity'))
const product = await startProduct()
try {
  await report(await proveAll())
} finally {
  product.child.kill('SIGTERM')
  await world.close()
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

async function proveAll(): Promise<{ readonly restMb: number; readonly rows: readonly Row[] }> {
  const token = await tokenOf()
  const rows: Row[] = []
  for (const mode of ['proxy', 'reverse'] as const) {
    const git = await GitClient.make({ port: product.port, bundle: join(directory, 'bundle.pem'), proxyUrl: (shown) => `http://agent:${shown}@127.0.0.1:${product.port}` }, token, mode)
    // Modules are loaded, certificates made, caches filled: what comes after is the work itself.
    await git.must(['clone', '--quiet', 'https://github.com/acme-corp/backend.git', 'warm'])
    for (const size of SIZES) rows.push(...await proveSize(git, mode, size))
    await git.close()
  }
  return { restMb: product.restMb, rows }
}

async function proveSize(git: GitClient, mode: string, size: number): Promise<readonly Row[]> {
  const folder = await world.github.git.folder('acme-corp/handbook')
  await fill(folder, size)
  const name = `${mode}-${size}`
  const clone = await measured(`clone, ${size} MB, ${mode}`, () => git.must(['clone', '--quiet', 'https://github.com/acme-corp/handbook.git', name], { timeoutMs: 300_000 }))
  await git.must(['checkout', '--quiet', '-B', `pushed-${name}`], { folder: name })
  await git.commit(name, 'pushed.bin', randomBytes(size * MEGABYTE))
  const push = await measured(`push, ${size} MB, ${mode}`, () => git.must(['push', '--quiet', 'origin', `pushed-${name}`], { folder: name, timeoutMs: 300_000 }))
  const { stdout } = await run('git', ['cat-file', '-s', `pushed-${name}:pushed.bin`], { cwd: folder })
  if (stdout.trim() !== String(size * MEGABYTE)) throw new Error('what was pushed is not there whole')
  await run('git', ['branch', '-D', `pushed-${name}`], { cwd: folder })
  await rm(join(git.home, name), { recursive: true, force: true })
  return [clone, push]
}

/** The handbook is its one large file from here on. */
async function fill(folder: string, size: number): Promise<void> {
  const bytes = randomBytes(size * MEGABYTE)
  const head = `commit refs/heads/main\ncommitter A <a@acme.test> 1700000000 +0000\ndata 1\nx\nM 100644 inline large.bin\ndata ${bytes.length}\n`
  const importing = run('git', ['fast-import', '--quiet', '--force'], { cwd: folder })
  importing.child.stdin?.write(head)
  importing.child.stdin?.end(bytes)
  await importing
}

async function measured(what: string, work: () => Promise<unknown>): Promise<Row> {
  let peakMb = 0
  const sample = async (): Promise<void> => { peakMb = Math.max(peakMb, await residentMb(product.child.pid ?? 0)) }
  const sampling = setInterval(() => void sample(), SAMPLE_MS)
  const startedMs = performance.now()
  await work()
  const seconds = (performance.now() - startedMs) / 1000
  clearInterval(sampling)
  await sample()
  process.stdout.write(`${what}: ${seconds.toFixed(1)} s, ${(Number(/(\d+) MB/.exec(what)?.[1]) / seconds).toFixed(0)} MB/s, at most ${peakMb.toFixed(0)} MB resident\n`)
  return { what, seconds, peakMb }
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}

async function startProduct(): Promise<{ readonly child: ReturnType<typeof spawn>; readonly port: number; readonly restMb: number }> {
  const policies = join(directory, 'policies')
  await mkdir(policies)
  await writeFile(join(policies, 'org.yaml'), 'policy: org\ndefault: allow\nrules:\n  - { id: lend, allow: { integration: github }, authority: organisation }\n')
  await writeFile(join(policies, 'agent.yaml'), 'policy: agent\nagent: agent:pr-reviewer\nrules:\n  - { id: push, allow: { integration: github, scopes: ["contents:write"] } }\n')
  const files = world.files
  if (files === undefined) throw new TypeError('the upstreams have no files')
  const configFile = await writeDemoConfig({ directory, policies, listen: '127.0.0.1:0', world: { ...world, files }, keys })
  const child = spawn(process.execPath, [join(root, 'src', 'bin.ts'), 'start', '--config', configFile], { stdio: ['ignore', 'ignore', 'pipe'] })
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /"address":"127\.0\.0\.1:(\d+)".*"postern is ready"/.exec(line)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
    child.once('exit', (code) => reject(new Error(`the product ended with ${code}`)))
  })
  return { child, port, restMb: await residentMb(child.pid ?? 0) }
}

function tokenOf(): Promise<string> {
  return signDelegationToken({
    issuer: DEVELOPMENT_ISSUER, audience: DEVELOPMENT_AUDIENCE, profile: 'postern', agent: 'agent:pr-reviewer' as AgentId, person: 'user:alice@acme.com' as PersonId,
    personName: 'Alice Chen', clientId: 'pr-reviewer', delegation: newId('dlg'), session: newId('ses'),
    consent: [{ integration: 'github', scopes: ['contents:write'], targets: ['acme-corp/*'] }],
    issuedAtMs: Date.now(), expiresAtMs: Date.now() + 3_600_000, certificateThumbprint: undefined,
  }, keys.signingKey)
}

async function report({ restMb, rows }: { readonly restMb: number; readonly rows: readonly Row[] }): Promise<void> {
  const growths = SIZES.map((size) => Math.max(...rows.filter(({ what }) => what.includes(` ${size} MB`)).map(({ peakMb }) => peakMb)))
  const growthMb = (growths.at(-1) ?? 0) - (growths[0] ?? 0)
  const lines = rows.map(({ what, seconds, peakMb }) => `| ${what} | ${seconds.toFixed(1)} | ${(Number(/(\d+) MB/.exec(what)?.[1]) / seconds).toFixed(0)} | ${peakMb.toFixed(0)} |`)
  await writeFile(join(root, 'docs', 'proofs', 'git.md'), `# Proof: git's packs stream

Made by \`node scripts/prove-git.ts ${SIZES.join(' ')}\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Linux ${release().split('.').slice(0, 2).join('.')}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}.

The real git (${(await run('git', ['--version'])).stdout.trim()}) clones and pushes one file of random bytes, which no compression makes smaller, through \`postern start\` (strict audit, a
process of its own), to \`git http-backend\` behind TLS. As its proxy, Postern ends the client's TLS and speaks it anew; in reverse mode git speaks plain HTTP to it. In both it
is HTTP/1.1, the one that a tunnel to git's host offers. git packs, sends, unpacks and checks out within the times, on the same cores. The resident memory is the product's, every ${SAMPLE_MS} ms; ${restMb.toFixed(0)} MB when it was ready.

| | seconds | MB/s | most memory, MB |
|---|---|---|---|
${lines.join('\n')}

From ${SIZES[0]} MB to ${SIZES.at(-1)} MB the most memory grows by ${growthMb.toFixed(0)} MB; over ${MOST_GROWTH_MB} MB this proof would fail.
`)
  if (growthMb > MOST_GROWTH_MB) throw new Error(`memory grew by ${growthMb.toFixed(0)} MB with the size of the packs`)
}
