import { readFileSync } from 'node:fs'
import { round, type Row } from '../measure.ts'
import { profiled } from '../profiled.ts'
import { sharesByLabel, type CpuProfile } from '../profile-summary.ts'
import type { Section } from './section.ts'

/** Which part of the guard a file's work is for; first match. Everything that it calls counts with it. */
const LABELS: readonly (readonly [string, RegExp])[] = [
  ['identity', /^proxy\/identify\//],
  ['route', /^proxy\/route\//],
  ['decision', /^proxy\/decide\//],
  ['credential lookup', /^proxy\/credential\/credential/],
  ['audit', /^(audit\/|proxy\/announce\/|proxy\/record\.|proxy\/unidentified)/],
]

const WARM_UP_SECONDS = { quick: 3, full: 12 }
/** Of the profile's beginning, beside the warm-up: the start. */
const START_SECONDS = 1

export const stages: Section = {
  name: 'stages',
  title: 'What the guard itself takes of a request, audit relaxed: shares of a profile under load, of the CPU time in that run',
  measure: async (world) => {
    const warmUpSeconds = world.options.quick ? WARM_UP_SECONDS.quick : WARM_UP_SECONDS.full
    const { file, cpuUsPerRequest } = await profiled(world, { setting: 'reverse', audit: 'relaxed', warmUpSeconds, seconds: world.options.quick ? 3 : 12 })
    const skipMs = (warmUpSeconds + START_SECONDS) * 1000
    const shares = sharesByLabel(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, { skipMs, root: world.options.dist }, labelOf)
    const parts = LABELS.map(([label]) => rowOf(label, shares.get(label) ?? 0, cpuUsPerRequest))
    return [...parts, rowOf('together', LABELS.reduce((sum, [label]) => sum + (shares.get(label) ?? 0), 0), cpuUsPerRequest), rowOf('the whole request, under the profiler', 1, cpuUsPerRequest)]
  },
}

function labelOf(file: string): string | undefined {
  return LABELS.find(([, pattern]) => pattern.test(file))?.[0]
}

function rowOf(name: string, share: number, cpuUsPerRequest: number): Row {
  return { name, figures: { 'µs a request': round(share * cpuUsPerRequest, 2), '% of all': round(share * 100) } }
}
