import type { JSX } from 'preact'
import { Told } from './told.tsx'

/** Short texts side by side: targets, scopes. */
export function Chips({ texts, label }: { readonly texts: readonly string[]; readonly label?: string }): JSX.Element {
  return <ul class="chips" {...(label === undefined ? {} : { 'aria-label': label })}>{texts.map((text) => <li key={text} class="chip"><Told text={text} /></li>)}</ul>
}
