import type { ComponentChildren, JSX } from 'preact'

export type Tone = 'plain' | 'good' | 'warn' | 'bad'

/** Something that the reader must not miss; `bad` is read out at once. */
export function Notice({ tone, title, children }: { readonly tone: Tone; readonly title: string; readonly children?: ComponentChildren }): JSX.Element {
  return <div class={tone === 'plain' ? 'notice' : `notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    <p class="notice-title">{title}</p>
    {children !== undefined && <div>{children}</div>}
  </div>
}
