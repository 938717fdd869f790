import { constantMarkup, type Markup } from './markup.ts'

const DOOR = 'M3 25V11a8 8 0 0 1 16 0v14M1 25h20'
const LEAF = 'M7 25V12a4 4 0 0 1 8 0v13M12.6 18.5h.01'

/** The door in the wall: decoration beside a word, so hidden from readers of the screen. */
export const mark: Markup = constantMarkup(
  `<svg viewBox="0 0 22 26" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true" focusable="false"><path d="${DOOR}"/><path d="${LEAF}"/></svg>`,
)

/** The same as a file of its own. */
export const MARK_FILE =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 0 26 26" fill="none" stroke="#2f8f7c" stroke-width="2.2" stroke-linecap="round"><path d="${DOOR}"/><path d="${LEAF}"/></svg>`

/** Granted, or done. */
export const tick: Markup = icon('M4.5 10.5l3.6 3.6 7.4-8')
/** Refused, or not possible. */
export const cross: Markup = icon('M5.5 5.5l9 9M14.5 5.5l-9 9')

function icon(path: string): Markup {
  return constantMarkup(
    `<svg class="mark" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`,
  )
}
