/**
 * Builds `src/` to `dist/`. With `--if-stale`, only where `dist/` was built from something else.
 * `dist/` is replaced whole, and only by a build that succeeded; several at once wait for one another.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeExclusiveLock } from '../src/lib/exclusive-lock.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src')
const dist = join(root, 'dist')
/** What a build leaves beside `dist/` while it runs begins so. */
const STAGING = '.dist-'
const STAMP = '.built-from'
const WAIT_MS = 120_000

/** Content and not times: a deleted source, a checkout of something older and a touched file are all told apart by it. */
function fingerprint(): string {
  const hash = createHash('sha256').update(process.version)
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', join('scripts', 'build.ts'), join('scripts', 'dashboard-bundle.ts'), join('scripts', 'server-bundle.ts')]
  for (const file of [...filesBelow(source), ...settings.map((name) => join(root, name))].sort()) {
    const bytes = readFileSync(file)
    hash.update(`${relative(root, file)}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function isStale(wanted: string): boolean {
  const stamp = join(dist, STAMP)
  return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted || !existsSync(join(dist, 'bin.js'))
}

/** @returns tsc's exit code */
async function buildTo(staging: string, builtFrom: string): Promise<number> {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  if (!existsSync(compiler)) throw new Error('the compiler is not installed: run "npm ci" first')
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', staging], { stdio: 'inherit' })
  if (status !== 0) return status ?? 1
  // Not before it is known that anything is installed.
  const { bundleDashboard } = await import('./dashboard-bundle.ts')
  const { bundleServer } = await import('./server-bundle.ts')
  await bundleServer(root, staging)
  await bundleDashboard(root, join(staging, 'dashboard'))
  for (const file of filesBelow(source).filter((name) => !name.endsWith('.ts') && !name.startsWith(join(source, 'dashboard')))) {
    const target = join(staging, relative(source, file))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(file, target)
  }
  chmodSync(join(staging, 'bin.js'), 0o755)
  writeFileSync(join(staging, STAMP), builtFrom)
  return 0
}

function replaceDist(staging: string): void {
  const old = join(root, `${STAGING}old`)
  if (existsSync(dist)) renameSync(dist, old)
  renameSync(staging, dist)
  rmSync(old, { recursive: true, force: true })
}

/** What a killed build left; only under the lock. */
function removeLeftovers(): void {
  for (const name of readdirSync(root)) if (name.startsWith(STAGING) && name !== LOCK) rmSync(join(root, name), { recursive: true, force: true })
}

const LOCK = `${STAGING}lock`

async function build(onlyIfStale: boolean): Promise<number> {
  if (onlyIfStale && !isStale(fingerprint())) return 0
  const lock = takeExclusiveLock(join(root, LOCK), WAIT_MS)
  if (lock === undefined) throw new Error('another build is taking too long: end it, then try again')
  try {
    const wanted = fingerprint()
    if (onlyIfStale && !isStale(wanted)) return 0
    removeLeftovers()
    const staging = join(root, `${STAGING}new`)
    const code = await buildTo(staging, wanted)
    if (code === 0) replaceDist(staging)
    else rmSync(staging, { recursive: true, force: true })
    return code
  } finally {
    lock.release()
  }
}

try {
  process.exitCode = await build(process.argv.includes('--if-stale'))
} catch (error) {
  process.stderr.write(`The build failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
