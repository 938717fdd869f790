import type { ComponentChildren, JSX } from 'preact'
import { Link } from '../app/link.tsx'
import { Card } from './card.tsx'

export interface EmptyProps {
  readonly title: string
  readonly children: ComponentChildren
  /** What to do next; `elsewhere` where a page of the server answers. */
  readonly next?: { readonly href: string; readonly label: string; readonly elsewhere?: boolean } | undefined
}

/** Nothing is here: why, and what to do next. */
export function Empty({ title, children, next }: EmptyProps): JSX.Element {
  return <Card>
    <div class="empty stack-tight">
      <h2>{title}</h2>
      <p>{children}</p>
      {next !== undefined && <p>{next.elsewhere === true ? <a class="button" href={next.href}>{next.label}</a> : <Link class="button" href={next.href}>{next.label}</Link>}</p>}
    </div>
  </Card>
}
