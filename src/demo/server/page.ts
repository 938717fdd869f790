import type { AnswerHeaders, Reply } from './call.ts'

/** HTML that a template made: what stood in its holes is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A template of HTML; texts in its holes are escaped, templates are not. */
export function html(parts: TemplateStringsArray, ...holes: readonly (string | Html | readonly Html[])[]): Html {
  return new Html(parts.map((part, index) => part + textOf(holes[index])).join(''))
}

/** A whole page, in the plainest form. */
export function pageReply(status: number, title: string, body: Html, headers: AnswerHeaders = {}): Reply {
  const page = html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head><body>${body}</body></html>`
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers }, body: page.text }
}

function textOf(hole: string | Html | readonly Html[] | undefined): string {
  if (hole === undefined) return ''
  if (typeof hole === 'string') return hole.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  return hole instanceof Html ? hole.text : hole.map(({ text }) => text).join('')
}
