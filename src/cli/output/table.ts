import { terminalText } from '../../audit/terminal-text.ts'

/** One column: its title, and each row's text in it. */
export type Column<T> = readonly [title: string, text: (row: T) => string | null | undefined]

/** Aligned columns for people; ids stand whole, to be copied. Whatever the authority answered is escaped. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], none: string): string {
  if (rows.length === 0) return `${none}\n`
  const lines = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, text]) => cell(text(row))))]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))))
  return lines.map((line) => `${line.map((text, at) => padded(text, at === line.length - 1 ? 0 : widths[at] ?? 0)).join('  ').trimEnd()}\n`).join('')
}

/** `name  value` lines for one thing. */
export function details(pairs: readonly (readonly [string, string | null | undefined])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}\n`).join('')
}

/** `2026-11-21 09:32:14Z`. */
export function when(moment: string | null | undefined): string | null {
  return moment === null || moment === undefined ? null : moment.replace('T', ' ').replace(/\.\d+Z$/, 'Z')
}

function cell(text: string | null | undefined): string {
  return text === null || text === undefined || text === '' ? '-' : terminalText(text)
}

/** In characters: good enough for names. */
function widthOf(text: string): number {
  return [...text].length
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}
