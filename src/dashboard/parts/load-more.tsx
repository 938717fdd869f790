import type { JSX } from 'preact'

/** The rest of a list, some more at a time. */
export function LoadMore({ what, isLoading, onMore }: { readonly what: string; readonly isLoading: boolean; onMore(): void }): JSX.Element {
  return <p class="more"><button type="button" disabled={isLoading} onClick={onMore}>Show more {what}</button></p>
}
