import type { ComponentChildren, JSX } from 'preact'

export interface Column<T> {
  /** `''` over what can be done. */
  readonly label: string
  show(row: T): ComponentChildren
}

export interface StackedProps<T> {
  /** Read out, not shown: a heading stands above. */
  readonly caption: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  keyOf(row: T): string
}

/**
 * Rows under columns; on a phone each row stands by itself, with the columns' names in it. The roles are said, since a table that is laid out
 * otherwise is none to readers of the screen.
 */
export function Stacked<T>({ caption, columns, rows, keyOf }: StackedProps<T>): JSX.Element {
  return <table class="stacks" role="table">
    <caption class="visually-hidden">{caption}</caption>
    <thead role="rowgroup"><tr role="row">{columns.map(({ label }) => <th key={label} scope="col" role="columnheader">{label === '' ? <span class="visually-hidden">What you can do</span> : label}</th>)}</tr></thead>
    <tbody role="rowgroup">{rows.map((row) => <tr key={keyOf(row)} role="row">{columns.map(({ label, show }) => <td key={label} role="cell" data-label={label}>{show(row)}</td>)}</tr>)}</tbody>
  </table>
}
