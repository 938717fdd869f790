import { readFileSync } from 'node:fs'

/** What V8 writes with `--cpu-prof`. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  /** Node ids. */
  readonly samples: readonly number[]
  /** Microseconds from one sample to the next. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

export interface Share {
  readonly name: string
  /** Of the busy time, from 0 to 1. */
  readonly self: number
  readonly inclusive: number
}

export interface Summary {
  readonly totalMs: number
  readonly tables: readonly { readonly title: string; readonly rows: readonly Share[] }[]
}

interface SummaryOptions {
  /** Of the beginning. */
  readonly skipMs: number
  /** What paths are told from. */
  readonly root: string
}

/** Shares of the busy time: what is idle does not count. Pure. */
export function summarise(profile: CpuProfile, { skipMs, root }: SummaryOptions): Summary {
  const selfUs = selfTimes(profile, skipMs)
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  const idle = new Set(profile.nodes.filter(({ callFrame: { functionName } }) => functionName === '(idle)' || functionName === '(root)').map(({ id }) => id))
  const totalUs = [...selfUs].reduce((sum, [id, us]) => sum + (idle.has(id) ? 0 : us), 0)
  const grouped = (title: string, nameOf: (node: ProfileNode) => string) => ({ title, rows: sharesBy(byId, profile.nodes[0]?.id ?? 1, selfUs, totalUs, nameOf) })
  return {
    totalMs: totalUs / 1000,
    tables: [
      grouped('By area', (node) => areaOf(fileOf(node, root))),
      grouped('By file', (node) => fileOf(node, root)),
      grouped('By function', (node) => `${node.callFrame.functionName || '(anonymous)'} ${fileOf(node, root)}:${node.callFrame.lineNumber + 1}`),
    ],
  }
}

function selfTimes({ samples, timeDeltas }: CpuProfile, skipMs: number): Map<number, number> {
  const self = new Map<number, number>()
  let sinceStartUs = 0
  samples.forEach((id, at) => {
    const tookUs = timeDeltas[at + 1] ?? 0
    sinceStartUs += timeDeltas[at] ?? 0
    if (sinceStartUs >= skipMs * 1000) self.set(id, (self.get(id) ?? 0) + tookUs)
  })
  return self
}

/** A group counts once on each stack, however often it calls itself. */
function sharesBy(
  byId: ReadonlyMap<number, ProfileNode>, rootId: number, selfUs: ReadonlyMap<number, number>, totalUs: number, nameOf: (node: ProfileNode) => string,
): Share[] {
  const [self, inclusive] = [new Map<string, number>(), new Map<string, number>()]
  const add = (to: Map<string, number>, name: string, us: number): void => void to.set(name, (to.get(name) ?? 0) + us)
  const walk = (id: number, above: ReadonlySet<string>): number => {
    const node = byId.get(id)
    if (node === undefined) return 0
    const name = nameOf(node)
    const own = node.callFrame.functionName === '(idle)' ? 0 : (selfUs.get(id) ?? 0)
    const within = above.has(name) ? above : new Set([...above, name])
    const whole = (node.children ?? []).reduce((sum, child) => sum + walk(child, within), own)
    add(self, name, own)
    if (!above.has(name)) add(inclusive, name, whole)
    return whole
  }
  walk(rootId, new Set())
  return [...inclusive].map(([name, us]) => ({ name, self: (self.get(name) ?? 0) / totalUs, inclusive: us / totalUs }))
    .filter(({ name }) => !/^\((root|idle)\)/.test(name))
    .toSorted((a, b) => b.self - a.self)
}

/** `undici/lib/core/request.js`, `proxy/pipeline.ts`, `node:net`: where the function was written, also where it runs from a bundle. */
function fileOf({ callFrame: { url, functionName, lineNumber } }: ProfileNode, root: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'V8 and system calls'
  const built = url.replace(/^file:\/\//, '')
  const path = built.startsWith(root) ? (partsOf(built)[lineNumber] ?? built) : built
  const modules = path.lastIndexOf('/node_modules/')
  if (modules !== -1) return path.slice(modules + '/node_modules/'.length)
  if (path.startsWith('src/')) return path.slice('src/'.length)
  return path.startsWith(root) ? path.slice(root.length + 1) : path
}

const read = new Map<string, readonly (string | undefined)[]>()

/** For each line of a bundle the file that it comes from, as esbuild's comments tell. */
function partsOf(bundle: string): readonly (string | undefined)[] {
  const known = read.get(bundle)
  if (known !== undefined) return known
  let part: string | undefined
  const parts = readFileSync(bundle, 'utf8').split('\n').map((line) => (part = /^\s*\/\/ ((?:\.\.\/|node_modules\/|src\/)\S+)$/.exec(line)?.[1] ?? part))
  read.set(bundle, parts)
  return parts
}

/**
 * Shares of the busy time by label, from 0 to 1: all that a labelled file does and calls is the label's, also where another one's file is called.
 * @param labelOf undefined for a file without a label
 */
export function sharesByLabel(profile: CpuProfile, { skipMs, root }: SummaryOptions, labelOf: (file: string) => string | undefined): ReadonlyMap<string, number> {
  const selfUs = selfTimes(profile, skipMs)
  const byId = new Map(profile.nodes.map((node) => [node.id, node]))
  const sums = new Map<string, number>()
  let busyUs = 0
  const walk = (id: number, label: string | undefined): void => {
    const node = byId.get(id)
    if (node === undefined || node.callFrame.functionName === '(idle)') return
    const of = label ?? labelOf(fileOf(node, root))
    const own = selfUs.get(id) ?? 0
    busyUs += own
    if (of !== undefined) sums.set(of, (sums.get(of) ?? 0) + own)
    for (const child of node.children ?? []) walk(child, of)
  }
  walk(profile.nodes[0]?.id ?? 1, undefined)
  return new Map([...sums].map(([label, us]) => [label, us / busyUs]))
}

/** `audit`, `proxy/forward`, `undici`, `node:net`. */
function areaOf(file: string): string {
  if (file.startsWith('node:')) return `node:${file.slice('node:'.length).replace(/^internal\//, '').split('/')[0] ?? ''}`
  const [first = '', second] = file.split('/')
  return first === 'proxy' && second !== undefined && !/\.[jt]s$/.test(second) ? `proxy/${second}` : first
}
