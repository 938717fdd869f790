import type { JSX } from 'preact'
import type { ScopeTextView } from '../../authority/admin/wire/scope-text.ts'
import { Told } from './told.tsx'

/** What scopes let somebody do, each in words with its name beside it. */
export function ScopeWords({ scopes, label }: { readonly scopes: readonly ScopeTextView[]; readonly label?: string }): JSX.Element {
  return <ul class="granted" {...(label === undefined ? {} : { 'aria-label': label })}>
    {scopes.map(({ scope, text }) => <li key={scope}>{text !== scope && <><Told text={text} maxLength={200} />{' '}</>}<code class="muted"><Told text={scope} /></code></li>)}
  </ul>
}
