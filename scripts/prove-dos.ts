import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, release, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../src/authority/tokens/sign-delegation-token.ts'
import { writeDemoConfig } from '../src/cli/demo/demo-config.ts'
import { startDemoWorld, type DemoFiles } from '../src/demo/demo-world.ts'
import { newId, type AgentId, type PersonId } from '../src/model/ids.ts'
import * as attacks from '../test/dos/attacks.ts'
import { beginGoodAgent, type Served } from '../test/dos/good-agent.ts'
import { startHungryUpstream } from '../test/dos/hungry-upstream.ts'
import { agentRules, policiesWith } from '../test/support/policies.ts'

/**
 * Attacks the product, a process of its own, in every way that is to be had on one machine, while another agent asks twenty times a second on
 * a connection of its own each time; writes the figures to docs/proofs/dos.md. Argument: seconds for each attack (default 10).
 */
const SECONDS = Number(process.argv[2] ?? 10)
const CONSENT = [{ integration: 'hungry', scopes: ['any:read', 'any:write'], targets: ['**'] }]
const GOOD_PER_SECOND = 20

/** Its own modes; it shows no proof, so that only what comes before identity is met. */
const SLOWHTTPTEST: readonly (readonly [string, readonly string[]])[] = [
  ['slowhttptest: slow headers', ['-H', '-i', '2', '-x', '24']],
  ['slowhttptest: slow body', ['-B', '-i', '2', '-s', '8192', '-x', '10']],
  ['slowhttptest: ranges', ['-R', '-a', '10', '-b', '3000']],
  ['slowhttptest: slow read', ['-X', '-w', '1', '-y', '64', '-n', '2', '-z', '8', '-k', '3']],
]

interface Product {
  readonly child: ChildProcess
  readonly port: number
  rssMegabytes(): Promise<number>
}

interface Figures {
  readonly name: string
  readonly connections: string
  readonly rss: { readonly before: number, readonly most: number, readonly after: number }
  readonly served: Served
}

const { halfOpen, slowHeaders, endlessHeaders, slowBodies, endlessBodies, endlessAnswersUnread, bombs, silentTunnels, stalledHandshakes, requestsWithoutPause, forgedTokens, rapidReset } = attacks
const BEGIN = { halfOpen, slowHeaders, endlessHeaders, slowBodies, endlessBodies, endlessAnswersUnread, bombs, silentTunnels, stalledHandshakes, requestsWithoutPause, forgedTokens, rapidReset }
type AttackName = keyof typeof BEGIN

if (process.env['ATTACK'] !== undefined) await attackOnly(process.env['ATTACK'])

const upstream = await startHungryUpstream()
const directory = await mkdtemp(join(tmpdir(), 'postern-dos-'))
const demo = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') })
const keys = await createDevelopmentKeys(join(directory, 'identity'))
const product = await start()
const figures: Figures[] = []
try {
  const target: attacks.Target = { port: product.port, token: await tokenOf('agent:pr-reviewer'), bundle: await readFile(join(directory, 'bundle.pem'), 'utf8') }
  await all(target)
  await writeFile('docs/proofs/dos.md', report())
} finally {
  product.child.kill('SIGTERM')
  await once(product.child, 'exit')
  await demo.close()
  await upstream.close()
  await rm(directory, { recursive: true, force: true })
}
process.exit(figures.every(({ served }) => served.failures === 0) ? 0 : 1)

/** The attackers are a process of their own, so that they do not hold up whom they are measured against. */
async function attackOnly(file: string): Promise<never> {
  const { name, connections, target } = JSON.parse(await readFile(file, 'utf8')) as { readonly name: AttackName, readonly connections: number, readonly target: attacks.Target }
  BEGIN[name](target, connections)
  process.stdout.write('begun\n')
  return new Promise(() => undefined)
}

async function attackers(name: AttackName, connections: number, target: attacks.Target): Promise<attacks.Attack> {
  const file = join(directory, 'attack.json')
  writeFileSync(file, JSON.stringify({ name, connections, target }))
  const child = spawn(process.execPath, ['scripts/prove-dos.ts'], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ATTACK: file } })
  if (child.stdout !== null) await once(child.stdout, 'data')
  return { stop: () => void child.kill('SIGKILL') }
}

async function all(target: attacks.Target): Promise<void> {
  await measure('nothing', '0', () => ({ stop: () => undefined }))
  const own: readonly (readonly [string, AttackName, number])[] = [
    ['half-open connections, from 64 addresses', 'halfOpen', 10_000],
    ['slow headers', 'slowHeaders', 5_000],
    ['endless headers', 'endlessHeaders', 200],
    ['slow bodies, by an agent', 'slowBodies', 2_000],
    ['endless bodies, by an agent', 'endlessBodies', 100],
    ['endless answers that nobody reads, by an agent', 'endlessAnswersUnread', 400],
    ['decompression bombs of 512 MiB, by an agent', 'bombs', 50],
    ['tunnels without a byte, by an agent', 'silentTunnels', 5_000],
    ['TLS handshakes that stall, in tunnels', 'stalledHandshakes', 3_000],
    ['requests without pause, by an agent', 'requestsWithoutPause', 1_000],
    ['forged tokens without pause', 'forgedTokens', 200],
    ['HTTP/2 rapid reset, in tunnels', 'rapidReset', 50],
  ]
  for (const [name, attack, connections] of own) await measure(name, String(connections), () => attackers(attack, connections, target))
  for (const [name, flags] of SLOWHTTPTEST) await measure(name, '4000', () => slowhttptest(target.port, flags))
  await measure('one gigabyte down, read as fast as it comes', '1', () => transfer(target))
}

function slowhttptest(port: number, flags: readonly string[]): attacks.Attack {
  const child = spawn('slowhttptest', [...flags, '-c', '4000', '-r', '1000', '-l', String(SECONDS), '-p', '5', '-u', `http://127.0.0.1:${port}/hungry/v1/ok`], { stdio: 'ignore' })
  return { stop: () => void child.kill('SIGKILL') }
}

function transfer(target: attacks.Target): attacks.Attack {
  const abort = new AbortController()
  const read = async (): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${target.port}/hungry/v1/bytes/${1024 ** 3}`, { headers: { authorization: `Bearer ${target.token}` }, signal: abort.signal })
    for await (const _ of answer.body ?? []) { /* as fast as it comes */ }
  }
  void read().catch(() => undefined)
  return { stop: () => abort.abort() }
}

async function measure(name: string, connections: string, begin: () => attacks.Attack | Promise<attacks.Attack>): Promise<void> {
  const before = await product.rssMegabytes()
  let most = before
  const good = beginGoodAgent({ port: product.port, token: await tokenOf('agent:issue-triage') }, GOOD_PER_SECOND)
  const attack = await begin()
  for (const endsMs = performance.now() + SECONDS * 1_000; performance.now() < endsMs;) {
    await pause(100)
    most = Math.max(most, await product.rssMegabytes())
  }
  const served = await good.stop()
  attack.stop()
  await pause(2_000)
  figures.push({ name, connections, served, rss: { before, most, after: await product.rssMegabytes() } })
  process.stdout.write(`${rowOf(figures.at(-1) as Figures)}\n`)
}

async function start(): Promise<Product> {
  const policies = await policiesWith({
    'attacker.yaml': agentRules('agent:pr-reviewer', '{ id: hungry, allow: { integration: hungry } }'),
    'good.yaml': agentRules('agent:issue-triage', '{ id: hungry, allow: { integration: hungry } }'),
    'hungry-org.yaml': 'policy: org\ndefault: allow\nrules:\n  - { id: lend-hungry, allow: { integration: hungry }, authority: organisation }\n',
  })(directory)
  const world = { ...demo, files: demo.files as DemoFiles }
  const file = await writeDemoConfig({ directory, policies, listen: '127.0.0.1:0', world, keys, auditMode: 'relaxed' })
  await writeFile(file, upstream.config(await readFile(file, 'utf8')))
  const child = spawn(process.execPath, ['src/bin.ts', 'start', '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  process.once('exit', () => child.kill('SIGKILL'))
  favour(child)
  return { child, port: await portOf(child), rssMegabytes: async () => Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) / 1024 }
}

/** Attackers are elsewhere: here they share the processor with what they attack, which is to have the first turn where that is permitted. */
function favour({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, -10)
  } catch {
    process.stdout.write('the product has no priority over its attackers here\n')
  }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) throw new TypeError('stderr is piped')
    const said: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (said.length < 50) said.push(line)
      const port = /"address":"127\.0\.0\.1:(\d+)".*"postern is ready"/.exec(line)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('exit', (code) => reject(new Error(`the product ended with ${code}: ${said.join('\n')}`)))
  })
}

function tokenOf(agent: string): Promise<string> {
  return signDelegationToken({
    issuer: DEVELOPMENT_ISSUER, audience: DEVELOPMENT_AUDIENCE, profile: 'postern', agent: agent as AgentId, person: 'user:alice@acme.com' as PersonId, personName: 'Alice Chen',
    clientId: 'prove-dos', delegation: newId('dlg'), session: newId('ses'), consent: CONSENT, issuedAtMs: Date.now(), expiresAtMs: Date.now() + 3_600_000, certificateThumbprint: undefined,
  }, keys.signingKey)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function rowOf({ name, connections, rss, served }: Figures): string {
  const megabytes = [rss.before, rss.most, rss.after].map((value) => Math.round(value)).join(' / ')
  return `| ${name} | ${connections} | ${megabytes} | ${served.requests} | ${served.failures} | ${served.p50Ms.toFixed(1)} | ${served.p99Ms.toFixed(1)} |`
}

function report(): string {
  const version = spawnSync('slowhttptest', ['-h'], { encoding: 'utf8' }).stdout
  return `# Denial of service

Written by \`scripts/prove-dos.ts\`: Node ${process.version}, Linux ${release()}, ${availableParallelism()} cores shared by the product, the attackers and the upstream
(load ${loadavg()[0]?.toFixed(1) ?? '?'} at the end); slowhttptest ${/version ([0-9.]+)/.exec(version)?.[1] ?? 'was not there'}. Product and attackers are processes of their own; the product has its default limits. Each attack lasts ${SECONDS} s;
connections that are ended are opened anew a second later, and the product has priority on the processor, since attackers are elsewhere. Meanwhile another agent asks ${GOOD_PER_SECOND} times a second, on a new connection each time: what it got stands on the right.

| attack | connections | resident MB before / most / 2 s after | requests of the other agent | failed | p50 ms | p99 ms |
|---|---|---|---|---|---|---|
${figures.map(rowOf).join('\n')}
`
}
