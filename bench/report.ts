import type { Goal } from './goals.ts'
import type { Row } from './measure.ts'
import type { Section } from './sections/section.ts'

/** Prints a table with each line's CPU beside the first line's. */
export function printTable({ name, title }: Section, rows: readonly Row[], seconds: number): void {
  console.log(`\n${title} [${name}, ${seconds.toFixed(0)} s]`)
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const lines = [['', ...columns], ...rows.map((row) => [row.name, ...columns.map((column) => shown(row.figures[column]))])]
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0))) ?? []
  for (const line of lines) console.log(line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '))
  for (const { name: who, problem } of rows) if (problem !== undefined) console.log(`FAILED  ${who}: ${problem}`)
}

/** Prints what was to be reached, and whether it was. */
export function printGoals(goals: readonly Goal[]): void {
  if (goals.length === 0) return
  console.log('\nTo reach')
  for (const { what, figure, wanted, reached } of goals) console.log(`${reached ? 'pass' : 'MISS'}  ${what}: ${figure} (wanted: ${wanted})`)
}

function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '-'
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(value)
}
