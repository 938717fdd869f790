import type { ComponentChildren, JSX } from 'preact'
import type { Tone } from './notice.tsx'

/** A state in a word. */
export function Badge({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ComponentChildren }): JSX.Element {
  return <span class={tone === 'plain' ? 'badge' : `badge badge-${tone}`}>{children}</span>
}
