import type { ComponentChildren, JSX } from 'preact'

export interface CardProps {
  readonly title?: ComponentChildren
  /** Beside the title: a state, an id. */
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
  readonly foot?: ComponentChildren
}

/** One thing with its heading. */
export function Card({ title, aside, children, foot }: CardProps): JSX.Element {
  return <section class="card">
    {title !== undefined && <div class="card-head"><h2>{title}</h2>{aside}</div>}
    <div class="card-body">{children}</div>
    {foot !== undefined && <div class="card-foot">{foot}</div>}
  </section>
}
