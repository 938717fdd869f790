#!/usr/bin/env node
// No static import: what is imported needs Node 24's own modules, and an older Node must get to say so in one sentence.
const NEEDED_MAJOR = 24
const major = Number(process.versions.node.split('.')[0])

// Node opens its inspector, and with it the whole memory, to whoever sends SIGUSR1; a listener takes the signal's place.
process.on('SIGUSR1', () => undefined)

if (major < NEEDED_MAJOR) {
  process.stderr.write(`postern needs Node ${NEEDED_MAJOR} or later; this is Node ${process.versions.node}.\n`)
  process.exitCode = 78
} else {
  useWhatIsCompiled()
  const { main } = await import('./main.ts')
  await main(process.argv)
}

/** What the build had V8 compile lies beside the program; where this Node cannot use it, it compiles anew. Never a place that others can write to. */
function useWhatIsCompiled(): void {
  if (!import.meta.url.endsWith('.js')) return
  const { enableCompileCache } = process.getBuiltinModule('node:module')
  try {
    enableCompileCache({ directory: fileURLOf('program/cache'), portable: true })
  } catch {
    // Slower, and nothing else.
  }
}

function fileURLOf(path: string): string {
  return process.getBuiltinModule('node:url').fileURLToPath(new URL(path, import.meta.url))
}
