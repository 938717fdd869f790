import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/** What is written beside the files: how the authority finds them. */
const MANIFEST = 'manifest.json'

/**
 * Bundles the dashboard for browsers: each file is named by its content, so that what a browser keeps is never stale.
 * @param root the repository's
 * @param directory where the files go: made if it is not there
 */
export async function bundleDashboard(root: string, directory: string): Promise<void> {
  const { outputFiles, metafile } = await build({
    entryPoints: { dashboard: join(root, 'src', 'dashboard', 'main.tsx') },
    absWorkingDir: root,
    outdir: directory,
    bundle: true, write: false, metafile: true, minify: true, splitting: true, format: 'esm',
    target: ['es2023', 'chrome120', 'firefox121', 'safari17'],
    jsx: 'automatic', jsxImportSource: 'preact',
    entryNames: '[name]-[hash]', chunkNames: 'part-[hash]', assetNames: '[name]-[hash]',
    define: { 'process.env.NODE_ENV': '"production"' },
    // Third parties' licences stay with their code.
    legalComments: 'eof', charset: 'utf8', logLevel: 'warning',
  })
  const entry = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint?.endsWith('main.tsx'))
  if (entry === undefined) throw new Error('the bundle has no entry')
  mkdirSync(directory, { recursive: true })
  const files = outputFiles.map(({ path, contents }) => {
    const name = path.slice(directory.length + 1)
    writeFileSync(join(directory, name), contents)
    return { name, sha256: createHash('sha256').update(contents).digest('hex') }
  })
  const nameOf = (path: string): string => path.split('/').at(-1) ?? path
  const [script, { cssBundle }] = entry
  // Last, and in one step: whoever reads it finds every file that it names.
  const manifest = `${JSON.stringify({ script: nameOf(script), style: cssBundle === undefined ? null : nameOf(cssBundle), files }, null, 2)}\n`
  const unfinished = join(directory, `.${MANIFEST}.${process.pid}`)
  writeFileSync(unfinished, manifest)
  renameSync(unfinished, join(directory, MANIFEST))
}
