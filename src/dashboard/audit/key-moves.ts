/** Where a key leads in a list of lines. Pure. @returns undefined for a key that leads nowhere */
export function lineAfterKey(key: string, active: number, { count, perPage }: { readonly count: number; readonly perPage: number }): number | undefined {
  const wanted = KEYS[key]?.(active, perPage, count)
  return wanted === undefined || count === 0 ? undefined : Math.min(Math.max(wanted, 0), count - 1)
}

const KEYS: Readonly<Record<string, (active: number, perPage: number, count: number) => number>> = {
  ArrowDown: (active) => active + 1,
  ArrowUp: (active) => active - 1,
  PageDown: (active, perPage) => active + perPage,
  PageUp: (active, perPage) => active - perPage,
  Home: () => 0,
  End: (_active, _perPage, count) => count - 1,
}
