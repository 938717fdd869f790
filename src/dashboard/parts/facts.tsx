import { Fragment, type ComponentChildren, type JSX } from 'preact'

/** Names and what they are, in order; what is `undefined` is left out. */
export function Facts({ rows }: { readonly rows: readonly (readonly [term: string, value: ComponentChildren] | undefined)[] }): JSX.Element {
  return <dl class="facts">{rows.map((row) => row === undefined ? null : <Fragment key={row[0]}><dt>{row[0]}</dt><dd>{row[1]}</dd></Fragment>)}</dl>
}
