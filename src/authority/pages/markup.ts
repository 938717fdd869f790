import { html, raw } from 'hono/html'

/** HTML that was made by a template, never by joining strings. */
export type Markup = ReturnType<typeof html>
/** What a template takes in its holes: texts are escaped, markup is not, and nothing prints nothing. */
export type Content = Markup | string | undefined | false | readonly Content[]

export { html }

/** A hole left empty. */
export const nothing: Markup = html``

/** Our own constant markup, such as an icon: never with anything in it that was read. */
export function constantMarkup(text: string): Markup {
  return raw(text)
}
