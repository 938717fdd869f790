import { hasOpaqueEscape, pathProblem } from '../../../src/http/path.ts'
import { Dice } from '../../fuzz/mutations.ts'
import type { PathReader } from './reader.ts'

export interface Comparison {
  readonly reader: string
  readonly version: string
  readonly asked: number
  /** `path: what it was read as`. */
  readonly different: readonly string[]
}

const PIECES = [
  '/', '/', '/', '/a', '/b', '/v1', '/.a', '/..a', '/a.', '/a..', '/...', '.', '..', ';', ';a=b', ';/', '%20', '%2E', '%2e', '%2F', '%2f', '%25', '%252F',
    '%252e', '%3B', '%3b', '%3F', '%23', '%5C', '%5c', '%00', '%0a', '%41', '%7e', '%C3%A9', '%c3%a9', '%E2%82%AC', '%C0%AE', '%EF%BC%8F', '%2E%2E', '%2f..',
  'A', 'z', '0', '~', '_', '-', '!', '$', '&', '\'', '(', ')', '*', '+', ',', '=', ':', '@', '[', ']', '|', '\\', '//', '/./', '/../', '#', 'index.html', '.git',
    'CON', '%u002e',
]

/** Paths that the judgement accepts, made by chance of pieces that readers differ about. The same ones for the same seed. */
export function acceptedPaths(count: number, seed: number): readonly string[] {
  const dice = new Dice(seed)
  const paths: string[] = []
  while (paths.length < count) {
    const path = `/${Array.from({ length: 1 + dice.roll(7) }, () => dice.pick(PIECES)).join('')}`
    if (pathProblem(path) === undefined) paths.push(path)
  }
  return paths
}

/** Asks one reader for as many paths, and compares what it read with the segments that were judged, each decoded by itself. */
export async function comparePaths(reader: PathReader, count: number, seed: number): Promise<Comparison> {
  const paths = acceptedPaths(count, seed)
  const readings = await reader.read(paths)
  const different = paths.flatMap((path, at) => {
    const reading = readings[at]
    return reading === undefined || differs(path, reading) ? [`${path}: ${JSON.stringify(reading)}`] : []
  })
  return { reader: reader.name, version: reader.version, asked: paths.length, different }
}

/** A path that is refused is read by nobody as another. */
function differs(path: string, reading: string | number): boolean {
  if (typeof reading === 'number') return reading >= 300 && reading < 400
  const expected = decoded(path)
  if (reading !== expected) return true
  // An opaque escape is a separator to whoever decodes it: in front of it nothing may have moved.
  return !hasOpaqueEscape(path) && reading.split('/').length !== path.split('/').length
}

/** Bytes as Latin-1. */
function decoded(path: string): string {
  return path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
