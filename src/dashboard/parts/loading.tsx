import type { JSX } from 'preact'

/** Stands where something will. */
export function Loading({ what }: { readonly what: string }): JSX.Element {
  return <p class="empty" role="status">Loading {what} …</p>
}
