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
  const { main } = await import('./main.ts')
  await main(process.argv)
}
