import type { ComponentChildren, JSX } from 'preact'

/** The page's one heading, with what it means in a sentence, and what can be done on the whole page. */
export function Heading({ title, lead, children }: { readonly title: ComponentChildren; readonly lead?: ComponentChildren; readonly children?: ComponentChildren }): JSX.Element {
  return <div class="page-head">
    <div class="stack-tight"><h1>{title}</h1>{lead !== undefined && <p class="lead">{lead}</p>}</div>
    {children !== undefined && <div class="actions">{children}</div>}
  </div>
}
