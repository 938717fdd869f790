import type { ComponentChildren, JSX } from 'preact'
import { go } from './router.ts'

export interface LinkProps {
  readonly href: string
  readonly class?: string
  /** Leads to where the reader is. */
  readonly isCurrent?: boolean
  /** Read out in the place of the text. */
  readonly label?: string | undefined
  readonly children: ComponentChildren
}

/** A link within the dashboard; with a modifier key, or where it opens elsewhere, the browser's own. */
export function Link({ href, class: className, isCurrent = false, label, children }: LinkProps): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(href)
    scrollTo(0, 0)
  }
  return <a href={href} class={className} aria-current={isCurrent ? 'page' : undefined} aria-label={label} onClick={follow}>{children}</a>
}
