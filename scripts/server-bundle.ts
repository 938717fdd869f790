import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild'

/** Below `dist/`, as deep as a file that stands in a folder of `src/`: what says where it stands by `import.meta.url` is right in both. */
const PROGRAM = 'program'

/** Left in `node_modules`: loaded only where it is configured. */
const EXTERNAL = ['ioredis']

/** A bundle of its own: the names of its classes are those of what it stores, so no name in it may be changed. */
const LIBRARY = 'oidc-provider'
const BESIDE = `./${LIBRARY}.js`

/** What it builds -> its source. The files of threads lie beside the code that starts them. */
const ENTRIES: Readonly<Record<string, string>> = {
  bin: 'src/bin.ts',
  [`${PROGRAM}/worker`]: 'src/store/sqlite/worker.ts',
  [`${PROGRAM}/yaml-document-worker`]: 'src/lib/yaml-document-worker.ts',
}

/**
 * Node's own modules are asked for, not imported: an import reads every member of a module to export it, and those of `node:http` load a second
 * HTTP client whole. The names are checked by the compiler.
 */
const nodesOwnModules: Plugin = {
  name: 'nodes-own-modules',
  setup(bundle) {
    bundle.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      return isBuiltin(path) && kind === 'import-statement' ? { path, namespace: 'node', sideEffects: false } : undefined
    })
    bundle.onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})` }))
  },
}

/** A check says what is wrong in words of ours; zod brings its own in fifty languages, and a namespace of all of them keeps each. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup(bundle) {
    bundle.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({ contents: "export { default as en } from './en.js'" }))
  },
}

/** All that imports it are chunks, which lie beside it. */
const libraryBeside: Plugin = {
  name: 'library-beside',
  setup(bundle) {
    bundle.onResolve({ filter: new RegExp(`^${LIBRARY}$`) }, () => ({ path: BESIDE, external: true }))
  },
}

const SETTINGS = {
  bundle: true,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // Whoever reads a stack trace finds the function by its name; a map would have to be read at each start.
  minify: false,
  // Packages that are CommonJS ask for Node's modules so.
  banner: { js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);" },
  logLevel: 'error',
} as const satisfies BuildOptions

/** What keeps its own files in `dist/`: what others import, and what a browser loads. */
const KEPT = new Set(['sdk', 'dashboard', PROGRAM])

/**
 * Makes few files of the many that the program and its packages are: to find, open and link each takes longer than to run it.
 * In place of what the compiler left of them.
 */
export async function bundleServer(root: string, staging: string): Promise<void> {
  removeParts(staging)
  const program = await build({
    ...SETTINGS,
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(ENTRIES).filter(([, source]) => existsSync(join(root, source)))),
    outdir: staging,
    chunkNames: `${PROGRAM}/[name]-[hash]`,
    splitting: true,
    external: EXTERNAL,
    plugins: [nodesOwnModules, oneLanguage, libraryBeside],
  })
  const library = importsLibrary(program.metafile) ? [await bundleLibrary(root, staging)] : []
  mkdirSync(join(staging, PROGRAM), { recursive: true })
  writeFileSync(join(staging, PROGRAM, 'LICENSES.txt'), licencesOf(root, [program.metafile, ...library]))
  precompile(join(staging, PROGRAM))
}

function importsLibrary({ outputs }: Metafile): boolean {
  return Object.values(outputs).some(({ imports }) => imports.some(({ path }) => path === BESIDE))
}

async function bundleLibrary(root: string, staging: string): Promise<Metafile> {
  const { metafile } = await build({
    ...SETTINGS,
    absWorkingDir: root,
    entryPoints: { [`${PROGRAM}/${LIBRARY}`]: join(root, 'node_modules', LIBRARY, 'lib', 'index.js') },
    outdir: staging,
    keepNames: true,
    plugins: [nodesOwnModules],
  })
  return metafile
}

function removeParts(staging: string): void {
  for (const entry of readdirSync(staging, { withFileTypes: true })) {
    if (!KEPT.has(entry.name)) rmSync(join(staging, entry.name), { recursive: true })
  }
}

/** The licence of each package that stands in the bundle, as it asks for. */
function licencesOf(root: string, bundles: readonly Metafile[]): string {
  const packages = new Set(bundles.flatMap(({ inputs }) => Object.keys(inputs)).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []))
  return [...packages].sort().map((path) => {
    const directory = join(root, path)
    const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name: string; version: string; license?: string }
    const texts = readdirSync(directory).filter((file) => /^(licen[cs]e|notice)/i.test(file)).map((file) => readFileSync(join(directory, file), 'utf8').trim())
    return [`${name} ${version} (${license ?? 'see its text'})`, ...texts].join('\n\n')
  }).join(`\n\n${'-'.repeat(80)}\n\n`)
}

/** What V8 makes of the program, kept for this version of Node: a start then need not compile. Another version does without. */
function precompile(program: string): void {
  const parts = readdirSync(program).filter((name) => name.endsWith('.js') && !Object.keys(ENTRIES).some((entry) => basename(entry) === basename(name, '.js')))
  const script = `import { enableCompileCache } from 'node:module'
    enableCompileCache({ directory: 'cache', portable: true })
    for (const part of ${JSON.stringify(parts)}) await import(process.cwd() + '/' + part)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: program, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(`the program could not be loaded once it was built: ${stderr}`)
  // It is good for one version of Node on one kind of processor: no part of a package.
  writeFileSync(join(program, '.npmignore'), 'cache\n')
}

