import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second of /proc's CPU times; fixed by Linux's user interface. */
const TICKS_PER_SECOND = 100

/** A process and all its descendants, as they are now; nothing where it has ended. */
export function treeOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? fieldsOf(Number(name))?.parent : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found: number[] = []
  const wanted = fieldsOf(pid) === undefined ? [] : [pid]
  for (let next = wanted.pop(); next !== undefined; next = wanted.pop()) {
    found.push(next)
    wanted.push(...(children.get(next) ?? []))
  }
  return found
}

/** User and system CPU time so far in microseconds: of all threads of a process and of all its descendants. */
export function cpuUs(pid: number): number {
  return sum(treeOf(pid).map((each) => fieldsOf(each)?.cpuUs ?? 0))
}

/** Resident memory in megabytes (2^20 bytes) of a process and all its descendants; what they share is counted once for each. */
export function residentMb(pid: number): number {
  return sum(treeOf(pid).map((each) => Number(/VmRSS:\s+(\d+)/.exec(read(each, 'status') ?? '')?.[1] ?? 0) / 1024))
}

function fieldsOf(pid: number): { readonly parent: number; readonly cpuUs: number } | undefined {
  const stat = read(pid, 'stat')
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), cpuUs: (Number(fields[11]) + Number(fields[12])) * (1_000_000 / TICKS_PER_SECOND) }
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
