import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface SourceFile {
  /** From the repository's root: `src/lib/secret.ts`. */
  readonly path: string
  readonly text: string
  /** Own files imported, from the root; `type` where only types are taken. */
  readonly imports: readonly { readonly path: string; readonly type: boolean }[]
  /** Packages imported, `node:` modules included. */
  readonly packages: readonly string[]
}

const IMPORT = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)|new URL\('(\.[^']+\.ts)', import\.meta\.url\)/gm

/** Every TypeScript file below a folder of the repository, with what it imports. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => readSource(join(entry.parentPath, entry.name)))
}

function readSource(file: string): SourceFile {
  const text = readFileSync(file, 'utf8')
  const imports: { path: string; type: boolean }[] = []
  const packages: string[] = []
  for (const match of text.matchAll(IMPORT)) {
    const name = match[2] ?? match[3] ?? match[4] ?? match[5] ?? ''
    if (name.startsWith('.')) imports.push({ path: relative(root, join(dirname(file), name)), type: match[1] !== undefined })
    else packages.push(name)
  }
  return { path: relative(root, file), text, imports, packages }
}

/** `src/proxy/route/x.ts` -> `proxy/route`; `src/proxy/pipeline.ts` -> `proxy`; `src/main.ts` -> ``. */
export function folderOf(path: string): string {
  return dirname(path).replace(/^src\/?/, '')
}

/** `src/proxy/route/x.ts` -> `proxy`; `src/main.ts` -> ``. */
export function areaOf(path: string): string {
  return folderOf(path).split('/')[0] ?? ''
}
